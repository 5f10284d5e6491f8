"""Where outputs go."""

import os

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.types import MediaFile
from qasr_cli.run.plan.output_names import output_bases, same_base


def media(relative_path: str) -> MediaFile:
    """A file of that name."""
    return MediaFile(
        path=relative_path,
        relative_path=relative_path,
        size_bytes=0,
        mtime_ns=0,
        ctime_ns=0,
        inode=0,
    )


def bases(*names: str, suffixes: tuple[str, ...] = (".srt",)) -> dict[str, str]:
    """Name -> base, all in one folder that has a report."""
    found = output_bases(
        [media(name) for name in names],
        dict.fromkeys(names, "out"),
        suffixes=suffixes,
        reserved=["out/processing_report.json"],
    )
    return {rel: base.path for rel, base in found.items()}


def test_a_stem_of_its_own_is_enough() -> None:
    """The usual case drops the extension."""
    assert bases("a.mp3", "b.tar.wav") == {"a.mp3": "out/a", "b.tar.wav": "out/b.tar"}


def test_a_shared_stem_keeps_both_extensions() -> None:
    """Neither of two same-stem files takes the short name, whatever the order."""
    assert bases("a.mp3", "a.wav") == bases("a.wav", "a.mp3")
    assert bases("a.mp3", "a.wav") == {"a.mp3": "out/a.mp3", "a.wav": "out/a.wav"}


def test_a_kept_extension_may_clash_in_turn() -> None:
    """`a.mp3.wav` would give `a.mp3`, which a clash has taken: it keeps its own too."""
    assert bases("a.mp3", "a.wav", "a.mp3.wav")["a.mp3.wav"] == "out/a.mp3.wav"


def test_suffixes_of_two_formats_may_clash() -> None:
    """talk.simple.wav as txt and talk.wav as simple would both be talk.simple.txt."""
    both = ("talk.wav", "talk.simple.wav")

    assert bases(*both)["talk.wav"] == "out/talk"
    assert bases(*both, suffixes=(".simple.txt", ".txt")) == {n: f"out/{n}" for n in both}


def test_the_report_keeps_its_name() -> None:
    """A recording that is called like the report does not replace it."""
    name = "processing_report.wav"

    assert bases(name) == {name: "out/processing_report"}
    assert bases(name, suffixes=(".json",)) == {name: "out/processing_report.wav"}


def test_names_that_differ_in_case_only_clash() -> None:
    """On a file system that folds case, A.srt and a.srt are one file."""
    assert bases("A.mp3", "a.wav") == {"A.mp3": "out/A.mp3", "a.wav": "out/a.wav"}


def test_one_full_name_in_one_folder_is_reported() -> None:
    """Two inputs of the same full name cannot be kept apart in one folder."""
    files = [media("x/1.wav"), media("y/1.wav")]
    found = output_bases(files, {"x/1.wav": "out", "y/1.wav": "out"}, suffixes=[".srt"])

    assert same_base(found) == ("x/1.wav", "y/1.wav")


@given(st.lists(st.from_regex(r"[aAb](\.[aAb]){0,3}", fullmatch=True), unique_by=str.casefold))
def test_no_two_inputs_share_a_base(names: list[str]) -> None:
    """Distinct names in one folder always get distinct bases."""
    found = bases(*names)

    assert len({base.casefold() for base in found.values()}) == len(names)


def after(standing: dict[str, list[str]], *names: str, renamed: tuple[str, ...] = ()) -> list[str]:
    """Bases of inputs of which some have outputs from before."""
    found = output_bases(
        [media(name) for name in names],
        dict.fromkeys(names, "out"),
        suffixes=[".srt"],
        standing=lambda rel: [f"out/{name}" for name in standing.get(rel, [])],
        renamed=renamed,
    )
    return [os.path.basename(found[name].path) for name in names]


def test_a_newcomer_leaves_the_names_of_what_is_done() -> None:
    """Outputs that stand keep their base; only the input that came later gets its extension."""
    before = {"talk.wav": ["talk.en.srt", "talk.en.json"]}

    assert after(before, "talk.wav", "talk.m4r") == ["talk", "talk.m4r"]
    assert after(before, "talk.m4r", "talk.wav") == ["talk.m4r", "talk"]
    assert after(before, "talk.m4r", "talk.qt", "talk.wav") == ["talk.m4r", "talk.qt", "talk"]


def test_a_name_with_extension_is_kept_without_its_neighbour() -> None:
    """Where the other input of a clash is gone, the outputs that stand keep their base."""
    before = {"talk.mp3": ["talk.mp3.srt"]}

    assert after(before, "talk.mp3", renamed=("talk.mp3",)) == ["talk.mp3"]
    assert after(before, "talk.mp3", "talk.wav") == ["talk.mp3", "talk.wav"]


def test_a_name_that_two_have_from_before_is_kept_by_neither() -> None:
    """An output that one input took over from another that is back now is no base for both."""
    before = {"talk.mp3": ["talk.srt"], "talk.wav": ["talk.srt"]}

    assert after(before, "talk.mp3", "talk.wav") == ["talk.mp3", "talk.wav"]


def test_a_kept_name_gives_way_to_one_that_has_no_other() -> None:
    """`a.mp3.wav` was `a.mp3`, which two newcomers leave as the only name of one of them."""
    before = {"a.mp3.wav": ["a.mp3.srt"]}

    names = after(before, "a.mp3", "a.wav", "a.mp3.wav")

    assert names == ["a.mp3", "a.wav", "a.mp3.wav"]


_NAMES = st.from_regex(r"[ab](\.[ab]){0,3}", fullmatch=True)


@given(st.lists(_NAMES, unique=True), st.dictionaries(_NAMES, st.lists(_NAMES, max_size=2)))
def test_names_from_before_never_make_two_inputs_share_a_base(
    names: list[str], before: dict[str, list[str]]
) -> None:
    """Whatever stands, distinct inputs get distinct bases."""
    standing = {name: [f"{output}.srt" for output in outputs] for name, outputs in before.items()}

    found = after(standing, *names, renamed=tuple(names))

    assert len(set(found)) == len(names)
