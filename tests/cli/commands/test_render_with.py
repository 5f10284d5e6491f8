"""`qasr render RESULT --with FILE`: a second language under the first."""

import json
from pathlib import Path

import pytest

from qasr_cli.cli.main import run

SRT = """\
1
00:00:00,000 --> 00:00:02,000
<i>Guten Tag.</i>

2
00:00:02,100 --> 00:00:04,000
Wie geht es?

3
00:01:00,000 --> 00:01:01,000
Ein Schild
"""


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """What whisper says of two sentences, and their translation."""
    segments = [
        {"start": 0.0, "end": 1.8, "text": " Good day."},
        {"start": 2.2, "end": 3.9, "text": " How are you?"},
        {"start": 8.0, "end": 9.0, "text": " Bye."},
    ]
    path = tmp_path / "talk.json"
    path.write_text(json.dumps({"segments": segments, "language": "en"}))
    (tmp_path / "talk.de.srt").write_text(SRT)
    return path


@pytest.mark.parametrize(
    ("format_name", "text"),
    [
        ("srt", "Good day.\n<i>Guten Tag.</i>\n"),
        ("vtt", "Good day.\n<i>Guten Tag.</i>\n"),
        ("ass", "Good day.\\N{\\i1}Guten Tag."),
        ("ttml", '>Good day.<br/><span tts:fontStyle="italic">Guten Tag.</span></p>'),
        ("lrc", "Good day. / Guten Tag.\n"),
        ("simple", "Good day. / Guten Tag.\n"),
        ("tsv", "Good day. / Guten Tag.\n"),
    ],
)
def test_every_format_with_cues_shows_both(
    result: Path, capsysbinary: pytest.CaptureFixture[bytes], format_name: str, text: str
) -> None:
    """Styles are kept; what matches nothing is said with numbers and times."""
    second = str(result.with_name("talk.de.srt"))

    assert run(["render", str(result), "--with", second, "-f", format_name, "-o", "-"]) == 0

    written, said = capsysbinary.readouterr()
    assert text in written.decode()
    assert b"left out, as nothing is said at their time: cue 3 (00:01:00.000)" in said
    assert b"has nothing for cue 3 (00:00:08.000) of the result" in said


def test_karaoke_lights_up_the_first_language_alone(
    result: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    """The words of the second are spoken at no time, and move no word of the first."""
    argv = ["render", str(result), "-f", "ass", "-o", "-", "--highlight-words"]
    run(argv)
    alone = capsysbinary.readouterr().out.decode().split("\n")

    assert run([*argv, "--with", str(result.with_name("talk.de.srt"))]) == 0

    together = capsysbinary.readouterr().out.decode().split("\n")
    for before, after in zip(alone, together, strict=True):
        assert after.startswith(before)


@pytest.mark.parametrize("format_name", ["json", "txt", "words", "md", "docx"])
def test_formats_without_cues_refuse_it(
    result: Path, capsys: pytest.CaptureFixture[str], format_name: str
) -> None:
    """In one line, before anything is written."""
    second = str(result.with_name("talk.de.srt"))

    assert run(["render", str(result), "--with", second, "-f", f"srt,{format_name}"]) == 2

    assert capsys.readouterr().err == (
        f"qasr: --with goes with formats that have cues; {format_name} has none\n"
    )
    assert not result.with_suffix(".srt").exists()


def test_a_file_that_is_none_is_refused(result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Absent, of another kind, of another recording, or for more than one result."""
    folder = result.parent
    other = folder / "other.srt"
    other.write_text("1\n02:00:00,000 --> 02:00:01,000\nAnderswo\n")

    assert run(["render", str(result), "--with", str(folder / "absent.srt")]) == 2
    assert run(["render", str(result), "--with", str(result)]) == 2
    assert run(["render", str(result), str(result), "--with", str(other)]) == 2
    assert run(["render", str(result), "--with", str(other)]) == 1

    said = capsys.readouterr().err
    assert "absent.srt: No such file" in said
    assert "talk.json: reads .srt and .vtt" in said
    assert "--with takes one result" in said
    assert "is it of this recording?" in said
    assert not result.with_suffix(".srt").exists()
