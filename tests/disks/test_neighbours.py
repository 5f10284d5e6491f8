"""Somebody else writes into the same folder, at the very moment when qasr does."""

import errno
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from qasr_cli.core.report import report_from_outcomes, report_text
from qasr_cli.errors import ExitCode
from tests.conftest import WriteWav
from tests.disks.conftest import FAKE, Qasr, Ran

COMPILER = shutil.which("cc") or shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")

WORK = b"somebody's work\n"
# How a disk gives names that are free: with the rename made for it, with links, with neither.
RENAMES: dict[str, str] = {}
LINKS = {"REFUSED_CALLS": "renameat2 exchange", "REFUSED_ERRNO": str(errno.EINVAL)}
NEITHER = {"REFUSED_CALLS": "renameat2 exchange link", "REFUSED_ERRNO": str(errno.ENOTSUP)}
DISKS = {"renames": RENAMES, "links": LINKS, "neither": NEITHER}
# As late as such a disk can tell.
LAST_MOMENT = "renameat2 exchange link rename"
MOMENTS = {"renames": LAST_MOMENT, "links": LAST_MOMENT, "neither": "fsync-file"}
REFUSALS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK)
WRITERS = [
    *(("batch", disk) for disk in DISKS),
    *((command, "renames") for command in ("transcribe", "align", "render", "minutes")),
    ("render", "neither"),
]


@pytest.fixture(scope="session")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is somebody else."""
    library = tmp_path_factory.mktemp("neighbour") / "neighbour.so"
    source = Path(__file__).with_name("neighbour.c")
    command = [str(COMPILER), "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


Beside = Callable[..., Ran]


@pytest.fixture
def beside(neighbour: Path, qasr: Qasr) -> Beside:
    """Run the program while somebody puts a file at a path."""

    def run(
        path: Path, arguments: Sequence[str | Path], *, disk: str = "renames", **more: str
    ) -> Ran:
        environment: Mapping[str, str] = {
            "LD_PRELOAD": str(neighbour),
            "PLANT_AT": str(path),
            "PLANT_DURING": MOMENTS[disk],
            **DISKS[disk],
            **more,
        }
        return qasr(*arguments, environment=environment)

    return run


def whisper_result(path: Path) -> Path:
    """A result as whisper writes it."""
    segment = {"start": 0.0, "end": 2.0, "text": " It was late."}
    path.write_text(json.dumps({"segments": [segment], "language": "en"}))
    return path


def temporaries_in(folder: Path) -> list[Path]:
    """What is not whole, or was taken away and not put back."""
    return [path for path in folder.rglob(".qasr-*") if path.is_file()]


@pytest.mark.parametrize(("command", "disk"), WRITERS)
def test_a_file_that_appears_at_the_last_moment_stays(
    tmp_path: Path, write_wav: WriteWav, beside: Beside, command: str, disk: str
) -> None:
    """Whatever command writes an output, a file that came before it is left and is the reason."""
    (tmp_path / "in").mkdir()
    recording, text = tmp_path / "in" / "talk.wav", tmp_path / "said.txt"
    result = whisper_result(tmp_path / "in" / "saved.json")
    write_wav(recording)
    text.write_text("word1 word2 word3")
    output, *arguments = {
        "transcribe": ("talk.srt", recording, *FAKE),
        "batch": ("talk.srt", recording.parent, *FAKE),
        "align": ("talk.srt", recording, "--text", text, *FAKE),
        "render": ("saved.srt", result),
        "minutes": ("saved.minutes.md", result),
    }[command]
    path = recording.parent / str(output)

    ran = beside(path, [command, *arguments], disk=disk)

    wanted = ExitCode.OK if command == "batch" else ExitCode.SOME_FAILED
    assert ran.returncode == wanted, ran.stderr
    assert f"{path.name} exists" in ran.stderr.decode()
    assert "--overwrite replaces it" in ran.stderr.decode()
    assert path.read_bytes() == WORK
    assert temporaries_in(tmp_path) == []


@pytest.mark.parametrize("number", REFUSALS)
def test_disks_without_such_calls_get_all_outputs(
    tmp_path: Path, write_wav: WriteWav, neighbour: Path, qasr: Qasr, number: int
) -> None:
    """Where neither call is known everything is written all the same, anew too."""
    write_wav(tmp_path / "in" / "talk.wav")
    environment = {
        "LD_PRELOAD": str(neighbour),
        "REFUSED_CALLS": "renameat2 exchange link",
        "REFUSED_ERRNO": str(number),
    }
    command = ("batch", tmp_path / "in", "-f", "srt,json", *FAKE)

    first = qasr(*command, environment=environment)
    old = (tmp_path / "in" / "talk.srt").read_bytes()
    anew = qasr(*command, "--max-line-width", "12", environment=environment)

    assert (first.returncode, anew.returncode) == (ExitCode.OK, ExitCode.OK), anew.stderr
    assert (tmp_path / "in" / "talk.srt").read_bytes() != old
    assert temporaries_in(tmp_path) == []


@pytest.fixture
def done(tmp_path: Path, write_wav: WriteWav, qasr: Qasr) -> Path:
    """A folder that was done with other settings."""
    folder = tmp_path / "in"
    write_wav(folder / "talk.wav")
    ran = qasr("batch", folder, *FAKE, "--max-line-width", "12")
    assert ran.returncode == ExitCode.OK
    return folder


@pytest.mark.parametrize("disk", ["renames", "neither"])
@pytest.mark.parametrize("is_moved", [False, True])
def test_an_own_output_that_is_edited_at_the_last_moment_stays(
    tmp_path: Path, done: Path, beside: Beside, disk: str, is_moved: bool
) -> None:
    """An output of ours is replaced only if it still is ours, in whatever way it was edited."""
    more = {}
    if is_moved:
        (tmp_path / "draft").write_bytes(WORK)
        more["PLANT_BY"] = str(tmp_path / "draft")
    moment = "exchange" if disk == "renames" else MOMENTS[disk]

    ran = beside(done / "talk.srt", ["batch", done, *FAKE], disk=disk, PLANT_DURING=moment, **more)

    assert ran.returncode == ExitCode.OK
    assert b"talk.srt exists and is left as it is" in ran.stderr
    assert (done / "talk.srt").read_bytes() == WORK
    assert temporaries_in(done) == []


def test_what_a_killed_run_took_away_is_given_back(done: Path, beside: Beside, qasr: Qasr) -> None:
    """A run that is killed with somebody's file in its hands puts it back the next time."""
    killed = beside(
        done / "talk.srt",
        ["batch", done, *FAKE],
        PLANT_DURING="exchange",
        KILL_AFTER="exchange",
    )
    assert killed.returncode == -signal.SIGKILL
    assert (done / "talk.srt").read_bytes() != WORK

    again = qasr("batch", done, *FAKE)

    assert b"talk.srt exists and is left as it is" in again.stderr
    assert (done / "talk.srt").read_bytes() == WORK
    assert temporaries_in(done) == []


@pytest.mark.parametrize(
    ("disk", "call"), [("renames", "exchange"), ("links", "rename"), ("neither", "rename")]
)
def test_a_run_killed_at_an_exchange_is_finished_by_the_next(
    done: Path, beside: Beside, qasr: Qasr, disk: str, call: str
) -> None:
    """Killed right after our old output and the new one changed places, nothing is left over."""
    killed = beside(
        done / "talk.srt", ["batch", done, *FAKE], disk=disk, PLANT_DURING="", KILL_AFTER=call
    )
    assert killed.returncode == -signal.SIGKILL
    new = (done / "talk.srt").read_bytes()

    again = qasr("batch", done, *FAKE)

    assert again.returncode == ExitCode.OK
    assert b"exists" not in again.stderr
    assert (done / "talk.srt").read_bytes() == new
    assert temporaries_in(done) == []


@pytest.fixture
def folder(tmp_path: Path, write_wav: WriteWav) -> Path:
    """A folder with one recording."""
    write_wav(tmp_path / "in" / "talk.wav")
    return tmp_path / "in"


@pytest.mark.parametrize(("disk", "call"), [("renames", "renameat2"), ("links", "link")])
def test_a_run_killed_at_a_first_output_is_finished_by_the_next(
    folder: Path, beside: Beside, qasr: Qasr, disk: str, call: str
) -> None:
    """A temporary that has a second name already is swept, and the output is known as ours."""
    killed = beside(
        folder / "talk.srt", ["batch", folder, *FAKE], disk=disk, PLANT_DURING="", KILL_AFTER=call
    )
    assert killed.returncode == -signal.SIGKILL
    new = (folder / "talk.srt").read_bytes()

    again = qasr("batch", folder, *FAKE)

    assert again.returncode == ExitCode.OK
    assert again.stderr.startswith(b"done")
    assert (folder / "talk.srt").read_bytes() == new
    assert (folder / "talk.srt").stat().st_nlink == 1
    assert temporaries_in(folder) == []


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of a batch of nothing."""
    document = report_from_outcomes(
        (),
        wall_s=0.0,
        written="2026-01-01T00:00:00+00:00",
        is_running=False,
        stopped_by=None,
        sandbox="on",
        left_out={},
        warnings=(),
    )
    path = tmp_path / "processing_report.json"
    path.write_text("".join(report_text(document)))
    return path


@pytest.mark.parametrize("command", ["transcribe", "show", "merge"])
def test_a_file_that_was_named_is_not_taken_from_who_came_first(
    tmp_path: Path, write_wav: WriteWav, beside: Beside, report: Path, command: str
) -> None:
    """A report or page goes where nothing stood when the work began only if nothing does then."""
    recording = write_wav(tmp_path / "talk.wav")
    path = tmp_path / "named"
    arguments = {
        "transcribe": ("transcribe", recording, "--report", path, *FAKE),
        "show": ("report", "show", report, "--html", path),
        "merge": ("report", "merge", report, "-o", path),
    }[command]

    ran = beside(path, arguments)

    assert ran.returncode == ExitCode.ENVIRONMENT
    assert ran.stderr.decode().splitlines()[-1] == (
        f"qasr: cannot write {path}: somebody put a file there meanwhile, and it is left as it is"
    )
    assert path.read_bytes() == WORK


def test_a_report_that_was_there_is_replaced(
    tmp_path: Path, write_wav: WriteWav, qasr: Qasr
) -> None:
    """Last night's report makes room for this night's; a recording, folder or device does not."""
    recording = write_wav(tmp_path / "talk.wav")
    sound = recording.read_bytes()
    (tmp_path / "r.json").write_text("last night")
    os.mkfifo(tmp_path / "pipe")

    def code_with_report(place: Path) -> int:
        return qasr("transcribe", recording, "--overwrite", "--report", place, *FAKE).returncode

    assert code_with_report(tmp_path / "r.json") == ExitCode.OK
    assert json.loads((tmp_path / "r.json").read_bytes())["summary"]
    assert code_with_report(recording) == ExitCode.USAGE
    assert code_with_report(tmp_path) == ExitCode.USAGE
    assert code_with_report(tmp_path / "pipe") == ExitCode.USAGE
    assert recording.read_bytes() == sound
