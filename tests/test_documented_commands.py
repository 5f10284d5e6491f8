"""What README and documents print as commands is what the program takes; recipes are run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from qasr_cli.cli.main import app
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path

ROOT = Path(__file__).parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "BENCHMARKS.md", ".github/CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
]
_SHELL = {"", "sh", "bash", "shell", "console"}
# They need a network, an index of packages, a model, or stay until somebody stops them.
_NOT_RUN = (
    *("qasr models pull", "qasr serve", "qasr edit", "qasr transcribe meeting.mp3 --diarize"),
    *("curl ", "git ", "cd ", "make ", "pip"),
)
_PUNCTUATION = set("|&;<>()")


def _lines(path: Path) -> Iterator[str]:
    """The lines of the shell in a page, continued ones joined."""
    text = path.read_text(encoding="utf-8")
    blocks = re.finditer(r"^( *)```(\w*)\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE)
    for block in blocks:
        if block[2] in _SHELL:
            for line in block[3].replace("\\\n", " ").splitlines():
                yield line.strip().removeprefix("$ ")


def _commands(line: str) -> Iterator[list[str]]:
    """The words after `qasr` of each command in a line; none where it is no shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[list[str]] = [[]]
    try:
        for word in lexer:
            if set(word) <= _PUNCTUATION:
                words.append([])
            else:
                words[-1].append(word)
    except ValueError:  # what a program printed, with an apostrophe in it
        return
    for command in words:
        while command and re.match(r"[A-Z_]+=", command[0]):
            del command[0]
        if command[:1] == ["qasr"]:
            yield command[1:]


DOCUMENTED = sorted(
    {
        (path.relative_to(ROOT).as_posix(), " ".join(map(shlex.quote, arguments)))
        for path in PAGES
        for line in _lines(path)
        for arguments in _commands(line)
    }
)


@pytest.mark.parametrize(("page", "line"), DOCUMENTED)
def test_a_documented_command_is_one(page: str, line: str) -> None:
    """Its options exist and have values of their kind; nothing is run."""
    command = typer.main.get_command(app)
    words = shlex.split(line)
    assert not words or words[0] != "qasr", page
    context = command.context_class(command, info_name="qasr")
    while hasattr(command, "resolve_command") and words and not words[0].startswith("-"):
        name, found, words = command.resolve_command(context, words)
        assert found is not None, f"{page}: {line}"
        command, context = found, found.context_class(found, info_name=name, parent=context)
    if "--help" not in words:
        command.make_context(context.info_name, words, parent=context.parent)


def _run_lines() -> list[str]:
    lines = [*_lines(ROOT / "README.md"), *_lines(ROOT / "docs" / "recipes.md")]
    told = [re.sub(r"\s+#.*$", "", line) for line in lines]
    return [line for line in dict.fromkeys(told) if line and not line.startswith(_NOT_RUN)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, recordings: Path) -> Path:
    """A folder with everything that the recipes speak of, and programs of their names."""
    folder = tmp_path_factory.mktemp("desk")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "ffmpeg").symlink_to(ffmpeg_path())
    (programs / "less").symlink_to(shutil.which("cat") or "/bin/cat")
    qasr = programs / "qasr"
    qasr.write_text(
        "#!/bin/sh\n"
        'case "$1" in transcribe | batch | align | live)\n'
        '  set -- "$@" --engine fake --vad energy ;;\n'
        "esac\n"
        f'exec "{sys.executable}" -m qasr_cli "$@"\n'
    )
    qasr.chmod(0o755)
    work = folder / "work"
    for name in ("film.mp4", "talk.mp4", "films/Film.mp4", "recordings/day/talk.mp4"):
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(recordings / "clip.mp4", work / name)
    shutil.copy(recordings / "interview.wav", work)
    shutil.copy(recordings / "lecture.mp3", work)
    for line in (
        "ffmpeg -i interview.wav -ac 1 anna.wav",
        "ffmpeg -i lecture.mp3 -ac 1 ben.wav",
        'ffmpeg -i anna.wav -i ben.wav -filter_complex "[0:a][1:a]join=inputs=2" stereo.flac',
        "qasr transcribe lecture.mp3 -f json",
        "cp lecture.json meeting.json",
        "qasr batch recordings",
        "qasr transcribe talk.mp4 -o - -f txt >script.txt",
    ):
        _in_shell(line, work, programs)
    return folder


def _in_shell(line: str, folder: Path, programs: Path) -> None:
    ran = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder)},
    )
    assert ran.returncode == 0, f"{line}\n{ran.stderr}"


@pytest.mark.parametrize("line", _run_lines())
def test_a_recipe_runs(line: str, desk: Path, tmp_path: Path) -> None:
    """Each line, by itself, in a folder with what it speaks of, ends well."""
    work = tmp_path / "work"
    shutil.copytree(desk / "work", work, symlinks=True)
    if "lecture.mp3" in line:
        (work / "lecture.json").unlink()
    if "both.flac --" in line:
        (work / "stereo.flac").rename(work / "both.flac")
    if "talk.srt" in line:
        _in_shell("qasr transcribe talk.mp4", work, desk / "bin")

    _in_shell(line, work, desk / "bin")
