"""What somebody corrected in place is theirs: no batch does it again, or writes over it."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.saved.in_place.opening import opened
from qasr_cli.saved.in_place.places import find
from qasr_cli.saved.in_place.reviewed import set_reviewed
from tests.conftest import WriteWav
from tests.saved.in_place.conftest import contents, corrected, run_batch, save_as, with_lines

_MOMENT = "2026-11-28T12:00:00+00:00"


def _details(folder: Path) -> dict[str, dict[str, object]]:
    report = json.loads((folder / "processing_report.json").read_text())
    return {detail["file"]: detail for detail in report["details"]}


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("-f", "srt"),
        ("-f", "ttml"),
        ("--max-cps", "9"),
        ("--profile", "bbc"),
        ("--retry-failed",),
        ("--verify-content",),
        ("--language-suffix",),
    ],
    ids=" ".join,
)
def test_no_batch_does_it_again(heard: Path, arguments: tuple[str, ...]) -> None:
    """Whatever it is asked for, not one byte of what was corrected is another one."""
    corrected(heard, "Corrected by hand")
    before = {name: data for name, data in contents(heard).items() if "b." not in name}

    assert run_batch(heard, *arguments) == 0

    after = {name: data for name, data in contents(heard).items() if "b." not in name}
    assert after == before
    assert _details(heard)["a.wav"]["status"] == "skipped"


def test_a_recording_that_was_touched_is_the_same(heard: Path) -> None:
    """Only its date is noted."""
    corrected(heard, "Corrected by hand")
    before = contents(heard)
    os.utime(heard / "a.wav", (1_000_000, 1_000_000))

    assert run_batch(heard) == 0

    after = contents(heard)
    assert _details(heard)["a.wav"]["warnings"] == []
    assert {name for name in after if after[name] != before[name]} == {".qasr/results/a.wav.json"}
    (editable, _) = find([str(heard)]).editables
    assert opened(editable).cues[0].lines == ("Corrected by hand",)


def _in_place(folder: Path) -> None:
    corrected(folder, "Corrected by hand")


def _in_an_editor(folder: Path) -> None:
    path = folder / ".qasr/results/a.wav.json"
    path.write_text(path.read_text().replace("word1", "first"))


@pytest.mark.parametrize("edit", [_in_place, _in_an_editor], ids=["in-place", "in-an-editor"])
def test_another_recording_of_the_same_name_writes_over_nothing(
    heard: Path, write_wav: WriteWav, edit: Callable[[Path], None]
) -> None:
    """Somebody's words may be all that is left of the old one; who wants it says so."""
    edit(heard)
    write_wav(heard / "a.wav", [(0.5, 1.5)], 3.0, seed=7)
    before = contents(heard)

    assert run_batch(heard) == 0

    assert contents(heard) == before
    warnings = str(_details(heard)["a.wav"]["warnings"])
    assert "the recording changed after its saved result was edited" in warnings

    assert run_batch(heard, "--overwrite") == 0
    assert "first" not in (heard / "a.srt").read_text()
    assert (heard / ".qasr/results/a.wav.json.set-aside-1").exists()


def test_the_first_results_are_theirs_too(heard: Path) -> None:
    """Those that bear no digest of what was heard show it by the cues in them."""
    path = heard / ".qasr/results/a.wav.json"
    head, rest = path.read_text().split(",\n", 1)
    document = json.loads(head + "}")
    del document["mark"]["parts"]
    path.write_text(json.dumps(document)[:-1] + ",\n" + rest)
    corrected(heard, "Corrected by hand")
    before = contents(heard)["a.srt"]

    assert run_batch(heard, "--max-cps", "9") == 0

    assert contents(heard)["a.srt"] == before


def test_reviewed_stays_while_the_result_does(
    heard: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each later report says it, as text and as a page; a result heard anew has lost it."""
    (editable, _) = find([str(heard)]).editables
    assert editable.state is not None
    set_reviewed(editable.state, _MOMENT)

    for arguments in ((), ("--verify-content",)):
        assert run_batch(heard, *arguments) == 0
        assert _details(heard)["a.wav"]["reviewed"] == _MOMENT
        assert "reviewed" not in _details(heard)["inner/b.wav"]

    assert run(["report", "show", str(heard)]) == 0
    assert f"reviewed a.wav: {_MOMENT}" in capsys.readouterr().out
    page = tmp_path / "page.html"
    assert run(["report", "show", str(heard), "--html", str(page), "--no-waveforms"]) == 0
    assert "reviewed 2026-11-28 12:00 UTC" in page.read_text()

    assert run_batch(heard, "--overwrite") == 0
    assert "reviewed" not in _details(heard)["a.wav"]
    assert opened(editable).reviewed is None


def test_a_correction_keeps_the_review(heard: Path) -> None:
    """Whoever goes on correcting has not taken it back."""
    (editable, _) = find([str(heard)]).editables
    assert editable.state is not None
    set_reviewed(editable.state, _MOMENT)
    found = opened(editable)

    save_as(editable, found, with_lines(found.cues, "Corrected"))

    assert opened(editable).reviewed == _MOMENT
