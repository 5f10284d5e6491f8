"""What a session is made of. It takes a moment, and belongs to a thread."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from qasr_cli.errors import QasrError
from qasr_cli.machine.clock import Clock
from qasr_cli.options import Options
from qasr_cli.serve.jobs.folder import JobFolder, not_kept
from qasr_cli.serve.live.captioning import LONGEST_GAP_S
from qasr_cli.serve.live.greeting import Start
from qasr_cli.serve.live.incoming import Incoming
from qasr_cli.serve.live.keeping import KeptTalk, Talk
from qasr_cli.serve.models.shared_engine import SharedEngine

if TYPE_CHECKING:
    from qasr_cli.live.session import LiveSession


class Parts(NamedTuple):
    """What decides what is heard, what is kept of it, and how the sound comes."""

    live: "LiveSession"
    kept: KeptTalk
    incoming: Incoming


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Makes sessions. The attributes are those of `LiveSessions`."""

    root: str
    options: Options
    shared: SharedEngine
    clock: Clock
    max_lag_s: float

    def parts(self, start: Start) -> Parts:
        """Those of a session that is wished for.

        Raises:
            Refused: it cannot be had, or the disk takes no more.
        """
        from qasr_cli.live.session import LiveSession

        engine = self.shared.engine
        name = start.name or f"Live {self.clock.now():%Y-%m-%d %H.%M.%S}"
        talk = Talk(name=name, asked=start.asked)
        folder = JobFolder.new(self.root)
        wanted = start.asked.options_over(self.options)
        listens = start.live_options(wanted, max_lag_s=self.max_lag_s)
        incoming = Incoming(start.rate_hz, longest_gap_s=LONGEST_GAP_S)
        live = LiveSession(listens, name=folder.id, max_clip_s=engine.max_clip_s)
        try:
            kept = KeptTalk.begun(
                folder, talk, wanted, models=engine.models, keeps_sound=start.keeps_sound
            )
        except (OSError, QasrError) as error:
            raise not_kept(error) from error
        return Parts(live=live, kept=kept, incoming=incoming)
