"""What every part of the tests shares: profiles, a closed network, sound made on the spot."""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, settings

from qasr_cli.core.timing import SAMPLE_RATE_HZ

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["QASR_CONFIG"] = os.devnull  # whoever runs the tests may have a qasr.toml

# A background job ignores these, and so would every run that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_LOG = logging.getLogger("qasr_cli")

RECORDINGS = Path(__file__).parent.parent / "examples" / "recordings"

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


@pytest.fixture(autouse=True)
def _loggers_as_they_were() -> Iterator[None]:
    """What `--verbose` sets for its process does not last into other tests."""
    level = _LOG.level
    yield
    _LOG.setLevel(level)


@pytest.fixture(autouse=True)
def _closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reaches further than this machine."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: tuple[str, int] | str) -> None:
        if self.family != socket.AF_UNIX and address[0] not in {"127.0.0.1", "::1", "localhost"}:
            raise AssertionError(f"a test tried to reach {address}")
        real_connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The bundled recordings."""
    return RECORDINGS


WriteWav = Callable[..., Path]


@pytest.fixture
def write_wav() -> WriteWav:
    """Write a mono WAV of noise bursts (start_s, end_s) in silence; energy detection finds them."""

    def write(
        path: Path,
        bursts_s: Sequence[tuple[float, float]] = ((0.5, 1.5), (2.5, 3.5)),
        duration_s: float = 4.0,
        seed: int = 0,
    ) -> Path:
        pcm = np.zeros(round(duration_s * SAMPLE_RATE_HZ), np.float32)
        noise = np.random.default_rng(seed).uniform(-0.3, 0.3, len(pcm)).astype(np.float32)
        for start_s, end_s in bursts_s:
            piece = slice(round(start_s * SAMPLE_RATE_HZ), round(end_s * SAMPLE_RATE_HZ))
            pcm[piece] = noise[piece]
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, pcm, SAMPLE_RATE_HZ)
        return path

    return write
