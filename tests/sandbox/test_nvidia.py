"""NVIDIA's device nodes are made before the walls stand; a GPU that nobody can use is told."""

import os
from pathlib import Path

import pytest
import torch

from qasr_cli.engines.qwen import device
from qasr_cli.machine import cuda_checks
from qasr_cli.sandbox import nvidia

GPU, SOUND, OTHER = ("0x10de", "0x030200"), ("0x10de", "0x040300"), ("0x1002", "0x030000")


def plug_in(folder: Path, *boards: tuple[str, str]) -> None:
    """Boards as the kernel shows them."""
    for number, (vendor, kind) in enumerate(boards):
        board = folder / "pci" / f"0000:0{number}:00.0"
        board.mkdir(parents=True)
        (board / "vendor").write_text(f"{vendor}\n")
        (board / "class").write_text(f"{kind}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without boards and nodes, and a helper that makes those it is asked for."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "bin").mkdir()
    helper = tmp_path / "bin" / "nvidia-modprobe"
    helper.write_text(
        f"#!/bin/sh\necho $* >> {tmp_path}/asked\n"
        f"touch {tmp_path}/dev/nvidiactl {tmp_path}/dev/nvidia-uvm\n"
    )
    helper.chmod(0o755)
    monkeypatch.setattr(nvidia, "PCI_FOLDER", str(tmp_path / "pci"))
    monkeypatch.setattr(nvidia, "DEVICE_FOLDER", str(tmp_path / "dev"))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    return tmp_path


@pytest.mark.parametrize(
    ("boards", "nodes", "is_asked"),
    [
        ((GPU,), (), True),
        ((SOUND, GPU), ("nvidiactl",), True),
        ((GPU,), ("nvidiactl", "nvidia-uvm"), False),
        ((SOUND, OTHER), (), False),
        ((), (), False),
    ],
)
def test_missing_nodes_are_made(
    machine: Path, boards: tuple[tuple[str, str], ...], nodes: tuple[str, ...], is_asked: bool
) -> None:
    """By NVIDIA's own helper, where a GPU is there and one of them is not."""
    plug_in(machine, *boards)
    for name in nodes:
        (machine / "dev" / name).touch()

    nvidia.make_nodes()

    assert (machine / "asked").exists() == is_asked
    assert not is_asked or nvidia.missing_nodes() == ()


def test_a_helper_that_fails_ends_no_run(machine: Path) -> None:
    """Nor does one that is not there."""
    plug_in(machine, GPU)
    (machine / "bin" / "nvidia-modprobe").write_text("#!/bin/sh\nexit 1\n")

    nvidia.make_nodes()
    (machine / "bin" / "nvidia-modprobe").unlink()
    nvidia.make_nodes()

    assert len(nvidia.missing_nodes()) == 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine's GPU works")
def test_a_gpu_that_nobody_uses_is_told(machine: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where auto takes the CPU beside it, a line says why; where there is none, nothing does."""
    device._tell_once.cache_clear()  # noqa: SLF001  # told once a process
    assert device.placement("auto", "auto").device.type == "cpu"
    assert caplog.text == ""
    plug_in(machine, GPU)

    assert device.placement("auto", "auto").device.type == "cpu"

    assert "the CPU does the work beside an NVIDIA GPU" in caplog.text


def test_the_doctor_reads_the_driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its version, in both spellings of the kernel module, beside what torch is built for."""
    file = tmp_path / "version"
    monkeypatch.setattr(cuda_checks, "DRIVER_FILE", str(file))
    assert cuda_checks.driver_version() is None
    for line in (
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024",
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.183.01  Release Build",
    ):
        file.write_text(f"{line}\nGCC version: gcc version 12.3.0\n")
        assert cuda_checks.driver_version() == "535.183.01"
    assert cuda_checks.cuda_state().startswith("driver 535.183.01; ")
