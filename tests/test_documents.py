"""README, `docs/` and their site: complete, true to the program, every link leads somewhere."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from qasr_cli.checkpoints.catalog import MODELS
from tools import set_address
from tools.site_links import in_repository
from tools.terminal_picture import Frame, frames, picture
from tools.write_options_page import PAGE, entries, page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SOURCE, SITE = PROJECT["urls"]["Source"], PROJECT["urls"]["Documentation"]
RAW = SOURCE.replace("https://github.com/", "https://raw.githubusercontent.com/")
PAGES = [
    *sorted(DOCS.rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *(ROOT / name for name in ("SECURITY.md", "THIRD_PARTY_NOTICES.md", "BENCHMARKS.md")),
    ROOT / ".github" / "CONTRIBUTING.md",
]
MOST_LINES, MOST_PICTURE_BYTES = 180, 150_000


def _links(markdown: str) -> Iterator[str]:
    """The addresses of links and pictures, but not those in code."""
    text = re.sub(r"^(```+).*?^\1|`[^`\n]*`", "", markdown, flags=re.DOTALL | re.MULTILINE)
    for found in re.finditer(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)", text, re.MULTILINE):
        yield found[1] or found[2]


def _anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", head.lower()).strip() for head in heads)
    return {re.sub(r"\s", "-", head) for head in plain}


def test_the_options_page_is_that_of_the_program() -> None:
    """Every command and option as `--help` has it: `python -m tools.write_options_page`."""
    assert PAGE.read_text(encoding="utf-8") == page(entries())


def test_the_options_page_has_what_sets_an_option() -> None:
    """Defaults and variables are those that are looked up, also where a command has its own."""
    text = PAGE.read_text(encoding="utf-8")

    assert re.search(
        r"`-m, --model MODEL` \| .+ Default: `1\.7b` \| `QASR_MODEL` \| transcribe, ", text
    )
    assert re.search(r"`--time-budget TIME` \| [^|]+ \| `QASR_BATCH_TIME_BUDGET` \|", text)
    assert "### qasr models pull\n\n    qasr models pull [OPTIONS] NAME...\n" in text


def test_the_readme_is_short() -> None:
    """It sells and starts; everything else is in the documents."""
    assert len(README.splitlines()) <= MOST_LINES


def test_links_of_the_readme_work_on_the_package_index() -> None:
    """None is relative, each reference is used, and what ours lead to is in the tree."""
    for address in _links(README):
        assert address.startswith("https://"), address
        path = address.partition("#")[0]
        for prefix, folder in ((f"{SOURCE}/blob/main/", ROOT), (f"{RAW}/main/", ROOT)):
            if path.startswith(prefix):
                assert (folder / path.removeprefix(prefix)).exists(), address
        if path.startswith(SITE):
            name = path.removeprefix(SITE).rstrip("/") or "index"
            assert (DOCS / f"{name}.md").exists(), address
    defined = set(re.findall(r"^\[([^\]]+)\]: ", README, re.MULTILINE))
    used = set(re.findall(r"\]\[([^\]]+)\]", README))
    assert defined == used


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    """The file is in the tree, and has that heading."""
    for address in _links(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", address):
            continue
        name, _, anchor = address.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), address
        assert not anchor or anchor in _anchors(target), address


def test_every_page_is_in_the_navigation() -> None:
    """Who looks through the site meets all of it."""
    shown = re.findall(r": ([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)

    assert sorted(shown) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_the_site_builds_and_asks_nobody_else(tmp_path: Path) -> None:
    """Strict mode has no complaint, no page fetches from another origin, it can be searched."""
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path],
        cwd=ROOT,
        check=True,
        env={"NO_MKDOCS_2_WARNING": "1", "PATH": ""},
    )

    fetched = re.compile(
        r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?(?:https?:)?//"
        r"|<link[^>]*rel=\"?(?:stylesheet|preconnect|dns-prefetch|preload)[^>]*href=\"?(?:https?:)?//"
        r"|url\(['\"]?(?:https?:)?//|@import"
        r"|data-md-component=\"source\""  # it asks GitHub for the number of stars
    )
    for path in (*tmp_path.rglob("*.html"), *tmp_path.rglob("*.css")):
        assert fetched.search(path.read_text(encoding="utf-8")) is None, path
    assert "QASR_MODEL" in (tmp_path / "search" / "search_index.json").read_text(encoding="utf-8")
    assert f"{SOURCE}/blob/main/examples/" in (tmp_path / "recipes" / "index.html").read_text()


def test_the_site_leads_outwards_to_the_repository() -> None:
    """Links inside the folder, and those of the web, are left alone."""
    text = "[a](batch.md) [b](../BENCHMARKS.md#x) [c](https://example.org) ![d](pictures/page.png)"

    assert in_repository(text, "report.md", "https://h/q") == text.replace(
        "../BENCHMARKS.md", "https://h/q/blob/main/BENCHMARKS.md"
    )


def test_pictures_are_small() -> None:
    """A README is read on telephones, too."""
    sizes = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}

    assert {"batch.svg", "page.png"} <= sizes.keys()
    assert max(sizes.values()) <= MOST_PICTURE_BYTES


def test_a_terminal_is_seen_as_it_was(tmp_path: Path) -> None:
    """Colours, what was written over, and cells: a wide character has two."""
    command = r"printf 'over\rthe \033[1;32m我\033[0m<\n'"

    last = list(frames(tmp_path, [command]))[-1]

    assert last.lines[1] == (
        '<tspan x="0" textLength="24">the</tspan>'
        '<tspan x="32" textLength="16" class="green b">我</tspan>'
        '<tspan x="48" textLength="8">&lt;</tspan>'
    )


def test_the_terminal_moves_without_a_script() -> None:
    """One line is stored once; who wants no motion sees the last screen; both colours are there."""
    shown = [Frame(lines=("<tspan>a</tspan>", line), shown_s=1.0) for line in ("", "b", "c")]

    svg = picture(shown)

    assert svg.count("<tspan>a</tspan>") == 1
    assert "translateY(-0px)" in svg or "translateY(0px)" in svg
    assert "prefers-reduced-motion:reduce){.s{animation:none}}" in svg
    assert "prefers-color-scheme:dark" in svg
    assert "<script" not in svg


def test_the_address_is_written_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command changes where the project lives in every file, and leaves its own names alone."""
    for path in set_address.files():
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    old = set_address.repository()
    monkeypatch.setattr(set_address, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["set_address", "ann/subtitles"])

    assert set_address.main() == 0

    texts = {path: path.read_text(encoding="utf-8") for path in set_address.files()}
    assert [path for path, text in texts.items() if old in text] == []
    assert set_address.repository() == "ann/subtitles"
    assert "https://ann.github.io/subtitles/install/" in texts[tmp_path / "README.md"]
    assert "'qasr-cli[all]'" in texts[tmp_path / "README.md"]


def test_the_site_and_the_package_say_the_same_address() -> None:
    """What links are made of on the site is what the package index shows."""
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

    assert (site["extra"]["repository"], site["site_url"]) == (SOURCE, SITE)


def test_the_notices_name_everything() -> None:
    """Each package that is installed, each script of the page in its version, each model."""
    notices = (ROOT / "THIRD_PARTY_NOTICES.md").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"]
    wanted = [*PROJECT["dependencies"], *(r for name in extras for r in extras[name])]
    users = set(wanted) - {*extras["dev"], *extras["docs"], *extras["all"]}
    names = [re.split(r"[\[>=<;]", requirement)[0].strip() for requirement in users]
    vendored = (ROOT / "src/qasr_cli/page/vendor/README.md").read_text(encoding="utf-8")
    versions = {found[1] for found in re.finditer(r"\| [@\w/-]+ ([\d.]+) \|", vendored)}

    assert [name for name in names if f"| `{name}` |" not in notices] == []
    assert [version for version in versions if version not in notices] == []
    published = {repository.split("/")[1] for model in MODELS for repository in model.repositories}
    assert [name for name in published if name.removesuffix("-hf") not in notices] == []


def test_every_extra_is_explained() -> None:
    """Who installs it finds what each brings; those for maintainers are theirs."""
    page = (DOCS / "install.md").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"].keys() - {"dev", "docs"}

    assert [name for name in extras if f"`[{name}]`" not in page] == []


@pytest.mark.parametrize("name", ["bug", "feature", "gpu-trial"])
def test_issue_forms_are_sound(name: str) -> None:
    """Each field has a kind and a name; a report of a bug comes with what `qasr doctor` says."""
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))

    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert all(field["id"] and field["attributes"]["label"] for field in fields)
    if name == "bug":
        (asked,) = (field for field in fields if field["id"] == "doctor")
        assert "qasr doctor --json" in asked["attributes"]["label"]
        assert asked["validations"]["required"]
