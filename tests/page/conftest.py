"""The page in a real browser, on a real service without models."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.page.steps import forget_jobs
from tests.serve.conftest import Served, served
from tools.headless_browser import Tab, browser_path, opened_tab

_FORGET_DRAFTS = """new Promise((resolve, reject) => {
  const gone = indexedDB.deleteDatabase('qasr');
  gone.onsuccess = () => resolve();
  gone.onerror = () => reject(gone.error);
})"""


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The bundled ones."""
    return Path(__file__).parent.parent.parent / "examples" / "recordings"


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service for all tests of the page; `page` empties it."""
    with served(tmp_path_factory.mktemp("page")) as running:
        yield running


@pytest.fixture(scope="session")
def open_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Tab]]:
    """Start one more browser, with a profile of its own or that of another."""
    if browser_path() is None:
        pytest.skip("no Chromium on this machine")
    with ExitStack() as held:

        def start(folder: Path | None = None, **settings: object) -> Tab:
            folder = folder or tmp_path_factory.mktemp("browser")
            return held.enter_context(opened_tab(folder, **settings))  # type: ignore[arg-type]

        yield start


@pytest.fixture(scope="session")
def browser(
    open_browser: Callable[..., Tab], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Tab, Path]:
    """The browser of most tests, and where it puts downloads."""
    downloads = tmp_path_factory.mktemp("downloads")
    return open_browser(downloads=downloads), downloads


@pytest.fixture
def downloads(browser: tuple[Tab, Path]) -> Path:
    """Where downloads go; empty."""
    for path in browser[1].iterdir():
        path.unlink()
    return browser[1]


@pytest.fixture
def allowed_lines() -> list[str]:
    """Lines that a test expects on the console."""
    return []


@pytest.fixture
def page(browser: tuple[Tab, Path], service: Served, allowed_lines: list[str]) -> Iterator[Tab]:
    """The page, fresh; at the end it said nothing unexpected, and asked nobody else."""
    tab, _ = browser
    tab.send("Page.navigate", url="about:blank")  # the last test's page asks for nothing more
    tab.until("location.href === 'about:blank'")
    with service.client() as client:
        forget_jobs(client)
    tab.look(width=1440, height=900)
    tab.open(service.url + "/")
    tab.run("localStorage.clear(); sessionStorage.clear()")
    tab.run(_FORGET_DRAFTS)
    tab.console.clear()
    tab.requests.clear()
    tab.reload()
    tab.until("document.querySelector('select')?.length > 20")
    yield tab
    said = [line for line in tab.console if not any(part in line for part in allowed_lines)]
    assert said == []
    own = (service.url, "blob:" + service.url, "data:")
    assert [each for each in tab.requests if not each.startswith(own)] == []


@pytest.fixture(scope="session")
def npm(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """The folder of a package of npm, fetched once; the test skips where it cannot be had."""
    folder = pytestconfig.cache.mkdir("npm")

    def fetched(package: str) -> Path:
        name = package.rpartition("@")[0]
        place = folder / package.replace("/", "+")
        if not (place / "node_modules" / name / "package.json").is_file():
            place.mkdir(parents=True, exist_ok=True)
            command = ["npm", "install", "--silent", "--no-save", "--prefix", str(place), package]
            try:
                subprocess.run(command, check=True, capture_output=True, timeout=120)
            except (OSError, subprocess.SubprocessError) as error:
                pytest.skip(f"{package} cannot be had: {error}")
        return place / "node_modules"

    return fetched


@pytest.fixture
def client(service: Served) -> Iterator[httpx.Client]:
    """Asks the service."""
    with service.client() as asking:
        yield asking
