"""Where outputs go."""

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
