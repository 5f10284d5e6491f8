"""Files that do not go on as they begin: all of their sound, where it belongs."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.media.decoding.decode import Decoder
from qasr_cli.media.decoding.probe import probe
from qasr_cli.media.decoding.tracks import choose_track
from qasr_cli.media.pcm import Pcm
from tests.media.decoding.recorded import Part, beeps_s, encode, ffmpeg, planted_s

import numpy as np  # isort: skip

Lines = tuple[str, ...]

# Format -> the options that an encoder of it wants.
APPENDED = {
    "wav": (),
    "aiff": (),
    "w64": (),
    "caf": (),
    "au": (),
    "flac": (),
    "mp3": (),
    "aac": (),
    "m4a": (),
    "mka": ("-c:a", "libopus"),
    "webm": ("-c:a", "libvorbis"),
    "ogg": ("-c:a", "libvorbis"),
    "opus": (),
    "wma": (),
    "flv": ("-c:a", "aac"),
    "ts": ("-c:a", "ac3"),
    "mpg": (),
    "wv": (),
    "tta": (),
    "avi": (),
}
RATES = {"opus": (48000,), "mka": (48000,), "mpg": (32000, 44100, 48000), "ts": (32000, 48000)}


def decoded(path: Path) -> tuple[Pcm, Lines]:
    """All sound of a file, and what is said of it."""
    with path.open("rb") as file:
        found = probe(file.fileno(), path=str(path))
        decoder = Decoder(
            file.fileno(),
            path=str(path),
            found=found,
            track=choose_track(found, None, path=str(path)),
            max_duration_s=3600,
        )
        blocks = list(decoder.blocks())
    return np.concatenate(blocks) if blocks else np.zeros(0, np.float32), decoder.account.lines


def parts_as_heard(parts: Sequence[Part], folder: Path, suffix: str) -> list[Part]:
    """The parts with the lengths that they have by themselves: codecs add up to 0.1 s."""
    return [
        replace(part, length_s=len(decoded(folder / f"{number}.{suffix}")[0]) / SAMPLE_RATE_HZ)
        for number, part in enumerate(parts)
    ]


def append(parts: Sequence[Part], folder: Path, suffix: str) -> Path:
    """A file of whole files, one after the other."""
    whole = folder / f"whole.{suffix}"
    with whole.open("wb") as target:
        for number, part in enumerate(parts):
            piece = folder / f"{number}.{suffix}"
            encode(part, piece, *APPENDED[suffix])
            target.write(piece.read_bytes())
    return whole


def check(path: Path, parts: Sequence[Part], *, slack_s: float = 0.05) -> Lines:
    """All sound is there, and each beep where it belongs."""
    sound, lines = decoded(path)
    length_s = sum(part.length_s for part in parts)
    assert len(sound) / SAMPLE_RATE_HZ == pytest.approx(length_s, abs=slack_s)
    assert beeps_s(sound) == pytest.approx(planted_s(parts), abs=0.1)
    return lines


@st.composite
def part_lists(draw: st.DrawFn, suffix: str, *, most: int = 6) -> list[Part]:
    """One to six parts of any lengths, rates and channels."""
    rates = RATES.get(suffix, (22050, 32000, 44100, 48000))
    return [
        Part(
            length_s=draw(st.integers(20, 60)) / 10,
            beep_s=draw(st.integers(3, 15)) / 10,
            sample_rate_hz=draw(st.sampled_from(rates)),
            channels=draw(st.sampled_from((1, 2))),
        )
        for _ in range(draw(st.integers(1, most)))
    ]


@pytest.mark.parametrize("suffix", APPENDED)
def test_appended_files_are_all_heard(suffix: str, tmp_path: Path) -> None:
    """Two files in one, of different rates and channels: both, the second after the first."""
    rates = RATES.get(suffix, (48000, 22050 if suffix not in ("flv", "avi") else 44100))
    parts = [
        Part(length_s=4.0, beep_s=1.0, sample_rate_hz=rates[0], channels=2),
        Part(length_s=3.0, beep_s=0.5, sample_rate_hz=rates[-1], channels=1),
    ]
    path = append(parts, tmp_path, suffix)

    check(path, parts_as_heard(parts, tmp_path, suffix))


@pytest.mark.parametrize("suffix", ["ts", "mp3", "wav", "flac", "m4a", "aac"])
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_parts_follow_one_another(suffix: str, data: st.DataObject) -> None:
    """However many parts, of whatever parameters, nothing is lost and nothing moves."""
    parts = data.draw(part_lists(suffix))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = append(parts, folder, suffix)
        check(path, parts_as_heard(parts, folder, suffix))


def _transport(
    parts: Sequence[Part], folder: Path, options: Callable[[int], Sequence[str]]
) -> Path:
    """Parts that go on by their time stamps, as a station sends them."""
    whole = folder / "whole.ts"
    begin_s = 0.0
    with whole.open("wb") as target:
        for number, part in enumerate(parts):
            piece = folder / f"{number}.ts"
            encode(part, piece, *options(number), "-output_ts_offset", f"{begin_s:.3f}")
            target.write(piece.read_bytes())
            begin_s += part.length_s
    return whole


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(parts=part_lists("ts"))
def test_changed_parameters_move_nothing(parts: list[Part]) -> None:
    """A track that changes its rate or channels while its time goes on stays in time."""
    with tempfile.TemporaryDirectory() as folder:
        path = _transport(parts, Path(folder), lambda _: ("-c:a", "ac3"))
        check(path, parts, slack_s=0.16)  # of the last frame, and of what aresample lets pass


@pytest.mark.parametrize("count", [2, 3, 6])
def test_sound_under_another_number_is_heard(count: int, tmp_path: Path) -> None:
    """Where the sound goes on under another PID, so does what is heard; and that is said."""
    parts = [
        Part(length_s=7.0, beep_s=1.0 + number / 10, sample_rate_hz=48000, channels=2)
        for number in range(count)
    ]
    path = _transport(
        parts, tmp_path, lambda number: ("-c:a", "aac", "-streamid", f"0:{0x101 + number * 0x100}")
    )

    lines = check(path, parts)

    assert sum("goes on in another track" in line for line in lines) == count - 1


@pytest.mark.parametrize("count", [2, 3])
def test_another_number_whose_time_begins_anew_is_heard(count: int, tmp_path: Path) -> None:
    """Transport streams of different PIDs that were appended to one another are all heard."""
    parts = [
        Part(length_s=7.0, beep_s=1.0 + number / 10, sample_rate_hz=48000, channels=2)
        for number in range(count)
    ]
    whole = tmp_path / "whole.ts"
    with whole.open("wb") as target:
        for number, part in enumerate(parts):
            piece = tmp_path / f"{number}.ts"
            encode(part, piece, "-c:a", "aac", "-streamid", f"0:{0x101 + number * 0x100}")
            target.write(piece.read_bytes())

    lines = check(whole, parts_as_heard(parts, tmp_path, "ts"))

    assert sum("goes on in another track" in line for line in lines) == count - 1


def test_a_late_second_language_is_no_continuation(tmp_path: Path) -> None:
    """A track that begins later beside the first is left out: it is another one."""
    part = Part(length_s=6.0, beep_s=1.0, sample_rate_hz=48000, channels=2)
    encode(part, tmp_path / "a.wav")
    ffmpeg(
        *("-i", str(tmp_path / "a.wav"), "-itsoffset", "2", "-i", str(tmp_path / "a.wav")),
        *("-map", "0:a", "-map", "1:a", "-c:a", "aac", str(tmp_path / "two.ts")),
    )

    sound, lines = decoded(tmp_path / "two.ts")

    assert beeps_s(sound) == pytest.approx([1.0], abs=0.1)
    assert lines == ()


def test_time_stamps_that_go_back_are_a_new_beginning(tmp_path: Path) -> None:
    """An FLV of a stream that was reconnected: both halves, and a line that says so."""
    parts = [
        Part(length_s=5.0, beep_s=1.0, sample_rate_hz=44100, channels=2),
        Part(length_s=4.0, beep_s=2.0, sample_rate_hz=44100, channels=2),
    ]
    for number, part in enumerate(parts):
        encode(part, tmp_path / f"{number}.flv", "-c:a", "aac")
    whole = tmp_path / "restart.flv"
    whole.write_bytes((tmp_path / "0.flv").read_bytes() + (tmp_path / "1.flv").read_bytes()[13:])

    lines = check(whole, parts_as_heard(parts, tmp_path, "flv"))

    assert lines == (
        "time stamps go back or leap; what follows is heard right after what was before",
    )


def test_what_follows_and_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A second file that is damaged costs the first nothing, and is named with its place."""
    part = Part(length_s=3.0, beep_s=1.0, sample_rate_hz=48000, channels=1)
    encode(part, tmp_path / "a.m4a")
    whole = (tmp_path / "a.m4a").read_bytes()
    (tmp_path / "two.m4a").write_bytes(whole + whole[: len(whole) // 3])

    lines = check(tmp_path / "two.m4a", [part])

    assert any(f"byte {len(whole)}" in line for line in lines)


def test_a_second_file_keeps_its_own_channel_count(tmp_path: Path) -> None:
    """With one channel wanted, a mono file behind a stereo one is heard whole."""
    parts = [
        Part(length_s=3.0, beep_s=1.0, sample_rate_hz=48000, channels=2),
        Part(length_s=3.0, beep_s=1.0, sample_rate_hz=48000, channels=1),
    ]
    path = append(parts, tmp_path, "wav")
    with path.open("rb") as file:
        found = probe(file.fileno(), path=str(path))
        decoder = Decoder(
            file.fileno(),
            path=str(path),
            found=found,
            track=found.tracks[0],
            channel=1,
            max_duration_s=3600,
        )
        sound = np.concatenate(list(decoder.blocks()))

    assert beeps_s(sound) == pytest.approx(planted_s(parts), abs=0.1)
