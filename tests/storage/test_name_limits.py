"""How long names may be."""

import hashlib
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qasr_cli.storage.name_limits import NameLimit, name_limit_of

ENDINGS = st.sampled_from([".srt", ".zh.srt", ".minutes.json"])
# Names as disks have them: letters of one to four bytes, accents that combine, bytes of no UTF-8.
NAMES = st.text(st.sampled_from("aé会𠀀e\u0301\u200d .\udce9"), min_size=1, max_size=300)
LIMITS = st.sampled_from([NameLimit(), NameLimit(amount=143), NameLimit(counts_bytes=False)])


@given(NAMES, ENDINGS, LIMITS)
def test_whatever_fits_stays_as_it_is(name: str, ending: str, limit: NameLimit) -> None:
    """A name is shortened only where the disk would not take it, and then it is taken."""
    fitted = limit.fitted(name, ending)

    assert limit.takes(fitted)
    assert fitted.endswith(ending)
    if limit.takes(name + ending):
        assert fitted == name + ending


@example("e" + "\u0301" * 200, "e" + "\u0301" * 201)
@given(NAMES, NAMES)
def test_two_names_never_become_one(first: str, second: str) -> None:
    """With the whole digest, different names stay different however alike they begin."""
    limit = NameLimit()
    first, second = (name + "x" * 260 for name in (first, second))

    both = {limit.fitted(name, ".srt", is_exact=True) for name in (first, second)}

    assert len(both) == len({first, second})


@given(NAMES.map(lambda name: name * 40))
def test_a_character_is_never_cut(name: str) -> None:
    """What is left of a long name is its beginning, and no accent is parted from its letter."""
    limit = NameLimit()
    fitted = limit.fitted(name, ".srt")
    if fitted == f"{name}.srt":
        return
    beginning = fitted.removesuffix(".srt").rpartition("-")[0]

    assert name.startswith(beginning)
    rest = name[len(beginning) :].lstrip(" .")
    assert not rest or not beginning or not unicodedata.combining(name[len(beginning)])


def test_a_shortened_name_is_the_same_for_ever() -> None:
    """The form is on people's disks: a rerun, and a later version, must find it again."""
    name = "会" * 100
    digest = hashlib.sha256(name.encode()).hexdigest()[:10]

    assert NameLimit().fitted(name, ".srt") == f"{'会' * 70}-{digest}.srt"
    assert NameLimit().fitted(name, ".zh.json") == f"{'会' * 70}-{digest}.zh.json"


@pytest.mark.parametrize("name", ["x" * 255, "会" * 85, "x" * 256, "会" * 200])
def test_the_disk_is_asked(tmp_path: Path, name: str) -> None:
    """Whether a name is too long is what a write of it would show."""
    try:
        (tmp_path / name).touch()
        is_taken = True
    except OSError:
        is_taken = False

    assert name_limit_of(str(tmp_path / "not" / "there"), name).takes(name) == is_taken


def test_a_path_is_no_name(tmp_path: Path) -> None:
    """Deep below many folders the limit of a name is what it is at the top."""
    deep = tmp_path
    while len(os.fsencode(deep)) < 3_700:
        deep /= "d" * 200
    deep.mkdir(parents=True)

    assert name_limit_of(str(deep), "x" * 200) == name_limit_of(str(tmp_path), "x" * 200)
