"""Run, die anywhere, lose anything, run again: in the end it is as if nothing had happened."""

import contextlib
import math
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from qasr_cli.core.outcomes import FileSkipped
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import ExitCode
from qasr_cli.options import Options
from qasr_cli.run.batch import Batch, RunResult
from qasr_cli.run.state.marks import heads_below
from qasr_cli.run.stop_request import StopRequest
from tests.run.conftest import (
    DiedError,
    ListeningEngine,
    ManualClock,
    Recorder,
    mortal,
    plan_for,
    with_output,
    with_run,
)

NAMES = ("a.wav", "sub/b.wav")
NO_CRASH_COUNT = with_run(max_crashes=0)


def write_recording(path: Path, seed: int) -> None:
    """Five bursts of noise, which are as many clips or fewer."""
    pcm = np.zeros(6 * SAMPLE_RATE_HZ, np.float32)
    noise = np.random.default_rng(seed).uniform(-0.3, 0.3, len(pcm)).astype(np.float32)
    for start_s in range(1 + seed % 5):
        piece = slice(start_s * SAMPLE_RATE_HZ, start_s * SAMPLE_RATE_HZ + SAMPLE_RATE_HZ // 2)
        pcm[piece] = noise[piece]
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, pcm, SAMPLE_RATE_HZ)


def run_batch(root: Path, engine: ListeningEngine, options: Options = NO_CRASH_COUNT) -> RunResult:
    """A run over a folder."""
    return Batch(
        plan_for(root, options=options),
        engine=engine,
        options=options,
        observer=Recorder(),
        clock=ManualClock().clock(),
        stop=StopRequest(),
    ).run()


class RunsConverge(RuleBasedStateMachine):
    """A folder, and all that may befall it."""

    def __init__(self) -> None:
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        self.root = self.top / "in"

    @initialize(seeds=st.tuples(st.integers(0, 99), st.integers(0, 99)))
    def begin(self, seeds: tuple[int, int]) -> None:
        """Two recordings."""
        for name, seed in zip(NAMES, seeds, strict=True):
            write_recording(self.root / name, seed)

    @rule(name=st.sampled_from(NAMES), seed=st.integers(0, 99))
    def record_anew(self, name: str, seed: int) -> None:
        """Somebody puts another recording in its place."""
        write_recording(self.root / name, seed)

    @rule(change=st.integers(1, 60), with_vtt=st.booleans(), crashes=st.sampled_from((0, 99)))
    def die_at_a_change(self, change: int, with_vtt: bool, crashes: int) -> None:
        """The process dies at a write, fsync, rename or removal, or lives to the end."""
        formats = ("srt", "vtt") if with_vtt else ("srt",)
        output = with_output(formats=formats).output
        options = replace(with_run(max_crashes=crashes), output=output)
        with mortal(change):
            self._run_or_die(ListeningEngine(), options)

    @rule(clip=st.integers(0, 6))
    def die_over_a_clip(self, clip: int) -> None:
        """The models take the process with them."""
        with mortal(math.inf) as mortal_os:
            engine = ListeningEngine(lambda _: len(engine.heard) == clip, mortal_os=mortal_os)
            self._run_or_die(engine, NO_CRASH_COUNT)

    def _run_or_die(self, engine: ListeningEngine, options: Options) -> None:
        with contextlib.suppress(DiedError):
            run_batch(self.root, engine, options)

    @rule(
        lost=st.sampled_from(
            ("journal.jsonl", "results/a.wav.json", "results", "../a.srt", "../sub/b.srt", "spool")
        )
    )
    def lose(self, lost: str) -> None:
        """A part of the state, or an output, is gone."""
        path = self.root / ".qasr" / lost
        if lost in {"journal.jsonl", "results"} and self._depends_on_journal(lost):
            return
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def _depends_on_journal(self, lost: str) -> bool:
        """Whether qasr would take an output for somebody's: its line and result would be gone.

        The line is on the disk before the output, so no power cut takes both away from it.
        """
        if lost == "results":
            return not (self.root / ".qasr/journal.jsonl").exists()
        heads = heads_below(str(self.root / ".qasr/results"))
        known = {output.path for head in heads for output in head.mark.outputs}
        outputs = (p for p in self.root.rglob("*") if p.suffix in {".srt", ".vtt"})
        return any(str(path.relative_to(self.root)) not in known for path in outputs)

    @rule(cut=st.integers(1, 80))
    def tear_the_journal(self, cut: int) -> None:
        """A power cut took the end of the last line."""
        journal = self.root / ".qasr" / "journal.jsonl"
        if journal.exists() and not self._depends_on_journal("journal.jsonl"):
            journal.write_bytes(journal.read_bytes()[:-cut])

    @invariant()
    def outputs_are_whole(self) -> None:
        """A reader never sees a part of a file."""
        for path in self.root.rglob("*.srt"):
            assert path.read_bytes().endswith(b"\n") or path.read_bytes() == b""

    def teardown(self) -> None:
        """One run more, and all is as it would have been; after it there is nothing to do."""
        try:
            if self.root.exists():
                self._settle()
        finally:
            shutil.rmtree(self.top)

    def _settle(self) -> None:
        undisturbed = self.top / "undisturbed"
        for name in NAMES:
            (undisturbed / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.root / name, undisturbed / name)
        run_batch(undisturbed, ListeningEngine())

        assert run_batch(self.root, ListeningEngine()).exit_code == ExitCode.OK

        for name in ("a.srt", "sub/b.srt"):
            assert (self.root / name).read_bytes() == (undisturbed / name).read_bytes()
        left = [p for p in self.root.rglob("*") if p.suffix == ".tmp" or p.parent.name == "spool"]
        assert left == []
        again = ListeningEngine()
        result = run_batch(self.root, again)
        assert {type(outcome) for outcome in result.outcomes} == {FileSkipped}
        assert again.heard == []


# A step is a whole run with real ffmpeg: a twentieth of the usual number must do, and nobody
# waits for a failure to be made smaller.
TestRunsConverge = RunsConverge.TestCase
TestRunsConverge.settings = settings(
    max_examples=max(8, settings().max_examples // 20),
    stateful_step_count=6,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
