"""A text whose passages are not quite those of the recording, timed by the real demo pair."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.main import run
from tests.conftest import RECORDINGS
from tests.test_recordings_end_to_end import MEAN_SHIFT_BOUND_MS, matching, plain_words

MEETING = "meeting.opus"


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    """What is said in the meeting, and when."""
    document: dict[str, Any] = json.loads((RECORDINGS / "truth" / f"{MEETING}.json").read_text())
    return document


def script(truth: dict[str, Any], change: str) -> str:
    """The meeting's sentences, a tenth of them gone, or as many strange ones among them."""
    sentences = [sentence["text"] for sentence in truth["sentences"]]
    chosen = set(range(3, len(sentences), 10))
    if change == "removed":
        return "\n".join(text for i, text in enumerate(sentences) if i not in chosen)
    strange = "Nobody in this meeting ever said these words, number {}."
    return "\n".join(
        f"{text}\n{strange.format(i)}" if i in chosen else text for i, text in enumerate(sentences)
    )


@pytest.mark.parametrize("change", ["removed", "added"])
def test_words_stand_where_they_are_spoken(
    tmp_path: Path, truth: dict[str, Any], change: str
) -> None:
    """A tenth of the sentences removed or added shifts no other: within the aligner's bound."""
    text = script(truth, change)
    (tmp_path / "script.txt").write_text(text)

    argv = ["align", str(RECORDINGS / MEETING), "--text", str(tmp_path / "script.txt")]
    assert run([*argv, "--model", "demo", "-o", str(tmp_path), "-f", "json", "--quiet"]) == 0

    document = json.loads((tmp_path / "meeting.json").read_text())
    aligned = plain_words(document)
    pairs = matching([w["word"].lower() for w in truth["words"]], [w["word"] for w in aligned])
    shifts_ms = [
        abs(truth["words"][there][edge] - aligned[here][edge])
        for there, here in pairs
        for edge in ("start_ms", "end_ms")
    ]
    spoken = set(re.findall(r"[\w']+", truth["text"].lower()))
    wanted = [word for word in re.findall(r"[\w']+", text.lower()) if word in spoken]
    assert len(pairs) >= 0.97 * min(len(wanted), len(truth["words"]))
    assert sum(shifts_ms) / len(shifts_ms) <= MEAN_SHIFT_BOUND_MS
    kind = "spoken, and not in the text" if change == "removed" else "not spoken, left out"
    assert len([line for line in document["warnings"] if kind in line]) >= 8
