"""Utterances of real people out of Debian's packages, which are fetched and never committed.

Their licences (CC-BY-SA, GPL) allow to listen to them here, not to ship them with qasr.
"""

import functools
import random
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt

RATE_HZ = 16_000
_FETCH_S = 300
_LEAST_S, _MOST_S = 1.2, 9.0
_QUIET_DB = -45.0
_PEAK = 0.5
_SOUNDS = "usr/share/asterisk/sounds"

Pcm = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person's recordings in one package."""

    name: str
    package: str
    pattern: str

    @property
    def is_telephone(self) -> bool:
        """Whether the sound is that of a telephone line."""
        return self.pattern.endswith(".gsm") or "menardi" in self.package


# The women of en and es are one, in two languages; fr and fr-armelle are two.
PEOPLE = (
    Person(name="en", package="asterisk-core-sounds-en-g722", pattern=f"{_SOUNDS}/*/*.g722"),
    Person(name="es", package="asterisk-core-sounds-es-g722", pattern=f"{_SOUNDS}/*/*.g722"),
    Person(name="fr", package="asterisk-core-sounds-fr-g722", pattern=f"{_SOUNDS}/*/*.g722"),
    Person(name="it", package="asterisk-core-sounds-it-g722", pattern=f"{_SOUNDS}/*/*.g722"),
    Person(name="ru", package="asterisk-core-sounds-ru-g722", pattern=f"{_SOUNDS}/*/*.g722"),
    Person(name="armelle", package="asterisk-prompt-fr-armelle", pattern=f"{_SOUNDS}/**/*.gsm"),
    Person(name="co", package="asterisk-prompt-es-co", pattern=f"{_SOUNDS}/**/*.gsm"),
    Person(name="menardi", package="asterisk-prompt-it-menardi-wav", pattern=f"{_SOUNDS}/**/*.wav"),
    Person(name="cs-m", package="fillets-ng-data-cs", pattern="usr/**/cs/*-m-*.ogg"),
    Person(name="cs-v", package="fillets-ng-data-cs", pattern="usr/**/cs/*-v-*.ogg"),
    Person(name="nl-m", package="fillets-ng-data-nl", pattern="usr/**/nl/*-m-*.ogg"),
    Person(name="nl-v", package="fillets-ng-data-nl", pattern="usr/**/nl/*-v-*.ogg"),
)
SAME = ("en", "es")


class PackagesMissing(Exception):
    """The packages cannot be had here; the message says why."""


def utterances(
    folder: Path, people: Sequence[Person] = PEOPLE, *, most: int = 70
) -> dict[str, list[Pcm]]:
    """Some utterances of each person, the same ones every time; packages are kept in `folder`.

    Raises:
        PackagesMissing: one cannot be had.
    """
    return {person.name: _of(_fetched(person.package, folder), person, most) for person in people}


def halves(voices: Mapping[str, Sequence[Pcm]]) -> tuple[dict[str, list[Pcm]], ...]:
    """The utterances in two parts that share none: to choose by, and to judge by."""
    return tuple(
        {name: list(pieces[first::2]) for name, pieces in voices.items()} for first in (0, 1)
    )


def _fetched(package: str, folder: Path) -> Path:
    target = folder / package
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    try:
        subprocess.run(
            ["apt-get", "download", "-qq", package],
            cwd=folder,
            check=True,
            capture_output=True,
            timeout=_FETCH_S,
        )
        (archive,) = folder.glob(f"{package}_*.deb")
        building = folder / f".{package}"
        subprocess.run(
            ["dpkg-deb", "-x", str(archive), str(building)], check=True, capture_output=True
        )
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise PackagesMissing(f"{package} cannot be had from Debian: {error}") from error
    building.rename(target)
    archive.unlink()
    return target


def _of(folder: Path, person: Person, most: int) -> list[Pcm]:
    files = sorted(folder.glob(person.pattern))
    random.Random(7).shuffle(files)  # noqa: S311  # seeded, for a test
    found: list[Pcm] = []
    for file in files:
        pcm = _trimmed(_decoded(file))
        if _LEAST_S <= len(pcm) / RATE_HZ <= _MOST_S:
            found.append((pcm * (_PEAK / max(np.abs(pcm).max(), 1e-9))).astype(np.float32))
        if len(found) == most:
            break
    if len(found) < 2:  # noqa: PLR2004  # nobody talks with one sentence
        raise PackagesMissing(f"{person.package} holds no such recordings any more")
    return found


def _decoded(file: Path) -> Pcm:
    # A rate before the input would have g722 read at half its speed.
    reader = {".g722": ["-f", "g722"], ".gsm": ["-f", "gsm", "-ar", "8000"]}.get(file.suffix, [])
    command = [_ffmpeg(), "-v", "error", "-nostdin", *reader, "-i", str(file)]
    form = ["-ac", "1", "-ar", str(RATE_HZ), "-f", "f32le", "-"]
    done = subprocess.run([*command, *form], capture_output=True, check=False)
    return np.frombuffer(done.stdout, np.float32)


@functools.cache
def _ffmpeg() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def _trimmed(pcm: Pcm) -> Pcm:
    """Without the silence around it."""
    hop = RATE_HZ // 100
    count = len(pcm) // hop
    if count < 10:  # noqa: PLR2004  # 0.1 s
        return pcm
    power = np.square(pcm[: count * hop].reshape(count, hop)).mean(axis=1)
    levels_db = 10 * np.log10(power + 1e-12)
    loud = np.flatnonzero(levels_db > levels_db.max() + _QUIET_DB)
    return pcm[max(0, loud[0] - 2) * hop : (loud[-1] + 3) * hop]
