"""Trains the demo pair: data, recogniser, aligner, evaluation.

    python -m tools.train_demo_models all

does everything from nothing, in `demo_training/`. Each stage can be asked for alone, and a stage
that was stopped goes on where it was when the same command is given again; `--pause-after-minutes`
stops it in good order. `--init-from src/qasr_cli/demo` starts from the pair in that folder, whose
tokenizer it keeps; then `asr` and `aligner` do not need each other and may run side by side. The
result lies in `demo_training/out/{asr,aligner}`, the figures in `evaluation.json` beside them.
`mean --init-from A --pair B` makes the recogniser whose weights are the means of those of A and of
B, which went on from A: often better than both. Source: Wortsman et al. 2022, "Model soups".

Needs espeak-ng with its shared library, and flite (Debian: `apt install espeak-ng flite`); qasr
itself needs neither. Seeds are fixed, but espeak-ng is not bit-reproducible: the same commands give
a like pair, not the same one.

To add
- a word: put it into a slot or a sentence of `tools/demo_language.py`. A Chinese character also
  needs its pinyin in `tools/demo_script.py`.
- a voice: see `tools/train_demo/speakers.py`.
- a language: give it a grammar in `tools/demo_language.py`, a script for espeak-ng in
  `tools/demo_script.py`, its accents in `tools/demo_voices.py`, and a share in
  `tools/train_demo/clips.py`.
Then delete the data folder, and train on with `--init-from`. Never let training see the sentences
and the voices that are held out.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch

from tools.train_demo import checkpoint, store
from tools.train_demo.alignment import Alignment
from tools.train_demo.batches import Row
from tools.train_demo.evaluation import evaluate
from tools.train_demo.loop import Plan, train
from tools.train_demo.objectives import Objective
from tools.train_demo.recognition import Recognition

STAGES = ("data", "asr", "aligner", "evaluate")
_FRAMES_ONLY_STEPS = 600  # of a recogniser that knows nothing


def main(arguments: list[str] | None = None) -> int:
    """Run the stages; 0 when the asked ones are finished, 3 when paused."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(options.threads)
    stages = STAGES if options.stage == "all" else (options.stage,)
    for stage in stages:
        if not _RUNNERS[stage](options):
            print(f"{stage}: paused; give the same command to go on")
            return 3
    return 0


def make_data(options: argparse.Namespace) -> bool:
    """Synthesize every split that is not there yet."""
    for split in store.splits(options.sessions, options.test_scale):
        store.build(_data(options), split, seed=options.seed, job_count=options.jobs)
    return True


def train_recogniser(options: argparse.Namespace) -> bool:
    """Train the recogniser on."""
    if options.init_from:
        objective = Recognition(checkpoint=checkpoint.load(options.init_from, "asr"))
    else:
        objective = Recognition(
            checkpoint=checkpoint.new("asr", seed=options.seed),
            frames_only_steps=_FRAMES_ONLY_STEPS,
        )
    plan = Plan(
        steps=options.asr_steps,
        peak_rate=options.asr_rate,
        weight_decay=0.02,
        seed=options.seed + 1,
        batch_s=options.batch_s,
        device=options.device,
    )
    return _train("asr", objective, plan, options)


def train_aligner(options: argparse.Namespace) -> bool:
    """Train the aligner on; a new one begins with what the recogniser of this folder knows."""
    if options.init_from:
        start = checkpoint.load(options.init_from, "aligner")
    else:
        recogniser = checkpoint.load(_out(options), "asr")
        start = checkpoint.new("aligner", seed=options.seed, recogniser=recogniser)
    plan = Plan(
        steps=options.aligner_steps,
        peak_rate=options.aligner_rate,
        weight_decay=0.01,
        seed=options.seed + 2,
        batch_s=options.batch_s,
        device=options.device,
    )
    return _train("aligner", Alignment(checkpoint=start), plan, options)


def evaluate_pair(options: argparse.Namespace) -> bool:
    """Measure a pair on the splits for tests."""
    pair = options.pair or _out(options)
    target = options.report or _out(options) / "evaluation.json"
    evaluate(pair, _data(options), target)
    return True


def mean_of_recognisers(options: argparse.Namespace) -> bool:
    """Make the recogniser between two that share their first training."""
    mean = checkpoint.load(options.init_from, "asr")
    other = checkpoint.load(options.pair, "asr").model.state_dict()
    weights = {name: (part + other[name]) / 2 for name, part in mean.model.state_dict().items()}
    mean.model.load_state_dict(weights)
    checkpoint.save(mean, _out(options), "asr")
    return True


def _train(
    role: checkpoint.Role, objective: Objective, plan: Plan, options: argparse.Namespace
) -> bool:
    if options.freeze:
        checkpoint.freeze(objective.checkpoint, options.freeze)
    finished = train(
        objective,
        _rows(objective, options, "training"),
        _rows(objective, options, "validation"),
        plan,
        options.data / role,
        should_pause=_pause_after(options.pause_after_minutes),
    )
    checkpoint.save(objective.checkpoint, _out(options), role)
    return finished


def _rows(objective: Objective, options: argparse.Namespace, split: str) -> list[Row]:
    rows = (objective.row(example) for example in store.load_examples(_data(options), split))
    return [row for row in rows if row is not None]


def _pause_after(minutes: float | None) -> Callable[[int], bool]:
    if minutes is None:
        return lambda _step: False
    end_s = time.monotonic() + 60 * minutes
    return lambda _step: time.monotonic() > end_s


def _data(options: argparse.Namespace) -> Path:
    folder: Path = options.data / "data"
    return folder


def _out(options: argparse.Namespace) -> Path:
    folder: Path = options.data / "out"
    return folder


_RUNNERS: dict[str, Callable[[argparse.Namespace], bool]] = {
    "data": make_data,
    "asr": train_recogniser,
    "aligner": train_aligner,
    "evaluate": evaluate_pair,
    "mean": mean_of_recognisers,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.train_demo_models",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("stage", choices=(*_RUNNERS, "all"))
    add("--data", type=Path, default=Path("demo_training"), help="folder for everything")
    add("--init-from", type=Path, help="folder with the pair to start from")
    add("--seed", type=int, default=20261122)
    add("--device", default="cpu", help="cpu or cuda")
    add("--threads", type=int, default=1, help="of torch; on shared cores, one beats two")
    add("--jobs", type=int, default=2, help="processes that make data")
    add("--sessions", type=int, default=1200, help="of training; each gives 8 clips of 8 s")
    add("--test-scale", type=float, default=1.0, help="size of the splits for tests")
    add("--asr-steps", type=int, default=7000)
    add("--asr-rate", type=float, default=1e-3, help="highest learning rate")
    add("--aligner-steps", type=int, default=10_000)
    add("--aligner-rate", type=float, default=1e-3, help="highest learning rate")
    add("--freeze", choices=("stem", "encoder"), help="do not train this part: twice as fast")
    add("--batch-s", type=float, default=90.0, help="seconds of sound a step")
    add("--pause-after-minutes", type=float, help="keep the state then, and end with 3")
    add("--pair", type=Path, help="evaluate: the pair, if not that of --data; mean: the other one")
    add("--report", type=Path, help="evaluate: where the figures go")
    return parser


if __name__ == "__main__":
    sys.exit(main())
