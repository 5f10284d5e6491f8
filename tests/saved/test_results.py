import json
import os
from pathlib import Path

import pytest

from qasr_cli.errors import MalformedInput, UnreadableInput, UsageError
from qasr_cli.formats.json import render
from qasr_cli.saved.results import bases_for_results, read_transcript
from tests.strategies import assembled

SEGMENT = {"start": 0, "end": 1, "text": "Guten Tag."}


def test_a_result_of_ours_is_read_exactly(tmp_path: Path) -> None:
    """The document says all there is to know."""
    path = tmp_path / "talk.json"
    path.write_text(render(assembled([]), ()))

    assert read_transcript(str(path)) == assembled([])


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_result_of_whisper_is_read(tmp_path: Path, mark: str) -> None:
    """With a byte order mark too; it is named after its file."""
    path = tmp_path / "talk.json"
    path.write_text(mark + json.dumps({"segments": [SEGMENT]}), encoding="utf-8")

    transcript = read_transcript(str(path), language="German")

    assert (transcript.file, transcript.text) == ("talk", "Guten Tag.")
    assert {segment.language for segment in transcript.segments} == {"German"}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"schema_version": 9}', b'{"segments": 5}', b"\xff", b"[" * 200_000],
)
def test_anything_else_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    """One line that names the file, whatever is in it."""
    path = tmp_path / "talk.json"
    path.write_bytes(content)

    with pytest.raises(MalformedInput, match=r"talk\.json: "):
        read_transcript(str(path))


def test_an_absent_file_is_unreadable(tmp_path: Path) -> None:
    """It says why."""
    with pytest.raises(UnreadableInput, match="No such file"):
        read_transcript(str(tmp_path / "gone.json"))


def test_outputs_stand_beside_the_result(tmp_path: Path) -> None:
    """Or in the output folder, under the same name without `.json`."""
    path = str(tmp_path / "talk.v2.json")

    (beside,) = bases_for_results([path], output_dir=None, suffixes=[".srt"]).values()
    (elsewhere,) = bases_for_results([path], output_dir="out", suffixes=[".srt"]).values()

    assert beside.path == str(tmp_path / "talk.v2")
    assert elsewhere.path == os.path.join("out", "talk.v2")


def test_a_result_out_of_the_state_belongs_to_its_recording(tmp_path: Path) -> None:
    """Its outputs go where those of the batch went, or mirror the tree in the output folder."""
    state = tmp_path / ".qasr" / "results" / "day-1"
    paths = [
        str(state / "talk.mp4.json"),
        str(state / "note.mp3.json"),
        str(state / "note.wav.json"),
    ]

    bases = bases_for_results(paths, output_dir=None, suffixes=[".srt"])
    mirrored = bases_for_results(paths[:1], output_dir="out", suffixes=[".srt"])

    assert [base.path for base in bases.values()] == [
        str(tmp_path / "day-1" / name) for name in ("talk", "note.mp3", "note.wav")
    ]
    assert mirrored[paths[0]].path == os.path.join("out", "day-1", "talk")


@pytest.mark.parametrize(
    ("file", "expected"),
    [("day-1/talk.mp4", "day-1/talk"), ("../talk.mp4", "5f"), ("/talk.mp4", "5f"), (None, "5f")],
)
def test_a_result_whose_recording_has_too_long_a_name_knows_it(
    tmp_path: Path, file: str | None, expected: str
) -> None:
    """Outputs stand beside the recording that the result names, never outside its folder."""
    path = tmp_path / ".qasr" / "results" / ".long" / "5f.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"file": file}))

    (base,) = bases_for_results([str(path)], output_dir=None, suffixes=[".srt"]).values()

    assert base.path == str(tmp_path / expected)


def test_results_that_would_write_the_same_files_are_refused(tmp_path: Path) -> None:
    """Before anything is written."""
    paths = [str(tmp_path / folder / "talk.json") for folder in ("a", "b")]

    with pytest.raises(UsageError, match=r"a/talk\.json and .*b/talk\.json would write the same"):
        bases_for_results(paths, output_dir="out", suffixes=[".srt"])
