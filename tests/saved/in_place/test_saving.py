"""What is corrected goes to every place that says it, and nowhere else."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.core.types import Cue
from qasr_cli.errors import ChangedElsewhere, LockHeld
from qasr_cli.run.state.store import Store
from qasr_cli.saved.in_place.opening import opened
from qasr_cli.saved.in_place.places import find
from qasr_cli.saved.in_place.reviewed import set_reviewed
from qasr_cli.saved.results import read_transcript
from tests.saved.in_place.conftest import contents, corrected, save_as, with_lines

_SRT = (
    "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i> there.\r\n\r\n"
    "2\r\n00:00:03,000 --> 00:00:04,000\r\nBye.\r\n\r\n"
)
_WHISPER = {
    "text": " Hello there. Bye.",
    "language": "en",
    "segments": [
        {
            "start": 1.0,
            "end": 2.0,
            "text": " Hello there.",
            "words": [
                {"word": " Hello", "start": 1.0, "end": 1.4},
                {"word": " there.", "start": 1.5, "end": 2.0},
            ],
        },
        {"start": 3.0, "end": 3.5, "text": " Bye.", "words": []},
    ],
}


def _document(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / ".qasr/results/a.wav.json").read_text())
    return found


def test_reading_changes_nothing(heard: Path) -> None:
    """However often: not one byte, and it says what the batch cut."""
    before = contents(heard)
    (editable, _) = find([str(heard)]).editables

    first, second = opened(editable), opened(editable)

    assert first == second
    assert first.cues == first.cut
    assert first.notes == ()
    assert contents(heard) == before


def test_a_correction_goes_into_every_output_and_the_result(heard: Path, tmp_path: Path) -> None:
    """What stands afterwards is, byte for byte, what `qasr render` makes of the result."""
    editable = corrected(heard, "Hello, this is", "corrected.")

    for name in ("a.srt", "a.vtt", "a.ass", "a.txt", "a.md", "a.json"):
        assert "corrected." in (heard / name).read_text(), name
    document = _document(heard)
    assert "corrected." in str(document["text"])
    assert document["cues"][0]["text"] == "Hello, this is\ncorrected."  # type: ignore[index]
    formats = "srt,vtt,ass,txt,md"
    command = ["render", editable.path, "-f", formats, "-o", str(tmp_path / "rendered"), "--quiet"]
    assert run(command) == 0
    for path in (tmp_path / "rendered").iterdir():
        assert (heard / path.name).read_bytes() == path.read_bytes(), path.name


def test_words_that_were_left_keep_their_times(heard: Path) -> None:
    """Only what was written anew has new ones."""
    (editable, _) = find([str(heard)]).editables
    found = opened(editable)
    before = {
        found.heard.text[word.char_start : word.char_end].strip(" ."): word.start_ms
        for segment in found.heard.segments
        for word in segment.words
    }

    save_as(editable, found, with_lines(found.cues, *found.cues[0].lines, "added"))

    after = read_transcript(editable.path)
    times_ms = {
        after.text[word.char_start : word.char_end].strip(" ."): word.start_ms
        for segment in after.segments
        for word in segment.words
    }
    assert "added" in times_ms
    assert {name: times_ms[name] for name in before} == before


def test_a_save_and_a_second_one_are_as_one(heard: Path) -> None:
    """Each save is made of what was opened, so nothing piles up."""
    (editable, _) = find([str(heard)]).editables
    found = opened(editable)
    first = save_as(editable, found, with_lines(found.cues, "One way"))
    save_as(editable, replace(found, basis=first.basis), with_lines(found.cues, "The other way"))
    twice = _document(heard)

    again = opened(editable)

    assert again.cues[0].lines == ("The other way",)
    assert len(twice["corrections"]) == 1  # type: ignore[arg-type]


def test_subtitles_edited_elsewhere_come_back(heard: Path) -> None:
    """They are what is shown, and with the next save they are in the result and all outputs."""
    (editable, _) = find([str(heard)]).editables
    text = (heard / "a.srt").read_text()
    (heard / "a.srt").write_text(text.replace("word1", "first", 1))

    found = opened(editable)

    assert found.cues[0].lines[0].startswith("first")
    assert found.notes == ("a.srt was edited by another program: what it says is shown",)
    word = found.transcript.segments[0].words[1]
    assert word.start_ms == found.heard.segments[0].words[1].start_ms
    save_as(editable, found, found.cues)
    assert "first" in (heard / "a.vtt").read_text()
    assert str(_document(heard)["text"]).startswith("first")
    assert opened(editable).notes == ()


def test_the_subtitles_edited_last_are_taken(heard: Path) -> None:
    """Others that say something else, and what nobody reads back, stay as they are."""
    (editable, _) = find([str(heard)]).editables
    for name, moment_s in (("a.srt", 1_000), ("a.vtt", 2_000), ("a.ass", 3_000)):
        text = (heard / name).read_text()
        (heard / name).write_text(text.replace("word1", name[2:], 1))
        os.utime(heard / name, (moment_s, moment_s))

    found = opened(editable)

    assert found.cues[0].lines[0].startswith("vtt")
    save_as(editable, found, with_lines(found.cues, "Saved now"))
    assert "Saved now" in (heard / "a.vtt").read_text()
    assert "Saved now" in (heard / "a.txt").read_text()
    assert "srt" in (heard / "a.srt").read_text()
    assert "ass" in (heard / "a.ass").read_text()


def test_names_of_speakers_are_no_text(tmp_path: Path) -> None:
    """SubRip writes them before the text; read back they are the speakers again."""
    (tmp_path / "talk.json").write_text(json.dumps(_WHISPER))
    (editable,) = find([str(tmp_path / "talk.json")]).editables
    found = opened(editable)
    spoken = (replace(found.cues[0], speaker="Ann"), *found.cues[1:])
    (tmp_path / "talk.srt").write_text("")
    save_as(editable, opened(editable), spoken)

    text = (tmp_path / "talk.srt").read_text()
    assert "Ann: Hello there." in text
    (tmp_path / "talk.srt").write_text(text.replace("Hello", "Good morning"))

    again = opened(editable)
    assert again.cues[0].speaker == "Ann"
    assert again.cues[0].lines == ("Good morning there.",)


def test_json_of_whisper_becomes_ours_with_the_subtitles_beside_it(tmp_path: Path) -> None:
    """Its readers find what they look for; word times stay."""
    (tmp_path / "talk.json").write_text(json.dumps(_WHISPER))
    (tmp_path / "talk.srt").write_text(_SRT.replace("\r\n", "\n"))
    (editable,) = find([str(tmp_path / "talk.json")]).editables
    found = opened(editable)

    save_as(editable, found, with_lines(found.cues, "Hello everybody."))

    document = json.loads((tmp_path / "talk.json").read_text())
    assert document["segments"][0]["text"] == "Hello everybody."
    assert document["segments"][0]["words"][0]["start"] == 1.0
    assert "<i>Hello</i> everybody." in (tmp_path / "talk.srt").read_text()


def test_subtitles_alone_are_written_as_they_were(tmp_path: Path) -> None:
    """Line ends, byte order mark, markup of what was left, permissions, and where a link leads."""
    real = tmp_path / "real.srt"
    real.write_bytes(b"\xef\xbb\xbf" + _SRT.encode())
    real.chmod(0o640)
    (tmp_path / "talk.srt").symlink_to(real)
    (editable,) = find([str(tmp_path / "talk.srt")]).editables
    found = opened(editable)

    save_as(editable, found, (found.cues[0], replace(found.cues[1], lines=("Goodbye.",))))

    assert (tmp_path / "talk.srt").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    wanted = b"\xef\xbb\xbf" + _SRT.replace("Bye.", "Goodbye.").encode()
    assert real.read_bytes() == wanted


def test_cues_outside_the_recording_are_said(heard: Path) -> None:
    """What a result cannot hold is left out, and cut, and counted."""
    (editable, _) = find([str(heard)]).editables
    late = "\n9\n00:00:09,900 --> 00:00:12,000\nlate\n\n10\n00:01:00,000 --> 00:01:01,000\nlater\n"
    with (heard / "a.srt").open("a") as file:
        file.write(late)

    found = opened(editable)

    assert found.cues[-1] == Cue(start_ms=9900, end_ms=10_000, lines=("late",))
    assert found.notes[1:] == (
        "1 cue outside the recording, or without any length, left out",
        "1 cue cut at the end of the recording",
    )


@pytest.mark.parametrize("name", ["a.srt", ".qasr/results/a.wav.json", "a.txt"])
def test_what_changed_since_it_was_opened_is_not_written_over(heard: Path, name: str) -> None:
    """Nothing is written at all, unless somebody says so."""
    (editable, _) = find([str(heard)]).editables
    found = opened(editable)
    with (heard / name).open("a") as file:
        file.write("\n")
    before = contents(heard)

    with pytest.raises(ChangedElsewhere):
        save_as(editable, found, with_lines(found.cues, "Lost"))

    assert contents(heard) == before
    save_as(editable, found, with_lines(found.cues, "Wanted"), overwrite=True)
    assert "Wanted" in (heard / "a.srt").read_text()


def test_a_running_batch_is_not_disturbed(heard: Path) -> None:
    """Nothing is written while it holds the folder."""
    (editable, _) = find([str(heard)]).editables
    found, before = opened(editable), contents(heard)

    with Store(str(heard)).lock(), pytest.raises(LockHeld):
        save_as(editable, found, with_lines(found.cues, "Too early"))

    assert contents(heard) == before


def test_a_save_that_is_cut_short_loses_nothing(heard: Path) -> None:
    """Outputs that say more than the result are read as edited elsewhere."""
    before = (heard / ".qasr/results/a.wav.json").read_bytes()
    editable = corrected(heard, "Kept all the same")
    (heard / ".qasr/results/a.wav.json").write_bytes(before)

    assert opened(editable).cues[0].lines == ("Kept all the same",)


def test_what_is_no_text_stays(heard: Path) -> None:
    """A copy with subtitles in it is not coded anew; a note says what does that."""
    path = heard / ".qasr/results/a.wav.json"
    head, rest = path.read_text().split(",\n", 1)
    document = json.loads(head + "}")
    (heard / "a.subtitled.mkv").write_bytes(b"film")
    digest = hashlib.sha256(b"film").hexdigest()
    mark = {"path": "a.subtitled.mkv", "bytes": 4, "sha256": digest}
    document["mark"]["outputs"].append(mark)
    path.write_text(json.dumps(document)[:-1] + ",\n" + rest)
    (editable, _) = find([str(heard)]).editables
    found = opened(editable)

    saved = save_as(editable, found, with_lines(found.cues, "Said"))

    assert saved.notes == ("a.subtitled.mkv is as it was: qasr render --embed makes it anew",)
    assert (heard / "a.subtitled.mkv").read_bytes() == b"film"
    assert _document(heard)["mark"]["outputs"][-1] == mark  # type: ignore[index]


def test_reviewed_stands_in_the_result_and_the_report(heard: Path) -> None:
    """And is taken back from both."""
    (editable, _) = find([str(heard)]).editables
    assert editable.state is not None
    moment = "2026-11-28T12:00:00+00:00"
    plain = contents(heard)

    for reviewed in (moment, None):
        set_reviewed(editable.state, reviewed)
        assert opened(editable).reviewed == reviewed
        report = json.loads((heard / "processing_report.json").read_text())
        assert [detail.get("reviewed") for detail in report["details"]] == [reviewed, None]

    assert contents(heard) == plain
