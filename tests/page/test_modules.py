"""What the page is made of: its modules on their own, their types, their size, what is not ours."""

import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from qasr_cli.core.language.languages import all_languages, joins_without_space
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.subtitles.cue_options import CueOptions, limits_of
from qasr_cli.core.transcript.apply_corrections import corrected
from qasr_cli.core.transcript.corrections import corrections_from_text
from tests.core.transcript.test_apply_corrections import heard
from tools.vendor_page import VENDOR, changed

PAGE = VENDOR.parent
HERE = Path(__file__).parent
_MOST_FIRST_BYTES = 120_000
_MOST_SCRIPT_BYTES = 165_000
_MODULE_LINES = 300
_IMPORTED = re.compile(r'(?:^|;)(?:im|ex)port\b[^;"]*\bfrom ?"(\..+?)"', re.MULTILINE)

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")


def _own(suffix: str) -> list[Path]:
    return [path for path in PAGE.rglob(f"*{suffix}") if not path.is_relative_to(VENDOR)]


@needs_node
def test_modules_without_a_page() -> None:
    """What needs no page is right on its own: the rules are in `node/`."""
    tests = sorted(map(str, (HERE / "node").glob("*.test.js")))
    ran = subprocess.run(
        ["node", "--test", *tests], capture_output=True, text=True, check=False, cwd=HERE
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_node
def test_types(npm: Callable[[str], Path]) -> None:
    """The types in the comments of all modules fit together."""
    compiler = npm("typescript@7.0.2") / ".bin" / "tsc"
    command = [str(compiler), "--project", str(HERE / "tsconfig.json")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stdout == ""
    assert ran.returncode == 0, ran.stderr


def test_characters_count_as_in_the_page() -> None:
    """The table by which the page counts characters is what the limits of subtitles count."""
    table = json.loads((HERE / "node" / "characters.json").read_text(encoding="utf-8"))
    names = {language.code: language.name for language in all_languages()}
    for row in table:
        name = names[row["code"]]
        is_full_width = joins_without_space(name)
        wide = limits_of(name, CueOptions()).char_columns
        assert columns(row["text"], is_full_width=is_full_width) / wide == row["chars"], row


def test_rules_made_in_the_page_do_the_same_here() -> None:
    """A search and its replacement do as `--corrections` what they do in the page."""
    table = json.loads((HERE / "node" / "corrections.json").read_text(encoding="utf-8"))
    for case in table:
        if case["row"] is not None:
            text = corrected(heard(case["text"]), corrections_from_text(case["row"])).text
            assert text == " ".join(case["after"].split()), case


def test_what_is_not_ours_is_as_it_was_fetched() -> None:
    """Nobody changed a library by hand: `vendor/README.md` has their digests."""
    assert changed() == []


def test_scripts_are_small() -> None:
    """What a phone has to read before it shows anything is small, packed file by file; so is all.

    Messages of another language, and parts that are rarely opened, come later.
    """
    tables = {tongue: set(PAGE.glob(f"messages_*{tongue}.js")) for tongue in ("en", "zh")}
    at_first = _needed_by(PAGE / "main.js") | _needed_by(PAGE / "theme.js")
    assert at_first.isdisjoint(tables["en"] | tables["zh"])
    largest = max(map(_packed_bytes, tables.values()))
    assert _packed_bytes(at_first) + largest <= _MOST_FIRST_BYTES
    assert _packed_bytes(PAGE.rglob("*.js")) <= _MOST_SCRIPT_BYTES


def _packed_bytes(scripts: Iterable[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes())) for path in scripts)


def _needed_by(script: Path) -> set[Path]:
    """A script, and all that it imports before it runs."""
    needed, new = set[Path](), {script}
    while new:
        needed |= new
        new = {
            (path.parent / name).resolve()
            for path in new
            for name in _IMPORTED.findall(path.read_text())
        } - needed
    return needed


def test_modules_are_short_enough_to_read() -> None:
    """As those of Python are."""
    long = {path.name for path in _own(".js") if len(path.read_text().splitlines()) > _MODULE_LINES}
    assert long == set()


def test_no_text_becomes_markup_and_nothing_foreign_is_named() -> None:
    """Text is put in as text, no script is made of text, and no address is elsewhere."""
    for path in (*_own(".js"), *_own(".html"), *_own(".css")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
        assert not re.search(r"new Function|dangerouslySetInnerHTML|\son\w+=[\"']", text)
        assert not re.search(r"(src|href)=[\"']https?:|url\(|@import|from \"[^.]", text), path


def test_every_message_is_used() -> None:
    """No module asks for a message that is not there, and none is there for nobody."""
    tables = "".join(path.read_text() for path in PAGE.glob("messages_*en.js"))
    named = set(re.findall(r'^  "([\w.]+)":', tables, re.MULTILINE))
    code = "".join(path.read_text() for path in _own(".js") if "messages_" not in path.name)
    asked = set(re.findall(r'(?:\bt|say\.value)\(\s*"([\w.]+)"', code))
    built = re.findall(r"\(`([\w.]+)\.\$\{", code)
    assert asked - named == set()
    literal = set(re.findall(r'"([\w.]+)"', code))
    unused = {
        key for key in named - literal if not any(key.startswith(f"{each}.") for each in built)
    }
    assert {key for key in unused if not key.startswith("error.")} == set()
