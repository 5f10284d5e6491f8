"""Live captions of recordings with known words: waits, errors, words taken back, processor time.

    python -m tools.bench_live [--model demo] [--step-ms 500] [--cost-s S] [RECORDING ...]

Sound comes in real time on a clock that is only counted; computing takes the time of a processor
that it takes here, or `--cost-s` each, so that a busy machine changes nothing. Nobody waits for the
sound.
"""

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from qasr_cli.api.opening import open_engine
from qasr_cli.core.timing import SAMPLE_RATE_HZ, ms_from_samples
from qasr_cli.engines.base import Engine
from qasr_cli.live.live_options import LiveOptions
from qasr_cli.live.session import LiveSession
from qasr_cli.live.work import Work, silence
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.source import open_source
from qasr_cli.options import EngineOptions, Options
from tools.live.measures import Seen, TrueWord, quantile, seen_in
from tools.live.play import Played, Player, Sound

RECORDINGS = Path(__file__).parent.parent / "examples" / "recordings"
_LONGEST_S = 24 * 3600.0
_HEAD = (
    "| recording | s | errors, % | final, s | word seen, s | word settled, s | taken back | "
    "settled taken back | finals, CPU s a second | partials |\n" + "|---" * 10 + "|"
)


@dataclass(slots=True, kw_only=True)
class _Stopwatch:
    """What the computing of a session took, by kind of work, in seconds of a processor.

    Attributes:
        cost_s: what it counts as on the clock; None = as long as it took.
    """

    cost_s: float | None
    took_s: dict[str, float] = field(default_factory=dict)

    def __call__(self, work: Work, took_s: float) -> float:
        """How long a work takes on the clock."""
        self.took_s[work.kind] = self.took_s.get(work.kind, 0.0) + took_s
        return took_s if self.cost_s is None else self.cost_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A recording, captioned as if it were live.

    Attributes:
        took_s: processor time by kind of work.
    """

    played: Played
    seen: Seen
    sound_s: float
    took_s: dict[str, float]


def trial(
    path: Path, engine: Engine, options: LiveOptions, *, cost_s: float | None = None
) -> Trial:
    """What becomes of a recording whose words are known.

    Args:
        cost_s: how long each work takes; None = as long as here.
    """
    sound = sound_of(path)
    stopwatch = _Stopwatch(cost_s=cost_s)
    session = LiveSession(options, max_clip_s=engine.max_clip_s)
    played = Player(session=session, engine=engine, cost=stopwatch).play(sound)
    works = [work for _, work in played.works if work.kind == "final"]
    ends_ms = [ms_from_samples((work.clip.speech or ())[-1].end_sample) for work in works]
    return Trial(
        played=played,
        seen=seen_in(played.events, truth_of(path), speech_ends_ms=ends_ms),
        sound_s=len(sound) / SAMPLE_RATE_HZ,
        took_s=dict(stopwatch.took_s),
    )


def sound_of(path: Path) -> Sound:
    """All sound of a recording."""
    descriptor = open_source(str(path))
    try:
        found = probe(descriptor, path=str(path))
        track = choose_track(found, None, path=str(path))
        decoder = Decoder(
            descriptor, path=str(path), found=found, track=track, max_duration_s=_LONGEST_S
        )
        return np.concatenate(list(decoder.blocks()))
    finally:
        os.close(descriptor)


def truth_of(path: Path) -> list[TrueWord]:
    """The words of a bundled recording."""
    name = path.resolve().relative_to(RECORDINGS.resolve()).as_posix().replace("/", "__")
    document = json.loads((RECORDINGS / "truth" / f"{name}.json").read_text(encoding="utf-8"))
    return [TrueWord(text=word["word"], end_ms=word["end_ms"]) for word in document["words"]]


def bundled() -> list[Path]:
    """The recordings that come along, and can be done."""
    names = [path.stem.replace("__", "/") for path in (RECORDINGS / "truth").glob("*.json")]
    return [RECORDINGS / name for name in sorted(names)]


def _row(name: str, made: Trial) -> str:
    def both(values: Sequence[float]) -> str:
        return f"{quantile(values, 0.5):.2f} / {quantile(values, 0.95):.2f}"

    seen, took = made.seen, made.took_s
    finals_s = took["final"] + took.get("times", 0.0)
    partials_s = took.get("partial", 0.0)
    return (
        f"| {name} | {made.sound_s:.0f} | {100 * seen.error_share:.1f} | {both(seen.final_s)} | "
        f"{both(seen.seen_s)} | {both(seen.settled_s)} | {seen.taken_back_share:.2f} | "
        f"{seen.settled_back_share:.3f} | {finals_s / made.sound_s:.4f} | "
        f"{partials_s / made.sound_s:.4f} |"
    )


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recordings", nargs="*", type=Path)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--step-ms", type=int, default=500)
    parser.add_argument("--endpoint-ms", type=int, default=500)
    parser.add_argument("--cost-s", type=float, help="of every work, in place of what it takes")
    given = parser.parse_args()
    options = LiveOptions(step_ms=given.step_ms, endpoint_ms=given.endpoint_ms)
    engine = open_engine(Options(engine=EngineOptions(model=given.model, threads=given.threads)))
    try:
        print(_HEAD)
        list(engine.run([silence()]))  # the models load
        for path in given.recordings or bundled():
            made = trial(path, engine, options, cost_s=given.cost_s)
            print(_row(path.name, made), flush=True)
    finally:
        engine.close()


if __name__ == "__main__":
    main()
