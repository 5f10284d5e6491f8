"""Excerpts of real meetings with their truth, out of the sdist of `pyannote-audio`.

30 s each of the AMI corpus (CC-BY-4.0), chosen by their authors to try programs with: several
people, who talk at once for much of it. Too short to judge by; fetched, and never committed.
"""

import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from tools.speakers.corpus import RATE_HZ, PackagesMissing
from tools.speakers.talks import Spoken, Talk

_VERSION = "4.0.7"
_FETCH_S = 300
_STARTS, _LENGTH, _WHO = 3, 4, 7  # columns of RTTM
_SAMPLE = "src/pyannote/audio/sample/sample"
_PARTS = ("train", "development", "test")


def meetings(folder: Path) -> Iterator[Talk]:
    """The sample of the package and its 14 other excerpts; the package is kept in `folder`.

    Raises:
        PackagesMissing: it cannot be had.
    """
    root = _fetched(folder)
    yield from _talks(root / f"{_SAMPLE}.rttm", root / _SAMPLE)
    for part in _PARTS:
        yield from _talks(root / f"tests/data/debug.{part}.rttm", root / "tests/data")


def _talks(rttm: Path, place: Path) -> Iterator[Talk]:
    rows = [line.split() for line in rttm.read_text(encoding="utf-8").splitlines() if line]
    for name in dict.fromkeys(row[1] for row in rows):
        path = place.with_suffix(".wav") if place.name == name else _wav_of(place, name)
        pcm, rate_hz = soundfile.read(path, dtype="float32")
        if rate_hz != RATE_HZ:
            raise PackagesMissing(f"{path.name} has {rate_hz} Hz")
        yield Talk(
            name=name,
            pcm=pcm if pcm.ndim == 1 else np.asarray(pcm.mean(axis=1), np.float32),
            truth=tuple(
                Spoken(
                    start_s=float(row[_STARTS]),
                    end_s=float(row[_STARTS]) + float(row[_LENGTH]),
                    speaker=row[_WHO],
                )
                for row in rows
                if row[1] == name
            ),
        )


def _wav_of(folder: Path, name: str) -> Path:
    path = folder / f"{name}.wav"
    # One name has an accent in the archive and none in the table, to try programs with.
    return path if path.is_file() else next(iter(folder.glob(f"{name[:2]}*{name[-2:]}.wav")))


def _fetched(folder: Path) -> Path:
    root = folder / f"pyannote_audio-{_VERSION}"
    if root.is_dir():
        return root
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download"),
        *("--no-deps", "--no-binary", ":all:", "--dest", str(folder)),
        f"pyannote-audio=={_VERSION}",
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_FETCH_S)
        archive = folder / f"pyannote_audio-{_VERSION}.tar.gz"
        with tarfile.open(archive) as opened:
            opened.extractall(folder, filter="data")
    except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
        raise PackagesMissing(f"pyannote-audio {_VERSION} cannot be had: {error}") from error
    archive.unlink()
    return root
