"""How a Containerfile and a .dockerignore are read where there is no engine."""

from pathlib import Path

import pytest

from tools.container_root.containerfile import read
from tools.container_root.context import Context

_TEXT = """
ARG BASE=debian:13
FROM ${BASE} AS below
ENV PATH=/opt/bin:$PATH \\
    # a remark in between
    NAME="two words"
RUN one \\
    && two
FROM below AS above
COPY --from=below --chown=1:1 /a /b
CMD ["a b", "c"]
"""


def test_stages_instructions_and_flags_are_read() -> None:
    """Lines are joined, remarks dropped, flags kept apart, stages stand on one another."""
    file = read(_TEXT, {"BASE": "debian:12", "OTHER": "x"})

    assert [(stage.name, stage.base) for stage in file.chain("above")] == [
        ("below", "debian:12"),
        ("above", "below"),
    ]
    env, run, copy, command = file.instructions("above")
    assert dict(env.pairs({"PATH": "/bin"})) == {"PATH": "/opt/bin:/bin", "NAME": "two words"}
    assert (run.keyword, run.text, run.line) == ("RUN", "one && two", 7)
    assert (copy.flags, copy.words()) == ({"from": "below", "chown": "1:1"}, ("/a", "/b"))
    assert command.words() == ("a b", "c")


@pytest.mark.parametrize("text", ["FROM debian\n", "FROM a AS b\nRUN <<EOF\nx\nEOF\n"])
def test_what_is_not_understood_is_told(text: str) -> None:
    """A file that would be built otherwise than by an engine is an error with its line."""
    with pytest.raises(ValueError, match=r"^line \d: "):
        read(text)


def test_the_last_rule_of_a_dockerignore_counts(tmp_path: Path) -> None:
    """Rules go for all that lies below; a later one takes again what an earlier one left out."""
    (tmp_path / ".dockerignore").write_text("# remark\n*\n!/src\n**/cache\n!/src/cache/kept\n")
    context = Context(tmp_path)

    paths = ("src/a.py", "src/b/cache/x", "src/cache/kept", "src/cache/x", "README", "a/src/b")
    assert [path for path in paths if context.takes(path)] == ["src/a.py", "src/cache/kept"]


def test_copies_land_as_an_engine_lays_them(tmp_path: Path) -> None:
    """A folder's files go into the target; a file goes to it, or into it behind a slash."""
    source = tmp_path / "source"
    (source / "folder" / "deep").mkdir(parents=True)
    (source / ".dockerignore").write_text("**/left\n")
    for name in ("one", "folder/two", "folder/deep/three", "folder/left"):
        (source / name).write_text(name)
    context = Context(source)

    context.copy("folder", str(tmp_path / "a"))
    context.copy("one", str(tmp_path / "b" / "renamed"))
    context.copy("one", f"{tmp_path}/c/")

    made = {
        path.relative_to(tmp_path).as_posix()
        for place in "abc"
        for path in (tmp_path / place).rglob("*")
        if path.is_file()
    }
    assert made == {"a/two", "a/deep/three", "b/renamed", "c/one"}
    with pytest.raises(FileNotFoundError, match=r"left out by \.dockerignore"):
        context.copy("folder/left", str(tmp_path / "d"))
