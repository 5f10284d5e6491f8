"""The speakers of a saved result under other names, or two as one, as somebody says."""

from dataclasses import dataclass

from qasr_cli.core.counts import counted
from qasr_cli.core.speakers.names import merging, speakers_of, with_speakers
from qasr_cli.core.types import Transcript
from qasr_cli.errors import MalformedInput


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSpeakers:
    """What becomes of the speakers of a result.

    Attributes:
        names: in their order, once some are merged; () = as they are.
        merged: groups of speakers that are one each, by number or name.
    """

    names: tuple[str, ...] = ()
    merged: tuple[tuple[str, ...], ...] = ()

    def of(self, transcript: Transcript, path: str) -> Transcript:
        """The transcript with them.

        Raises:
            MalformedInput: it has no such speakers.
        """
        try:
            merged = with_speakers(transcript, merging(transcript, self.merged))
        except ValueError as error:
            raise MalformedInput(path, f"--merge-speakers: {error}") from error
        speakers = speakers_of(merged)
        if len(self.names) > len(speakers):
            here = counted(len(speakers), "speaker")
            raise MalformedInput(path, f"--speaker-names: it has {here}, not {len(self.names)}")
        return with_speakers(merged, dict(zip(speakers, self.names, strict=False)))
