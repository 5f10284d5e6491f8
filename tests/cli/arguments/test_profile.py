import tomllib
from pathlib import Path

import pytest

from qasr_cli.cli.arguments.profile import style_from_user
from qasr_cli.core.subtitles.styles import RANGES, STYLES, style_from_table
from qasr_cli.errors import UsageError


def test_a_style_has_a_name_or_a_file(tmp_path: Path) -> None:
    """Names are known ones; a file holds settings in TOML."""
    path = tmp_path / "mine.toml"
    path.write_text("line_chars = 30\n[ja]\nline_chars = 12\n")

    mine = style_from_user(str(path))

    assert style_from_user("bbc") is STYLES["bbc"]
    assert mine.settings == {"line_chars": 30}
    assert mine.by_language == {"ja": {"line_chars": 12}}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("vertcal", None, "did you mean vertical"),
        (
            "nothing-like-it",
            None,
            "one of: netflix, bbc, ted, vertical, plain, sdh, translated, children, web-cjk, FILE",
        ),
        ("absent.toml", None, "absent.toml: No such file"),
        ("wrong.toml", b"line_chars: 3", "wrong.toml: not TOML"),
        ("bytes.toml", b"\xff\xff", "bytes.toml: is not UTF-8 text"),
        ("keys.toml", b"chars = 3", "keys.toml: chars is not a setting"),
    ],
)
def test_a_wrong_profile_is_a_usage_error(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    content: bytes | None,
    message: str,
) -> None:
    """The message says what is wrong with it."""
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message):
        style_from_user(name)


def test_the_documented_profile_names_every_setting() -> None:
    """The example in the docs is read, and nothing that a profile takes is missing in it."""
    docs = (Path(__file__).parents[3] / "docs" / "cues.md").read_text()
    table = tomllib.loads(docs.partition("```toml\n")[2].partition("```")[0])

    style = style_from_table("docs", table)

    assert style.settings.keys() == RANGES.keys()
    assert set(style.by_language) == {"ja"}
