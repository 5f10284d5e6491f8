"""qasr from Python: what a program gets, and what it does not have to pay for."""

import contextlib
import json
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import qasr_cli
from qasr_cli import (
    CueOptions,
    EngineOptions,
    InputError,
    Options,
    OutputOptions,
    SplitOptions,
    UsageError,
    align,
    open_engine,
    read_transcript,
    render,
    transcribe,
    transcribe_files,
    transcribe_folders,
)
from qasr_cli.cli.main import run
from qasr_cli.core.outcomes import FileDone, FileFailed, FileSkipped
from qasr_cli.errors import DecodeError, ModelMissing, UnreadableInput
from qasr_cli.run.events import Event, FileStarted
from tests.conftest import WriteWav

FAKE = Options(engine=EngineOptions(engine="fake", language="de"), split=SplitOptions(vad="energy"))
DEMO = Options(engine=EngineOptions(model="demo"))


class _Watcher:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def on(self, event: Event) -> None:
        self.events.append(event)

    def close(self) -> None:
        raise AssertionError("what a caller made is the caller's to close")


def test_a_transcript_is_what_the_command_writes(recordings: Path, tmp_path: Path) -> None:
    """`transcribe` and `render` give what `qasr transcribe` puts into its files."""
    transcript = transcribe(recordings / "announcement.wav", DEMO)

    argv = ["transcribe", str(recordings / "announcement.wav"), "-m", "demo", "-q"]
    assert run([*argv, "-f", "srt,json", "-o", str(tmp_path)]) == 0
    assert transcript.language == "English"
    assert render(transcript) == (tmp_path / "announcement.srt").read_text()
    assert transcript.segments == read_transcript(str(tmp_path / "announcement.json")).segments


def test_aligning_keeps_the_text(recordings: Path) -> None:
    """The words are the caller's; the times are the aligner's."""
    truth = json.loads((recordings / "truth" / "announcement.wav.json").read_text())

    transcript = align(recordings / "announcement.wav", truth["text"], DEMO)

    assert transcript.text.split() == truth["text"].split()
    assert all(word.end_ms > 0 for segment in transcript.segments for word in segment.words)


def test_nothing_is_written(tmp_path: Path, write_wav: WriteWav) -> None:
    """A transcript for a program leaves no file, also where none could be written."""
    wav = write_wav(tmp_path / "talk.wav")

    transcribe(wav, FAKE)

    assert [path.name for path in tmp_path.iterdir()] == ["talk.wav"]


def test_options_cut_the_cues(tmp_path: Path, write_wav: WriteWav) -> None:
    """A saved result can be rendered with other options, in any format by name."""
    transcript = transcribe(write_wav(tmp_path / "talk.wav"), FAKE)

    narrow = render(transcript, "VTT", Options(cue=CueOptions(max_words_per_line=1)))

    assert narrow.startswith("WEBVTT")
    assert narrow.count("-->") > render(transcript, "vtt").count("-->")
    with pytest.raises(UsageError, match="docx"):
        render(transcript, "docx")


def test_failures_are_exceptions(tmp_path: Path, write_wav: WriteWav) -> None:
    """One recording that cannot be done raises what went wrong with it."""
    (tmp_path / "bad.mp3").write_bytes(b"\1" * 50)

    with pytest.raises(DecodeError):
        transcribe(tmp_path / "bad.mp3", FAKE)
    with pytest.raises(UnreadableInput):
        transcribe(tmp_path / "gone.mp3", FAKE)
    with pytest.raises(InputError):
        align(write_wav(tmp_path / "talk.wav"), "quite another text", FAKE)
    with pytest.raises(UsageError):
        align(tmp_path / "talk.wav", " \n", FAKE)
    with pytest.raises(ModelMissing):
        transcribe(tmp_path / "talk.wav", Options(engine=EngineOptions(model_dir=str(tmp_path))))


def test_options_are_checked_when_they_are_made() -> None:
    """A wrong value never gets as far as a run."""
    assert EngineOptions(language="pt_BR").language == "Portuguese"
    with pytest.raises(UsageError, match="Klingon"):
        EngineOptions(language="Klingon")


def test_one_engine_serves_many_recordings(tmp_path: Path, write_wav: WriteWav) -> None:
    """An engine of the caller stays open, and an observer of the caller too."""
    paths = [write_wav(tmp_path / f"{name}.wav", seed=seed) for seed, name in enumerate("ab")]
    watcher = _Watcher()

    with contextlib.closing(open_engine(FAKE)) as engine:
        texts = [transcribe(path, FAKE, engine=engine, observer=watcher).text for path in paths]

    assert all(texts)
    assert sum(isinstance(event, FileStarted) for event in watcher.events) == 2


def test_files_and_folders_give_an_account(tmp_path: Path, write_wav: WriteWav) -> None:
    """Many recordings write their files, one bad one stops none, and a batch resumes."""
    write_wav(tmp_path / "in" / "talk.wav")
    (tmp_path / "in" / "bad.mp3").write_bytes(b"\1" * 50)
    options = Options(
        engine=FAKE.engine,
        split=FAKE.split,
        output=OutputOptions(formats=("srt", "txt"), output_dir=str(tmp_path / "out")),
    )

    kinds = [
        [type(outcome) for outcome in result.outcomes]
        for result in (
            transcribe_files([tmp_path / "in" / "talk.wav", tmp_path / "gone.wav"], options),
            transcribe_folders([tmp_path / "in"], options),
        )
    ]

    assert kinds == [[FileDone, FileFailed], [FileFailed, FileSkipped]]
    assert {path.name for path in (tmp_path / "out").glob("talk.*")} == {"talk.srt", "talk.txt"}
    with pytest.raises(UsageError, match="pdf"):
        transcribe_files([], Options(output=OutputOptions(formats=("pdf",))))


def test_importing_qasr_is_light() -> None:
    """`import qasr_cli` loads nothing else of it, and the names in it need no torch."""
    program = (
        "import sys, qasr_cli; light = len([m for m in sys.modules if m.startswith('qasr_cli')])\n"
        "from qasr_cli import Options, Transcript, render\n"
        "print(light, {'torch', 'transformers', 'numpy'} & set(sys.modules))"
    )

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "1 set()\n"


def test_every_name_is_there_and_typed() -> None:
    """All that `__all__` promises exists, and functions have whole signatures."""
    for name in qasr_cli.__all__:
        value = getattr(qasr_cli, name)
        if not isinstance(value, type):
            assert "return" in typing.get_type_hints(value)
    assert sorted(qasr_cli._HOME_OF) == sorted(qasr_cli.__all__)  # noqa: SLF001  # they are one list
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        qasr_cli.nothing  # noqa: B018
