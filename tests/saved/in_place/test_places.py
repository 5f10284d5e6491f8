"""What the names of a user stand for."""

import json
import shutil
from pathlib import Path

import pytest

from qasr_cli.errors import UsageError
from qasr_cli.saved.in_place.places import find
from tests.conftest import WriteWav
from tests.saved.in_place.conftest import run_batch

_SRT = "1\n00:00:01,000 --> 00:00:02,000\nHello there.\n"
_WHISPER = {"text": " Hello there.", "segments": [{"start": 1.0, "end": 2.0, "text": " Hello."}]}


def _names(*paths: Path) -> list[tuple[str, str]]:
    return [(each.name, each.kind) for each in find([str(path) for path in paths]).editables]


def test_a_folder_stands_for_the_results_of_its_batch(heard: Path) -> None:
    """Each once, by its name from there on; a result whose recording is gone is counted."""
    assert _names(heard) == [("a.wav", "result"), ("inner/b.wav", "result")]
    assert _names(heard / "inner") == [("b.wav", "result")]
    assert _names(heard, heard / "a.wav") == [
        ("talks/a.wav", "result"),
        ("talks/inner/b.wav", "result"),
    ]

    (heard / "a.wav").unlink()

    assert _names(heard) == [("inner/b.wav", "result")]
    assert find([str(heard)]).gone_count == 1


def test_a_batch_that_wrote_elsewhere_knows_its_recordings(heard: Path, tmp_path: Path) -> None:
    """The folder of its outputs stands for them."""
    assert run_batch(heard, "-o", str(tmp_path / "out")) == 0

    found = find([str(tmp_path / "out")])

    assert [each.recording for each in found.editables] == [
        str(heard / "a.wav"),
        str(heard / "inner" / "b.wav"),
    ]


@pytest.mark.parametrize("name", ["a.wav", "a.srt", "a.vtt", "a.json", ".qasr/results/a.wav.json"])
def test_what_belongs_to_a_result_stands_for_it(heard: Path, name: str) -> None:
    """The recording, each of its outputs that is read back, and the result itself."""
    (editable,) = find([str(heard / name)]).editables

    assert editable.kind == "result"
    assert editable.path == str(heard / ".qasr/results/a.wav.json")
    assert editable.recording == str(heard / "a.wav")


def test_a_folder_without_a_batch_stands_for_what_has_subtitles(
    tmp_path: Path, write_wav: WriteWav
) -> None:
    """JSON before subtitles, subtitles of a language too; a recording without any is none of it."""
    for name in ("json", "srt", "coded", "bare"):
        write_wav(tmp_path / f"{name}.wav")
    (tmp_path / "json.json").write_text(json.dumps(_WHISPER))
    (tmp_path / "json.srt").write_text(_SRT)
    (tmp_path / "srt.srt").write_text(_SRT)
    (tmp_path / "coded.en.srt").write_text(_SRT)

    assert _names(tmp_path) == [
        ("coded.wav", "subtitles"),
        ("json.wav", "json"),
        ("srt.wav", "subtitles"),
    ]


def test_subtitles_find_their_recording(tmp_path: Path, write_wav: WriteWav) -> None:
    """By the same name, with or without a language; without one they have no sound."""
    write_wav(tmp_path / "talk.wav")
    for name in ("talk.srt", "talk.en.vtt", "talk.wav.srt", "alone.srt"):
        (tmp_path / name).write_text(_SRT)
        (editable,) = find([str(tmp_path / name)]).editables
        wanted = None if name == "alone.srt" else str(tmp_path / "talk.wav")
        assert (editable.kind, editable.recording) == ("subtitles", wanted), name


def test_json_of_whisper_stands_for_itself(tmp_path: Path, write_wav: WriteWav) -> None:
    """With its recording, where that is there; subtitles of the same name belong to it."""
    recording = write_wav(tmp_path / "talk.wav")
    (tmp_path / "talk.json").write_text(json.dumps(_WHISPER))
    (tmp_path / "talk.srt").write_text(_SRT)

    for name in ("talk.json", "talk.wav", "talk.srt"):
        (editable,) = find([str(tmp_path / name)]).editables
        assert (editable.kind, editable.path) == ("json", str(tmp_path / "talk.json")), name
        assert editable.recording == str(recording)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.srt", "there is no such file"),
        ("empty", "no batch has a result in it, and no recording in it has subtitles"),
        ("bare.wav", "no subtitles or JSON are beside it"),
        ("notes.txt", "takes a recording, JSON of qasr or whisper, .srt or .vtt"),
        ("broken.json", "breaks off"),
    ],
)
def test_what_stands_for_nothing_is_refused(
    tmp_path: Path, write_wav: WriteWav, name: str, said: str
) -> None:
    """In one line, with what to do."""
    (tmp_path / "empty").mkdir()
    write_wav(tmp_path / "bare.wav")
    (tmp_path / "notes.txt").write_text("notes")
    (tmp_path / "broken.json").write_text('{"text": "Hel')

    with pytest.raises(UsageError) as refused:
        find([str(tmp_path / name)])

    assert str(refused.value).startswith(f"{tmp_path / name}: ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_batch_in_pieces_is_one(heard: Path, tmp_path: Path) -> None:
    """Results of parts that several machines did are those of the folder."""
    folder = tmp_path / "shared"
    for name in ("a.wav", "inner/b.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(heard / name, folder / name)
    for part in ("1/2", "2/2"):
        assert run_batch(folder, "--shard", part) == 0

    assert _names(folder) == [("a.wav", "result"), ("inner/b.wav", "result")]
