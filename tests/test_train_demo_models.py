"""The demo pair's training program, on a handful of clips."""

import ctypes.util
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from tools import train_demo_models
from tools.demo_judge import DEMO_PAIR
from tools.demo_language import is_held_out
from tools.demo_speech import SAMPLE_RATE_HZ
from tools.demo_voices import HELD_OUT_VARIANTS
from tools.demo_word_times import SpokenWord
from tools.train_demo import checkpoint, store
from tools.train_demo.alignment import Alignment
from tools.train_demo.checkpoint import Role
from tools.train_demo.loop import Plan, train
from tools.train_demo.objectives import Objective
from tools.train_demo.recognition import Recognition
from tools.train_demo.store import MEL_BIN_COUNT, Example

pytestmark = pytest.mark.skipif(
    ctypes.util.find_library("espeak-ng") is None or shutil.which("flite") is None,
    reason="espeak-ng and flite make the clips, and are not installed",
)

_SEED = 3
_BATCH_S = 12
_SENTENCE = r"(?:[DM]r\.|\d\.\d|[^.?。？])+[.?。？]"  # neither title nor decimal ends it
_MOST_BYTES = 16 * 2**20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Clips of one session a split, and the pair that two steps on them make of nothing."""
    folder = tmp_path_factory.mktemp("demo_training")
    thread_count = torch.get_num_threads()
    code = train_demo_models.main(
        [
            *("all", "--data", str(folder), "--seed", str(_SEED), "--jobs", "1"),
            *("--sessions", "2", "--test-scale", "0.001", "--batch-s", str(_BATCH_S)),
            *("--asr-steps", "2", "--aligner-steps", "2"),
        ]
    )
    assert code == 0
    yield folder
    torch.set_num_threads(thread_count)


def _objective(role: Role, folder: Path) -> Objective:
    if role == "asr":
        return Recognition(checkpoint=checkpoint.new("asr", seed=_SEED), frames_only_steps=1)
    recogniser = checkpoint.load(folder / "out", "asr")
    return Alignment(checkpoint=checkpoint.new("aligner", seed=_SEED, recogniser=recogniser))


def _trained(
    role: Role, folder: Path, target: Path, pauses: tuple[int, ...]
) -> dict[str, torch.Tensor]:
    """Weights after three steps, with a new start at each pause."""
    plan = Plan(steps=3, peak_rate=1e-3, weight_decay=0.01, seed=_SEED, batch_s=_BATCH_S)
    weights: dict[str, torch.Tensor] = {}
    for pause in (*pauses, 0):
        objective = _objective(role, folder)
        rows = [
            objective.row(example) for example in store.load_examples(folder / "data", "training")
        ]
        known = [row for row in rows if row is not None]
        finished = train(objective, known, known[:2], plan, target, should_pause=pause.__eq__)
        assert finished == (pause == 0)
        weights = objective.checkpoint.model.state_dict()
    return weights


def test_a_sign_inside_a_word_sounds_with_it() -> None:
    """The three characters of "3.5" share the time of the aligner's word "35"."""
    demo = checkpoint.load(DEMO_PAIR, "asr")
    words = tuple(
        SpokenWord(text=text, start_sample=first * SAMPLE_RATE_HZ, end_sample=last * SAMPLE_RATE_HZ)
        for text, first, last in (("It", 0, 1), ("is", 1, 2), ("35", 2, 5))
    )
    example = Example(
        mel=np.zeros((600, MEL_BIN_COUNT), np.float16),
        text="It is 3.5.",
        language="English",
        words=words,
    )
    row = Recognition(checkpoint=demo).row(example)
    spans = dict(zip(map(int, row.ids), row.spans_s.tolist(), strict=True))
    assert spans[demo.id_of("3")] == [2, 3]
    assert spans[demo.id_of("5")] == [4, 5]


@pytest.mark.parametrize("role", ["asr", "aligner"])
def test_a_run_that_is_taken_up_again_ends_as_one_that_never_stopped(
    role: Role, folder: Path, tmp_path: Path
) -> None:
    """A pause changes no weight, and training changes every matrix."""
    straight = _trained(role, folder, tmp_path / "straight", pauses=())
    paused = _trained(role, folder, tmp_path / "paused", pauses=(2,))
    untrained = _objective(role, folder).checkpoint.model.state_dict()
    assert all(torch.equal(straight[name], paused[name]) for name in straight)
    assert not any(
        torch.equal(weight, untrained[name]) for name, weight in straight.items() if weight.ndim > 1
    )


def test_the_pair_is_small_and_readable_by_everyone(folder: Path) -> None:
    """What comes out is bfloat16, at most 16 MB, and open to every reader."""
    files = [path for path in (folder / "out").rglob("*") if path.parent.name in ("asr", "aligner")]
    assert sum(path.stat().st_size for path in files) <= _MOST_BYTES
    assert {path.stat().st_mode & 0o777 for path in files} == {0o644}
    for role in ("asr", "aligner"):
        config = json.loads((folder / "out" / role / "config.json").read_text())
        assert config["dtype"] == "bfloat16"


def test_the_pair_can_be_trained_further(folder: Path, tmp_path: Path) -> None:
    """A run that begins with a finished pair keeps its tokenizer, and can pause."""
    (tmp_path / "data").symlink_to(folder / "data")
    common = ["asr", "--data", str(tmp_path), "--init-from", str(folder / "out")]
    common += ["--asr-steps", "2", "--batch-s", str(_BATCH_S), "--freeze", "stem"]
    assert train_demo_models.main([*common, "--pause-after-minutes", "0"]) == 3
    assert train_demo_models.main(common) == 0
    old, new = (path / "out" / "asr" / "tokenizer.json" for path in (folder, tmp_path))
    assert json.loads(old.read_text()) == json.loads(new.read_text())


def test_the_mean_lies_between(folder: Path, tmp_path: Path) -> None:
    """Every weight is the mean of those of the two recognisers, as near as bfloat16 holds it."""
    other = checkpoint.load(folder / "out", "asr")
    with torch.no_grad():
        for weight in other.model.parameters():
            weight.mul_(3)
    checkpoint.save(other, tmp_path / "other", "asr")
    pairs = ["--init-from", str(folder / "out"), "--pair", str(tmp_path / "other")]
    assert train_demo_models.main(["mean", "--data", str(tmp_path / "mean"), *pairs]) == 0

    first = checkpoint.load(folder / "out", "asr").model.state_dict()
    mean = checkpoint.load(tmp_path / "mean" / "out", "asr").model.state_dict()
    assert all(torch.allclose(mean[name], 2 * first[name], rtol=0.02) for name in first)


def test_evaluation_reports_every_promise(folder: Path) -> None:
    """A pair that knows nothing is told what it does not reach, on how many clips."""
    report = json.loads((folder / "out" / "evaluation.json").read_text())
    promised = [figure for figure in report["figures"] if figure["limit"] is not None]
    assert all(figure["clip_count"] > 0 for figure in promised)
    names = {figure["name"] for figure in promised}
    missed = {figure["name"] for figure in promised if not figure["reached"]}
    assert "WER of flite slt" in missed
    assert {
        "language right",
        "silence, noise and tones left empty",
        "text in a batch as alone",
        "times in a batch as alone",
    } <= names


def test_training_never_hears_what_tests_ask(folder: Path) -> None:
    """Training clips hold no held-out sentence, test clips nothing else and only unseen voices."""
    rows = {
        name: [
            json.loads(line)
            for line in (folder / "data" / f"{name}.jsonl").read_text().splitlines()
        ]
        for name in ("training", "test")
    }
    assert {row["voice"].partition("+")[2] for row in rows["test"]} <= set(HELD_OUT_VARIANTS)
    assert not any(
        row["voice"].endswith("+" + v) for row in rows["training"] for v in HELD_OUT_VARIANTS
    )
    assert {is_held_out(text) for text in _sentences(rows["training"])} == {False}
    assert {is_held_out(text) for text in _sentences(rows["test"])} == {True}


def _sentences(rows: list[dict[str, str]]) -> list[str]:
    texts = " ".join(row["text"] for row in rows)
    return [sentence.strip() for sentence in re.findall(_SENTENCE, texts)]
