"""How many workers there are, and where each of them hears."""

import pytest

from qasr_cli.api.many import transcribe_files, transcribe_folders
from qasr_cli.api.workers import has_workers, local_executor
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import UsageError
from qasr_cli.options import EngineOptions, Options, RunOptions


def _places(
    run: RunOptions, *, device: str = "auto", threads: int = 12
) -> list[tuple[object, int]]:
    options = Options(engine=EngineOptions(device=device, threads=threads), run=run)
    executor = local_executor(options)
    return [(place.device, place.thread_count) for place in executor.places]


@pytest.mark.parametrize(
    ("gpus", "run", "device", "devices"),
    [
        ("0", RunOptions(workers=2), "auto", [None, None]),
        ("0,1", RunOptions(workers=2), "auto", ["cuda:0", "cuda:1"]),
        ("0,1", RunOptions(workers=3), "cuda", ["cuda:0", "cuda:1", "cuda:0"]),
        ("0,1,2", RunOptions(workers="auto"), "auto", ["cuda:0", "cuda:1", "cuda:2"]),
        ("0,1", RunOptions(workers=2), "cpu", [None, None]),
        ("0,1", RunOptions(workers=2), "cuda:1", [None, None]),
        ("0,1", RunOptions(devices=("cuda:1", "cpu")), "auto", ["cuda:1", "cpu"]),
        ("", RunOptions(devices=("cuda:3",), workers=2), "auto", ["cuda:3", "cuda:3"]),
        ("", RunOptions(devices=("cuda:3",)), "auto", ["cuda:3"]),
    ],
)
def test_workers_share_devices_and_cores(
    monkeypatch: pytest.MonkeyPatch,
    gpus: str,
    run: RunOptions,
    device: str,
    devices: list[str | None],
) -> None:
    """One a GPU where nothing else is said; the cores, or --threads, are for all together."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)

    assert _places(run, device=device) == [(name, 12 // len(devices)) for name in devices]


@pytest.mark.parametrize("gpus", ["", "0"])
def test_one_gpu_has_one_worker_which_is_this_process(
    monkeypatch: pytest.MonkeyPatch, gpus: str
) -> None:
    """Models would only share its memory."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", gpus)

    assert not has_workers(Options(run=RunOptions(workers="auto")))
    assert not has_workers(Options(run=RunOptions(workers=1)))
    assert not has_workers(Options())


def test_single_recordings_have_no_workers(tmp_path: object) -> None:
    """Without a state there is nothing that several processes could share."""
    with pytest.raises(UsageError, match="go with qasr batch"):
        transcribe_files([f"{tmp_path}/a.wav"], Options(run=RunOptions(workers=2)))


def test_an_engine_cannot_be_handed_to_workers(tmp_path: object) -> None:
    """Each opens its own: what another process holds cannot be given away."""
    options = Options(engine=EngineOptions(engine="fake"), run=RunOptions(workers=2))
    with pytest.raises(UsageError, match="leave out the engine"):
        transcribe_folders([str(tmp_path)], options, engine=FakeEngine())
