"""The files of the page over HTTP, what can be chosen on it, and results as one zip."""

import io
import zipfile
from pathlib import Path

import httpx2 as httpx
import pytest

from qasr_cli.core.language.languages import all_languages
from qasr_cli.formats.registry import FORMAT_NAMES
from tests.serve.conftest import Serve, Served
from tests.serve.jobs.conftest import done, sent, until


def test_files_of_the_page(fake_service: Served) -> None:
    """Each has its type and the security policy, is asked for anew, and sent once."""
    with fake_service.client() as client:
        for path, media_type in (
            ("/", "text/html; charset=utf-8"),
            ("/page/main.js", "text/javascript; charset=utf-8"),
            ("/page/vendor/preact.js", "text/javascript; charset=utf-8"),
            ("/page/style.css", "text/css; charset=utf-8"),
            ("/page/icon.svg", "image/svg+xml"),
        ):
            answer = client.get(path)
            assert answer.headers["content-type"] == media_type
            assert answer.headers["cache-control"] == "no-cache"
            assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
            again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (httpx.codes.NOT_MODIFIED, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/none.js",
        "/page/vendor/README.md",
        "/page/vendor/htm.LICENSE",
        "/page/index.html",
        "/page/../serve/app.py",
        "/page/%2e%2e/serve/app.py",
        "/page//etc/passwd",
        "/page/main.js%00",
    ],
)
def test_nothing_else_is_served(fake_service: Served, path: str) -> None:
    """Files are taken from a list, so no path leads anywhere else."""
    with httpx.Client() as client:
        answer = client.get(fake_service.url + path)
    assert answer.status_code == httpx.codes.NOT_FOUND


def test_without_the_key_the_page_is_there_and_no_data(serve: Serve, tmp_path: Path) -> None:
    """Whoever has no key yet can give it on the page, and see nothing before."""
    (tmp_path / "key").write_text("k" * 16)
    (tmp_path / "key").chmod(0o600)
    with serve("--api-key-file", str(tmp_path / "key")) as running, running.client() as client:
        for path in ("/", "/page/main.js"):
            assert client.get(path).status_code == httpx.codes.OK
        for path in ("/api/choices", "/api/jobs", "/api/results.zip", "/page/none.js"):
            assert client.get(path).status_code == httpx.codes.UNAUTHORIZED
        assert client.post("/api/session", json={"key": "k" * 16}).status_code == 204
        assert client.get("/api/choices").status_code == httpx.codes.OK


def test_choices(fake_service: Served) -> None:
    """What the page offers is what the service takes."""
    with fake_service.client() as client:
        choices = client.get("/api/choices").json()
    assert [each["name"] for each in choices["languages"]] == [one.name for one in all_languages()]
    assert {"netflix", "bbc"} <= set(choices["profiles"])
    formats = {each["name"]: each for each in choices["formats"]}
    assert set(FORMAT_NAMES) <= set(formats)
    assert formats["srt"] == {"name": "srt", "suffix": ".srt", "has_cues": True}
    assert ".mp3" in choices["suffixes"]


@pytest.fixture
def recordings() -> Path:
    """The bundled ones."""
    return Path(__file__).parent.parent.parent / "examples" / "recordings"


def test_results_in_one_zip(fake_service: Served, recordings: Path) -> None:
    """Chosen jobs in chosen formats; equal names are told apart, and none leads out of a folder."""
    with fake_service.client() as client:
        jobs = [
            done(client, recordings / "announcement.wav"),
            done(client, recordings / "announcement.wav", language="German"),
        ]
        strange = sent(client, recordings / "announcement.mp3", name="..\\a:b?.mp3")
        jobs.append(until(client, strange["id"], {"done"}))
        asked = {"job": [job["id"] for job in jobs], "format": ["srt", "json"]}
        answer = client.get("/api/results.zip", params=asked)
        assert answer.headers["content-type"] == "application/zip"
        assert 'filename="qasr.zip"' in answer.headers["content-disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            contents = {name: archive.read(name) for name in archive.namelist()}
        assert list(contents) == [
            "announcement.srt",
            "announcement.json",
            "announcement (2).srt",
            "announcement (2).json",
            "a_b_.srt",
            "a_b_.json",
        ]
        results = [
            client.get(f"/api/jobs/{job['id']}/result.{name}").content
            for job in jobs
            for name in ("srt", "json")
        ]
        assert list(contents.values()) == results
        assert client.get("/api/results.zip", params=asked).content == answer.content


def test_no_zip_of_what_is_not_there(serve: Serve, recordings: Path) -> None:
    """An unknown job, one without a result, an unknown format, and nothing at all are said."""
    with serve() as running, running.client() as client:
        assert client.get("/api/results.zip").status_code == httpx.codes.CONFLICT
        held = sent(client, recordings / "announcement.wav", held="true")
        for asked, status in (
            ({"job": "none"}, httpx.codes.NOT_FOUND),
            ({"job": held["id"]}, httpx.codes.CONFLICT),
            ({"format": "srt"}, httpx.codes.CONFLICT),
        ):
            assert client.get("/api/results.zip", params=asked).status_code == status
        done(client, recordings / "announcement.mp3")
        unknown = client.get("/api/results.zip", params={"format": "mp3"})
        assert unknown.status_code == httpx.codes.NOT_FOUND
