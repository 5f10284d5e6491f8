import struct
import threading
import time
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip
from qasr_cli.errors import DecodeError
from qasr_cli.media.discover import media_file_from_path
from qasr_cli.media.recording import Recording
from qasr_cli.options import DecodeOptions, SplitOptions
from qasr_cli.run.file_in_work import FileInWork
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.read_ahead import ReadAhead, Reader
from tests.conftest import WriteWav

GIVE_UP_S = 30.0


def recording_of(path: Path, on_samples: Callable[[int], None]) -> Recording:
    """With short clips, found by energy."""
    return Recording(
        media_file_from_path(str(path), path.name),
        decode=DecodeOptions(),
        split=SplitOptions(vad="energy", max_chunk_s=5.0),
        max_clip_s=None,
        language=None,
        on_samples=on_samples,
    )


def reader_of(path: Path) -> Reader:
    """Reads it ahead."""
    return Reader(lambda on_samples: recording_of(path, on_samples))


def file_of(path: Path) -> FileInWork:
    """A file to be read."""
    media = media_file_from_path(str(path), path.name)
    return FileInWork(job=Job(media=media, name=path.name, base=None, store=None))


def wait_for(condition: Callable[[], bool]) -> None:
    """Fail when it does not come true."""
    deadline_s = time.monotonic() + GIVE_UP_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def reading_threads() -> int:
    """Readers at work in this process."""
    return sum(thread.name == "qasr-reader" for thread in threading.enumerate())


@pytest.fixture
def long_wav(tmp_path: Path, write_wav: WriteWav) -> Path:
    """Ten minutes of short utterances."""
    bursts_s = [(second + 0.5, second + 3.5) for second in range(0, 600, 6)]
    return write_wav(tmp_path / "long.wav", bursts_s=bursts_s, duration_s=600.0)


def test_a_recording_is_read_ahead_but_not_far(long_wav: Path) -> None:
    """Two minutes of clips wait at most; all come in the end, as without a thread."""
    reader = reader_of(long_wav)
    wait_for(lambda: reader.held_count >= 120 * SAMPLE_RATE_HZ)
    time.sleep(0.2)

    assert reader.held_count < 130 * SAMPLE_RATE_HZ
    assert not reader.is_at_end

    taken = list(reader.take())
    reader.close()

    plain = recording_of(long_wav, lambda _: None)
    clips = [item for item in taken if isinstance(item, Clip)]
    assert [clip.span for clip in clips] == [clip.span for clip in plain.clips()]
    assert sum(item for item in taken if isinstance(item, int)) == 600 * SAMPLE_RATE_HZ
    assert reader.recording.summary == plain.summary
    assert reader.held_count == 0
    assert reader.is_at_end


def test_closing_ends_the_decoder(long_wav: Path) -> None:
    """No thread and no ffmpeg child is left of a recording that is left half-way."""
    children = Path(f"/proc/self/task/{threading.main_thread().native_id}/children")
    others = children.read_text()  # of other tests
    reader = reader_of(long_wav)
    next(reader.take())

    reader.close()

    assert reading_threads() == 0
    assert children.read_text() == others


@pytest.mark.parametrize("channel_count", [1, 2])
def test_a_silent_beginning_can_be_left(tmp_path: Path, channel_count: int) -> None:
    """Who takes clips is asked whether to go on while their loudness is sought, and may leave."""
    night = tmp_path / "night.wav"
    with wave.open(str(night), "wb") as file:
        file.setparams((channel_count, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * channel_count))
        second_bytes = 2 * channel_count * 8000
    size_bytes = 12 * 3600 * second_bytes
    with night.open("r+b") as file:  # takes no room on the disk
        file.seek(4)
        file.write(struct.pack("<I", size_bytes + 36))
        file.seek(40)
        file.write(struct.pack("<I", size_bytes))
        file.truncate(44 + size_bytes)
    reader = reader_of(night)

    assert next(reader.take()) == 0
    assert not reader.is_at_end
    reader.close()

    assert reading_threads() == 0


def test_an_error_comes_where_the_clips_are_taken(tmp_path: Path) -> None:
    """What the thread meets is raised to who asks."""
    (tmp_path / "bad.wav").write_bytes(b"RIFF and nothing else")
    reader = reader_of(tmp_path / "bad.wav")

    with pytest.raises(DecodeError):
        reader.probe()
    with pytest.raises(DecodeError):
        list(reader.take())
    reader.close()


@pytest.fixture
def short_wavs(tmp_path: Path, write_wav: WriteWav) -> list[Path]:
    """Five short recordings."""
    return [write_wav(tmp_path / f"{number}.wav") for number in range(5)]


def wait_until_opened(ahead: ReadAhead, opened: list[str], count: int) -> None:
    """Look ahead until so many files are open, and no more come."""

    def is_enough() -> bool:
        ahead.look_ahead()
        return len(opened) >= count

    wait_for(is_enough)
    time.sleep(0.1)
    ahead.look_ahead()
    assert len(opened) == count


@pytest.mark.parametrize(("is_eager", "opened_at_first"), [(True, 5), (False, 1)])
def test_files_are_opened_before_their_turn(
    short_wavs: list[Path], *, is_eager: bool, opened_at_first: int
) -> None:
    """In their order, and only where that is wanted."""
    opened: list[str] = []

    def open_file(file: FileInWork) -> Reader:
        opened.append(file.job.name)
        return reader_of(Path(file.job.media.path))

    ahead = ReadAhead(iter(map(file_of, short_wavs)), open_file, is_eager=is_eager)
    names: list[str] = []
    for one in ahead:
        if not names:
            wait_until_opened(ahead, opened, opened_at_first)
        names.append(one.file.job.name)
        assert any(isinstance(item, Clip) for item in one.reader().take())
    ahead.close()

    assert names == opened == [path.name for path in short_wavs]
    assert reading_threads() == 0


def test_what_cannot_be_opened_says_so_at_its_turn(short_wavs: list[Path]) -> None:
    """A file ahead that fails costs those before it nothing."""

    def open_file(file: FileInWork) -> Reader:
        if file.job.name == "1.wav":
            raise DecodeError(file.job.media.path, "no")
        return reader_of(Path(file.job.media.path))

    ahead = ReadAhead(iter(map(file_of, short_wavs[:3])), open_file, is_eager=True)
    turns = []
    for one in ahead:
        ahead.look_ahead()
        try:
            turns.append(any(isinstance(item, Clip) for item in one.reader().take()))
        except DecodeError:
            turns.append(False)
    ahead.close()

    assert turns == [True, False, True]
