"""`qasr.toml`, `QASR_*` and the command line: which one wins, and what is wrong with them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qasr_cli.cli.command_table import COMMANDS
from qasr_cli.cli.main import run
from tests.conftest import WriteWav

FAKE = ("--engine", "fake", "--vad", "energy", "--quiet")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder one stands in, and an empty folder for the user's own file."""
    monkeypatch.delenv("QASR_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    (tmp_path / "user" / "qasr").mkdir(parents=True)
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


Show = Callable[[], dict[str, Any]]


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Show:
    """What `qasr config show --format json` prints."""

    def ask() -> dict[str, Any]:
        assert run(["config", "show", "--format", "json"]) == 0
        shown: dict[str, Any] = json.loads(capsys.readouterr().out)
        return shown

    return ask


def _users_file(project: Path) -> Path:
    return project.parent / "user" / "qasr" / "qasr.toml"


def test_each_source_goes_over_the_one_before_it(
    project: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's file, the project's, a variable, the command line: the later one wins."""
    write_wav(project / "talk.wav")
    formats = []

    def formats_written(*argv: str) -> None:
        assert run(["transcribe", "talk.wav", *argv, *FAKE]) == 0
        outputs = [path for path in project.glob("talk.*") if path.suffix != ".wav"]
        formats.append(sorted(path.suffix for path in outputs))
        for path in outputs:
            path.unlink()

    formats_written()
    _users_file(project).write_text('format = "vtt"')
    formats_written()
    (project / "qasr.toml").write_text('format = ["tsv", "lrc"]')
    formats_written()
    monkeypatch.setenv("QASR_FORMAT", "ass,md")
    formats_written()
    monkeypatch.setenv("QASR_TRANSCRIBE_FORMAT", "txt")
    formats_written()
    formats_written("-f", "ttml")

    assert formats == [[".srt"], [".vtt"], [".lrc", ".tsv"], [".ass", ".md"], [".txt"], [".ttml"]]


def test_config_show_says_where_a_value_comes_from(
    project: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every value names its source, and files are merged key by key."""
    _users_file(project).write_text('model = "demo"\nlanguage = "de"')
    (project / "qasr.toml").write_text('language = "fr"\n[batch]\nexclude = ["raw/*"]')
    monkeypatch.setenv("QASR_MAX_CPS", "17")
    monkeypatch.setenv("QASR_BATCH_RETRIES", "0")

    shown = show()

    assert shown["files"] == [str(_users_file(project)), str(project / "qasr.toml")]
    named = {key: shown["options"][key] for key in ("model", "language", "max-cps", "strict")}
    assert named == {
        "model": {"value": "demo", "origin": str(_users_file(project))},
        "language": {"value": "fr", "origin": str(project / "qasr.toml")},
        "max-cps": {"value": "17", "origin": "QASR_MAX_CPS"},
        "strict": {"value": False, "origin": "default"},
    }
    assert shown["commands"] == {
        "batch": {
            "exclude": {"value": ["raw/*"], "origin": f"{project / 'qasr.toml'} [batch]"},
            "retries": {"value": "0", "origin": "QASR_BATCH_RETRIES"},
        }
    }


def test_what_config_show_prints_is_a_file(
    project: Path, show: Show, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lines for people, saved as qasr.toml, set the same."""
    (project / "qasr.toml").write_text(
        'max-cps = 17\nhighpass = 80\nstrict = true\n[batch]\ninclude = ["*.dat"]\n'
        '[[overrides]]\npaths = ["de/*"]\nlanguage = "de"\nfps = 25.0'
    )
    before = show()
    assert run(["config", "show"]) == 0

    (project / "qasr.toml").write_text(capsys.readouterr().out)

    assert _values(show()) == _values(before)


def _values(shown: dict[str, Any]) -> list[dict[str, str]]:
    """What is set, wherever it comes from."""
    tables = [shown["options"], *shown["commands"].values()]
    values = [{key: str(setting["value"]) for key, setting in t.items()} for t in tables]
    return [*values, *(override["options"] for override in shown["overrides"])]


def test_the_nearest_file_upwards_counts(project: Path, show: Show) -> None:
    """A project's folders share its file, and one of their own takes its place."""
    (project / "qasr.toml").write_text("max-cps = 17")
    (project / "a" / "b").mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project / "a" / "b")
        assert show()["options"]["max-cps"]["value"] == "17"

        (project / "a" / "qasr.toml").write_text("")
        assert show()["options"]["max-cps"]["value"] is None


def test_a_named_file_is_the_only_one(
    project: Path, show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`QASR_CONFIG` takes the place of all others."""
    (project / "qasr.toml").write_text("max-cps = 17")
    (project / "other.toml").write_text("highpass = 80")
    monkeypatch.setenv("QASR_CONFIG", "other.toml")

    options = show()["options"]

    assert (options["max-cps"]["value"], options["highpass"]["value"]) == (None, "80")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('modle = "demo"', "modle is not known; did you mean model?"),
        ("[batch]\ntime-buget = 1", "[batch]: time-buget is not known; did you mean time-budget?"),
        ("[bach]\nx = 1", "[bach] is not known; did you mean [batch]?"),
        ("[plan]\nretries = 1", "[plan] is not known"),
        ("no-sandbox = true", "no-sandbox is not known"),
        ("engine = 'fake'", "engine is not known"),
        ("strict = 'yes'", "strict takes true or false"),
        ("threads = [1, 2]", "threads takes one value"),
        ("threads = 'many'", "--threads takes a whole number, not 'many'"),
        ("dtype = 'loud'", "--dtype takes one of: auto, bfloat16, float16, float32; got 'loud'"),
        ("retries = -1", "--retries takes 0 or more (options are also set by"),
        ("a = ", "not TOML"),
        ("[[overrides]]\nlanguage = 'de'", "[[overrides]] 1: says no paths"),
        ("[[overrides]]\npaths = 'a'\nlanguge = 'de'", "did you mean language?"),
        ("[[overrides]]\npaths = 'a'\nmodel = 'demo'", "model is the same for a whole run"),
        ("[[overrides]]\npaths = 'a'\nquantize = 'int8'", "quantize is the same for a whole run"),
        ("[[overrides]]\npaths = 'a'\ncuda-graphs = true", "cuda-graphs is the same for a whole"),
        ("[[overrides]]\npaths = 'a'\nmax-cps = 'x'", "--max-cps takes a whole number, not 'x'"),
        ("[[overrides]]\npaths = 'a'\nlanguage = 'xx'", "[[overrides]] 1: "),
        ("[overrides]\npaths = 'a'", "[[overrides]]"),
    ],
)
def test_what_is_wrong_is_one_line(
    project: Path, text: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that holds what no option takes ends the run with one line that names the file."""
    (project / "qasr.toml").write_text(text)

    assert run(["batch", ".", *FAKE]) == 2

    (said,) = capsys.readouterr().err.splitlines()
    assert str(project / "qasr.toml") in said
    assert line in said


def test_help_is_there_whatever_a_file_holds(project: Path) -> None:
    """Who looks up how a key is spelt gets an answer."""
    (project / "qasr.toml").write_text("modle = 1")

    assert run(["batch", "--help"]) == 0


def test_a_switch_has_its_opposite(project: Path, write_wav: WriteWav) -> None:
    """What a file puts on, the command line takes off."""
    write_wav(project / "talk.wav")
    (project / "qasr.toml").write_text("bom = true\nno-progress = true")

    assert run(["transcribe", "talk.wav", "--no-bom", "--progress", *FAKE]) == 0

    assert not (project / "talk.srt").read_bytes().startswith(b"\xef\xbb\xbf")


def test_overrides_give_files_options_of_their_own(
    project: Path, write_wav: WriteWav, capsys: pytest.CaptureFixture[str]
) -> None:
    """Folders, globs and names choose files; the later one wins, the command line over all."""
    for seed, name in enumerate(("in/a.wav", "in/de/b.wav", "in/de/c.fr.wav")):
        write_wav(project / name, seed=seed)
    (project / "qasr.toml").write_text(
        'output-dir = "out"\n[[overrides]]\npaths = ["in/de"]\nlanguage = "German"\n'
        'format = "vtt"\n[[overrides]]\npaths = ["*.fr.wav"]\nlanguage = "French"'
    )

    def done() -> dict[str, str]:
        assert run(["batch", "in", "--log-format", "json", *FAKE]) == 0
        lines = map(json.loads, capsys.readouterr().err.splitlines())
        return {line["file"]: line["status"] for line in lines if line["event"] == "file"}

    assert set(done().values()) == {"done"}
    outputs = {str(p.relative_to(project / "out")) for p in (project / "out").rglob("*.[sv]*t")}
    assert outputs == {"a.srt", "de/b.vtt", "de/c.fr.vtt"}
    languages = {
        path.stem: json.loads(path.read_text())["language"]
        for path in (project / "out" / ".qasr" / "results").rglob("*.json")
    }
    assert languages == {"a.wav": "English", "b.wav": "German", "c.fr.wav": "French"}

    assert set(done().values()) == {"skipped"}
    text = (project / "qasr.toml").read_text()
    (project / "qasr.toml").write_text(text.replace("French", "Spanish"))
    assert done() == {"a.wav": "skipped", "de/b.wav": "skipped", "de/c.fr.wav": "done"}

    assert run(["batch", "in", "-f", "lrc", *FAKE]) == 0
    assert len(list((project / "out").rglob("*.lrc"))) == 3


def test_render_and_lint_know_overrides(
    project: Path, write_wav: WriteWav, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said of a folder holds for results and subtitles in it, too."""
    write_wav(project / "de" / "talk.wav")
    assert run(["transcribe", "de/talk.wav", "-f", "json", *FAKE]) == 0
    (project / "qasr.toml").write_text(
        '[[overrides]]\npaths = "de"\nformat = "vtt"\nmax-line-width = 12\nlanguage = "de"'
    )

    assert run(["render", "de/talk.json"]) == 0
    capsys.readouterr()
    assert run(["lint", "de/talk.vtt", "--format", "json"]) == 0

    assert json.loads(capsys.readouterr().out)["files"][0]["language"] == "German"


def test_paths_in_a_file_start_at_the_file(
    project: Path, write_wav: WriteWav, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever one stands below a project, its output folder is the same."""
    write_wav(project / "in" / "talk.wav")
    (project / "qasr.toml").write_text('output-dir = "out"\nprofile = "mine.toml"')
    (project / "mine.toml").write_text("line_chars = 20")
    monkeypatch.chdir(project / "in")

    assert run(["transcribe", "talk.wav", *FAKE]) == 0

    assert (project / "out" / "talk.srt").is_file()


def test_every_command_with_shared_options_is_configured(project: Path, show: Show) -> None:
    """`[command]` works for every command that takes options of the shared kind."""
    commands = COMMANDS.keys() - {"plan", "report", "config"}
    tables = "".join(f"[{name}]\n" for name in commands)
    (project / "qasr.toml").write_text(tables.replace("[doctor]\n", '[doctor]\nmodel = "demo"\n'))

    assert show()["commands"]["doctor"]["model"]["value"] == "demo"
    for name in commands - {"models"}:
        (project / "qasr.toml").write_text(f"[{name}]\nno-such-key = 1")
        assert run([name, "x"]) == 2


@pytest.mark.parametrize("output_format", ["json", "text"])
def test_nothing_of_a_file_is_obeyed_by_a_terminal(
    project: Path, capsys: pytest.CaptureFixture[str], output_format: str
) -> None:
    """Letters of any script are shown; what would move the cursor or turn the text is spelt out."""
    (project / "qasr.toml").write_text('corrections = "ä\\u009b2J\\u202e.tsv"', encoding="utf-8")

    assert run(["config", "show", "--format", output_format]) == 2  # there is no such file

    out = capsys.readouterr().out
    assert "ä" in out
    assert not [char for char in out if not char.isprintable() and char != "\n"]
