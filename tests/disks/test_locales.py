"""Names are bytes: nothing that is kept or printed depends on the locale."""

import errno
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.disks.conftest import FAKE, Qasr

LOCALES = {"latin1": ("en_US", "ISO-8859-1"), "gbk": ("zh_CN", "GBK"), "eucjp": ("ja_JP", "EUC-JP")}
NAMES = ("会议.wav".encode(), "été.wav".encode(), b"caf\xe9.wav", "会议".encode("gbk") + b".wav")


@pytest.fixture(scope="session")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of locales that are not UTF-8."""
    program = shutil.which("localedef")
    folder = tmp_path_factory.mktemp("locales")
    for name, (language, charset) in LOCALES.items():
        command = [str(program), "-i", language, "-f", charset, "--no-archive", str(folder / name)]
        # It warns of what older encodings lack, and then ends with 1.
        if (
            program is None
            or subprocess.run(command, check=False, capture_output=True).returncode > 1
        ):
            pytest.skip("localedef and its sources are not installed")
    return folder


def in_locale(locales: Path, name: str) -> dict[str, str]:
    """The environment of a process in a locale."""
    return {"LOCPATH": str(locales), "LC_ALL": name}


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Recordings with names in UTF-8, and in other encodings."""
    wav = write_wav(tmp_path / "talk.wav")
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        try:
            shutil.copyfile(os.fsencode(wav), os.path.join(os.fsencode(folder), name))
        except OSError as error:
            if error.errno == errno.EILSEQ:
                pytest.skip("this disk takes names in UTF-8 only")
            raise
    return folder


def state_of(folder: Path) -> dict[bytes, bytes]:
    """Path -> content of outputs and results, as bytes."""
    found = {}
    for below, _, names in os.walk(os.fsencode(folder)):
        for name in names:
            path = os.path.join(below, name)
            if name.endswith((b".srt", b".json")) and not name.startswith(b"processing"):
                with open(path, "rb") as file:
                    found[path] = file.read()
    return found


@pytest.mark.parametrize("name", ["latin1", "gbk", "C"])
def test_what_was_done_under_utf8_is_done(
    locales: Path, folder: Path, qasr: Qasr, name: str
) -> None:
    """A folder done under UTF-8 is skipped under any locale, and the same lines are printed."""
    command = ("batch", folder, "-f", "srt,json", *FAKE)
    first = qasr(*command, environment={"LC_ALL": "C.UTF-8"})
    before = state_of(folder)
    expected = qasr(*command, environment={"LC_ALL": "C.UTF-8"})

    ran = qasr(*command, environment=in_locale(locales, name))

    assert (first.returncode, ran.returncode) == (ExitCode.OK, ExitCode.OK), ran.stderr
    assert ran.stderr.count(b"done before, unchanged") >= len(NAMES)
    assert _without_times(ran.stderr) == _without_times(expected.stderr)
    assert state_of(folder) == before


def _without_times(printed: bytes) -> list[bytes]:
    return [line for line in printed.splitlines() if b"of sound in" not in line]


@pytest.mark.parametrize("name", ["latin1", "eucjp"])
def test_what_is_done_under_a_locale_is_as_under_utf8(
    locales: Path, folder: Path, qasr: Qasr, name: str
) -> None:
    """Outputs, results and their names are the same bytes, whatever locale they were made in."""
    command = ("batch", folder, "-f", "srt,json", *FAKE)
    qasr(*command, environment={"LC_ALL": "C.UTF-8"})
    expected = state_of(folder)
    shutil.rmtree(folder / ".qasr")
    for path in expected:
        if os.path.exists(path):
            os.unlink(path)

    ran = qasr(*command, environment=in_locale(locales, name))

    assert ran.returncode == ExitCode.OK, ran.stderr
    assert state_of(folder) == expected


@pytest.mark.parametrize("file_name", NAMES)
def test_a_name_on_the_command_line_is_its_bytes(
    locales: Path, folder: Path, qasr: Qasr, file_name: bytes
) -> None:
    """A file is named by its bytes, also where the locale cannot spell them."""
    path = os.path.join(os.fsencode(folder), file_name)

    ran = qasr("transcribe", path, *FAKE, environment=in_locale(locales, "gbk"))

    assert ran.returncode == ExitCode.OK, ran.stderr
    assert os.path.exists(path.removesuffix(b".wav") + b".srt")


def test_typed_text_is_in_the_locales_encoding(locales: Path, folder: Path, qasr: Qasr) -> None:
    """What is told to the recogniser is what was typed, in a terminal of another encoding too."""
    path = os.path.join(os.fsencode(folder), NAMES[2])
    hotwords = "会议,纪要".encode("gbk")

    qasr(
        *("transcribe", path, "-f", "json", "--hotwords", hotwords, *FAKE),
        environment=in_locale(locales, "gbk"),
    )

    with open(path.removesuffix(b".wav") + b".json", encoding="utf-8") as file:
        assert '"hotwords": ["会议", "纪要"]' in file.read()


def test_a_terminal_gets_its_own_encoding(locales: Path, folder: Path) -> None:
    """On a terminal names are written as it shows them, and escaped where it cannot."""
    assert "会议.wav".encode("gbk") in _on_a_terminal(folder, in_locale(locales, "gbk"))
    assert rb"\u4f1a\u8bae.wav" in _on_a_terminal(folder, in_locale(locales, "latin1"))
    assert "会议.wav".encode() in _on_a_terminal(folder, {"LC_ALL": "C"})


def _on_a_terminal(folder: Path, environment: dict[str, str]) -> bytes:
    """What `qasr plan` writes to a terminal."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "qasr_cli", "plan", os.fspath(folder), "--engine", "fake"],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "QASR_CONFIG": os.devnull, **environment},
    )
    os.close(its)
    written = b""
    try:
        while piece := os.read(ours, 4096):
            written += piece
    except OSError:
        pass  # Linux says so when the other end is closed
    os.close(ours)
    assert process.wait() == 0
    return written


def test_an_encoding_that_was_asked_for_stops_no_line(folder: Path, qasr: Qasr) -> None:
    """Python's own variable for standard output never makes a name an error."""
    ran = qasr("plan", folder, "--engine", "fake", environment={"PYTHONIOENCODING": "latin-1"})

    assert ran.returncode == ExitCode.OK, ran.stderr
    assert rb"\u4f1a\u8bae.wav" in ran.stdout


def test_a_program_in_another_locale_is_told(locales: Path, folder: Path) -> None:
    """A program that reads names in another encoding gets a sentence, and no other state."""
    program = (
        "import sys; from qasr_cli.api.many import plan_folders\n"
        "from qasr_cli.errors import UsageError\n"
        "try: plan_folders(sys.argv[1:])\n"
        "except UsageError as error: print(error)"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program, os.fspath(folder)],
        capture_output=True,
        check=True,
        env=in_locale(locales, "latin1"),
    )

    assert b"-X utf8" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("models", "list"), ExitCode.OK),
        (("models", "pull", "0.6b"), ExitCode.USAGE),
        (("config", "show"), ExitCode.OK),
        (("transcribe", "talk.wav", *FAKE), ExitCode.OK),
        (("transcribe", "talk.wav", "--model", "1.7b"), ExitCode.ENVIRONMENT),
    ],
)
def test_nobody_at_home(
    tmp_path: Path, write_wav: WriteWav, qasr: Qasr, arguments: tuple[str, ...], code: ExitCode
) -> None:
    """Without HOME and without an entry in the list of users there is no traceback."""
    write_wav(tmp_path / "talk.wav")
    stranger = ("unshare", "-U", "--map-user=54321", "--map-group=54321")
    if (
        shutil.which("unshare") is None
        or subprocess.run([*stranger, "true"], check=False).returncode
    ):
        pytest.skip("no user namespaces here")

    ran = qasr(*arguments, before=stranger)

    assert ran.returncode == code, ran.stderr
    assert b"Traceback" not in ran.stderr
    assert not list(tmp_path.glob("~*"))
