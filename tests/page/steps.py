"""What somebody does on the page, step by step."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx

from tools.headless_browser import Tab

_PATIENCE_S = 60.0


def button(text: str, *, within: str = "document") -> str:
    """An expression for what can be pressed and says this, or is labelled so."""
    return (
        f"[...{within}.querySelectorAll('button, a, summary')].find(e =>"
        f" e.checkVisibility() && (e.innerText.trim() === '{text}'"
        f" || e.getAttribute('aria-label') === '{text}'))"
    )


def select(tab: Tab, element: str) -> None:
    """Have what is typed next take the place of a text."""
    tab.run(f"{element}.focus(); {element}.select()")


def forget_jobs(client: httpx.Client) -> None:
    """Remove every job of a service."""
    for job in client.get("/api/jobs").json()["jobs"]:
        client.delete(f"/api/jobs/{job['id']}")


def states(tab: Tab) -> list[str]:
    """What each recording is at, as the list has it."""
    found: list[str] = tab.run(
        "[...document.querySelectorAll('.row')].map(e => e.className.split(' ')[1])"
    )
    return found


def dropped(tab: Tab, *paths: Path) -> None:
    """Drop files on the page."""
    tab.drop([str(path) for path in paths])


def until_done(tab: Tab, count: int = 1) -> None:
    """Wait until so many are done, and one is shown."""
    tab.until(f"document.querySelectorAll('.row.done').length === {count}")
    tab.until("document.querySelector('.cue textarea')")


def downloaded(folder: Path, name: str) -> Path:
    """A file that the browser has put there, once it is whole."""
    deadline_s = time.monotonic() + _PATIENCE_S
    while not (folder / name).is_file():
        assert time.monotonic() < deadline_s, list(folder.iterdir())
        time.sleep(0.02)
    return folder / name


def axe(npm: Callable[[str], Path]) -> str:
    """The script that finds faults."""
    return (npm("axe-core@4.14.1") / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def faults(tab: Tab) -> list[str]:
    """What keeps somebody from using what is shown, once `axe` was run."""
    found: list[str] = tab.run(
        """axe.run(document, {
          resultTypes: ['violations'],
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
          nodes.map(node => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)))"""
    )
    return found
