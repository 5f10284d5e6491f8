"""`--shot-changes auto|FILE`: cues at the cuts of films that the tests make, by every command."""

import json
import subprocess
from pathlib import Path

import pytest

from qasr_cli.cli.main import run
from qasr_cli.formats.rendering import cues_of
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.saved.in_place.made_with import cues_as_cut
from qasr_cli.saved.results import read_transcript

FAKE = ("--engine", "fake", "-q")
AUTO = ("--shot-changes", "auto")
_SPEECH = Path(__file__).parents[3] / "examples" / "recordings" / "announcement.wav"


@pytest.fixture
def talk(tmp_path: Path) -> Path:
    """A sound of four seconds."""
    path = tmp_path / "in" / "talk.wav"
    path.parent.mkdir()
    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-t", "4", "-i", str(_SPEECH)]
    subprocess.run([*command, str(path)], check=True)
    return path


@pytest.fixture
def film(talk: Path) -> Path:
    """The same with a picture that is cut eight frames behind the start of its first cue."""
    run(["transcribe", str(talk), *FAKE, "-o", str(talk.parent)])
    first_s = _starts_ms(talk.with_suffix(".srt"))[0] / 1000
    talk.with_suffix(".srt").unlink()
    path = talk.with_name("film.mp4")
    graph = (
        f"[0]trim=end={first_s + 0.2:.2f},setsar=1[a];[1]setsar=1[b];"
        "[a][b]concat=n=2,format=yuv420p[v]"
    )
    command = [ffmpeg_path(), "-nostdin", "-v", "error"]
    for colour in ("red", "blue"):
        command += ["-f", "lavfi", "-i", f"color=c={colour}:s=64x48:r=25:d=4"]
    command += ["-i", str(talk), "-filter_complex", graph, "-map", "[v]", "-map", "2:a"]
    subprocess.run([*command, "-t", "4", str(path)], check=True)
    return path


def _starts_ms(path: Path) -> list[int]:
    """When the cues of a SubRip file start."""
    clocks = [line.split()[0] for line in path.read_text().splitlines() if "-->" in line]
    times = [clock.replace(",", ":").split(":") for clock in clocks]
    return [
        ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(rest)
        for hours, minutes, seconds, rest in times
    ]


def _result(path: Path) -> dict[str, object]:
    """A result."""
    document: dict[str, object] = json.loads(path.read_text())
    return document


def test_a_film_is_looked_at_and_a_sound_is_not(film: Path, talk: Path, tmp_path: Path) -> None:
    """Its result keeps the cuts and the frame rate; a sound is as it would be without."""
    plain, cut = tmp_path / "plain", tmp_path / "cut"
    inputs = [str(film), str(talk)]

    assert run(["transcribe", *inputs, *FAKE, "-f", "srt,json", "-o", str(plain)]) == 0
    assert run(["transcribe", *inputs, *FAKE, "-f", "srt,json", "-o", str(cut), *AUTO]) == 0

    found = _result(cut / "film.json")["shot_changes"]
    assert isinstance(found, dict)
    (cut_ms,) = found["times_ms"]
    assert found["fps"] == 25
    assert _starts_ms(cut / "film.srt")[0] == cut_ms
    assert _starts_ms(plain / "film.srt")[0] != cut_ms
    assert "shot_changes" not in _result(plain / "film.json")
    assert "shot_changes" not in _result(cut / "talk.json")
    assert (cut / "talk.srt").read_bytes() == (plain / "talk.srt").read_bytes()


def test_render_uses_the_cuts_that_a_result_keeps(
    film: Path, talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the film; a result that nobody looked for cuts of is said, and is as it was."""
    run(["transcribe", str(film), *FAKE, "-f", "srt,json", "-o", str(tmp_path / "cut"), *AUTO])
    run(["transcribe", str(talk), *FAKE, "-f", "srt,json", "-o", str(tmp_path / "plain")])
    film.unlink()
    results = [str(tmp_path / "cut" / "film.json"), str(tmp_path / "plain" / "talk.json")]
    capsys.readouterr()

    assert run(["render", *results, *AUTO, "-o", str(tmp_path / "again")]) == 0

    told = capsys.readouterr().err.splitlines()
    (note,) = [line for line in told if line.startswith("note")]
    assert note.startswith(f"note     {results[1]}: nobody looked for cuts of its picture: ")
    for folder, name in (("cut", "film.srt"), ("plain", "talk.srt")):
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (tmp_path / folder / name).read_bytes()


def test_a_batch_that_is_done_looks_at_films_and_hears_nothing(film: Path) -> None:
    """Asked for later, cuts are found in films whose words are saved; then they are saved, too."""
    folder = film.parent
    run(["batch", str(folder), *FAKE])
    before = (folder / "film.srt").read_bytes()

    assert run(["batch", str(folder), *FAKE, *AUTO]) == 0

    report = _result(folder / "processing_report.json")
    details = report["details"]
    assert isinstance(details, list)
    assert all(detail["rendered"] for detail in details)
    assert (folder / "film.srt").read_bytes() != before
    assert "shot_changes" in _result(folder / ".qasr" / "results" / "film.mp4.json")

    assert run(["batch", str(folder), *FAKE]) == 0
    assert (folder / "film.srt").read_bytes() == before
    assert "shot_changes" in _result(folder / ".qasr" / "results" / "film.mp4.json")


def test_a_list_is_of_one_picture(
    film: Path, talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its cuts are met as those that were found; for several recordings it is refused at once."""
    auto, listed = tmp_path / "auto", tmp_path / "listed"
    run(["transcribe", str(film), *FAKE, "-f", "srt,json", "-o", str(auto), *AUTO])
    cuts = _result(auto / "film.json")["shot_changes"]
    assert isinstance(cuts, dict)
    shots = tmp_path / "shots.txt"
    shots.write_text("\n".join(f"{time_ms / 1000}" for time_ms in cuts["times_ms"]))
    option = ("--shot-changes", str(shots), "--fps", "25")

    assert run(["transcribe", str(film), *FAKE, "-o", str(listed), *option]) == 0
    assert _starts_ms(listed / "film.srt") == _starts_ms(auto / "film.srt")

    for command in (
        ["transcribe", str(film), str(talk), *FAKE],
        ["batch", str(film.parent), *FAKE],
        ["render", str(auto / "film.json"), str(auto / "film.json"), "-o", str(tmp_path / "no")],
        ["lint", str(auto / "film.srt"), str(listed / "film.srt")],
    ):
        capsys.readouterr()
        assert run([*command, *option]) == 2
        assert "--shot-changes FILE is for one recording" in capsys.readouterr().err


def test_lint_measures_against_a_list(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What all but meets a cut is a warning; `auto` is refused, for there is no picture."""
    run(["transcribe", str(film), *FAKE, "-o", str(tmp_path)])
    start_ms = _starts_ms(tmp_path / "film.srt")[0]
    shots = tmp_path / "shots.txt"
    shots.write_text(f"{(start_ms + 200) / 1000}")
    capsys.readouterr()

    option = ("--shot-changes", str(shots), "--fps", "25")
    assert run(["lint", str(tmp_path / "film.srt"), *option]) == 0
    told = capsys.readouterr().out
    assert ": warning: starts 5 frames before a cut of the picture (Netflix: with it, " in told

    assert run(["lint", str(tmp_path / "film.srt"), *AUTO]) == 2
    assert "qasr lint sees no picture" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), ("1.0\nsoon", "line 2: not a time, such as 83.4")],
)
def test_a_bad_list_is_a_mistake_on_the_command_line(
    talk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, reason: str
) -> None:
    """Said with its name before any work."""
    shots = tmp_path / "shots.txt"
    if content is not None:
        shots.write_text(content)

    assert run(["transcribe", str(talk), *FAKE, "--shot-changes", str(shots)]) == 2

    assert f"--shot-changes {shots}: {reason}" in capsys.readouterr().err
    assert not talk.with_suffix(".srt").exists()


def test_a_list_in_a_file_of_settings_lies_beside_it(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its path is relative to that file, for the one film that it is of."""
    folder = film.parent
    run(["transcribe", str(film), *FAKE, "-o", str(tmp_path)])
    cut_ms = _starts_ms(tmp_path / "film.srt")[0] + 200
    (folder / "shots.txt").write_text(f"{cut_ms / 1000}\n")
    (folder / "qasr.toml").write_text(
        '[[overrides]]\npaths = ["film.mp4"]\nshot-changes = "shots.txt"\n'
    )
    monkeypatch.setenv("QASR_CONFIG", str(folder / "qasr.toml"))

    assert run(["batch", str(folder), *FAKE, "-o", str(tmp_path / "out")]) == 0

    assert _starts_ms(tmp_path / "out" / "film.srt")[0] == cut_ms


@pytest.mark.parametrize("is_listed", [False, True])
def test_cues_are_read_back_as_they_were_cut(
    film: Path, tmp_path: Path, *, is_listed: bool
) -> None:
    """From a result, which says what its cues were moved to."""
    shots = tmp_path / "shots.txt"
    shots.write_text("0.9\n2.5\n")
    option = ("--shot-changes", str(shots)) if is_listed else AUTO
    run(["transcribe", str(film), *FAKE, "-f", "srt,json", "-o", str(tmp_path), *option])

    transcript = read_transcript(str(tmp_path / "film.json"))

    starts_ms = [cue.start_ms for cue in cues_as_cut(transcript)]
    assert starts_ms == _starts_ms(tmp_path / "film.srt")
    assert starts_ms != [cue.start_ms for cue in cues_of(transcript)]
