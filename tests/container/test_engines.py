"""compose.yaml and the examples for engines: they fit the image, and shut what can be shut."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from qasr_cli.cli.command_table import COMMANDS
from tests.container.described import HEALTH_CHECK, ROOT, TARGETS, last
from tools.container_root.containerfile import expanded

EXAMPLES = ROOT / "examples" / "container"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]


def test_compose_keeps_the_page_to_this_machine() -> None:
    """By default each port is published at 127.0.0.1, under the number that it has inside."""
    for name in ("qasr", "cuda"):
        service = SERVICES[name]
        (port,) = (expanded(each, {}) for each in service["ports"])
        assert port == "127.0.0.1:8501:8501"
        assert expanded(service["environment"]["QASR_SERVE_PORT"], {}) == "8501"
        assert expanded(service["environment"]["QASR_API_KEY"], {}) == ""


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_compose_services_are_walled_in(name: str) -> None:
    """Root is read-only, nothing is permitted beyond, and what is written lies on volumes."""
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    mounted = dict(each.split(":") for each in service["volumes"])
    assert set(mounted) <= set(COMPOSE["volumes"])
    assert sorted(mounted.values()) == sorted(json.loads(last("cpu", "VOLUME")))
    assert service["build"]["target"] in TARGETS
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    assert service["image"] == f"qasr:{service['build']['target']}"


def test_compose_waits_for_the_models() -> None:
    """Each service begins once its models are there; a GPU is asked for by its profile alone."""
    for name, models in (("qasr", "models"), ("cuda", "models-cuda")):
        assert SERVICES[name]["depends_on"] == {
            models: {"condition": "service_completed_successfully"}
        }
        assert SERVICES[name].get("profiles") == SERVICES[models].get("profiles")
        assert SERVICES[name]["image"] == SERVICES[models]["image"]
    assert [name for name in SERVICES if "profiles" not in SERVICES[name]] == ["qasr", "models"]
    assert [name for name in SERVICES if "deploy" in SERVICES[name]] == ["cuda"]


@pytest.mark.parametrize("model", ["demo", "0.6b"])
def test_compose_fetches_what_is_not_there(tmp_path: Path, model: str) -> None:
    """The demo pair needs no download; whatever is missing is asked for, and its error tells."""
    qasr = tmp_path / "qasr"
    qasr.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m qasr_cli "$@"\n')
    qasr.chmod(0o755)
    nobody = "http://127.0.0.1:9"  # the port of `discard`, where nothing listens

    ran = subprocess.run(
        [each.replace("$$", "$") for each in SERVICES["models"]["entrypoint"]],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ
        | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "QASR_MODEL": model, "HF_ENDPOINT": nobody}
        | {"HOME": str(tmp_path), "QASR_MODELS": str(tmp_path / "models")},
    )

    if model == "demo":
        assert (ran.returncode, ran.stderr) == (0, "")
    else:
        assert ran.returncode != 0
        assert "Qwen/Qwen3-ASR-0.6B-hf: download failed" in ran.stderr


def test_kubernetes_has_what_the_image_offers() -> None:
    """Commands and open routes are qasr's, pods are walled in, and volumes lie where it looks."""
    text = (EXAMPLES / "kubernetes.yaml").read_text(encoding="utf-8")
    made = {each["kind"]: each for each in yaml.safe_load_all(text)}
    pods = [
        made["Job"]["spec"]["template"]["spec"],
        made["Deployment"]["spec"]["template"]["spec"],
        made["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"],
    ]

    for pod in pods:
        (container,) = pod["containers"]
        assert container["args"][0] in COMMANDS
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"] == {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {each["mountPath"] for each in container["volumeMounts"]} >= {"/models", "/state"}
        assert {each["name"] for each in container["volumeMounts"]} == {
            each["name"] for each in pod["volumes"]
        }
        # Of a Service called qasr, Kubernetes makes variables that qasr would take for its own.
        assert pod["enableServiceLinks"] is False
    (server,) = pods[1]["containers"]
    probes = [server[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness")]
    assert [*probes, server["readinessProbe"]["httpGet"]["path"]] == ["/healthz"] * 2 + ["/readyz"]


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_the_batch_example_shuts_everything(tmp_path: Path, engine: str) -> None:
    """It runs a batch without a network, as whoever started it; options are handed on."""
    script = EXAMPLES / "batch.sh"
    shown = tmp_path / engine
    shown.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    shown.chmod(0o755)
    folder = tmp_path / "my talks"
    folder.mkdir()

    ran = subprocess.run(
        ["bash", script, folder, "--format", "vtt"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"ENGINE": engine, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )

    words = ran.stdout.splitlines()
    assert words[-5:] == ["qasr:cpu", "batch", "/workspace", "--format", "vtt"]
    assert f"{folder}:/workspace" in words
    assert f"{os.getuid()}:{os.getgid()}" in words
    assert words[words.index("--network") + 1] == "none"
    assert ("keep-id" in words) == (engine == "podman")


def test_the_trial_of_an_image_fits_rootless_engines() -> None:
    """Its users have numbers that a rootless engine has: 65,536 at most."""
    script = (HEALTH_CHECK.parent / "try_image.sh").read_text(encoding="utf-8")

    numbers = [int(number) for number in re.findall(r"\b(\d+):\d+; do", script)]
    assert numbers
    assert max(numbers) < 1 << 16


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_scripts_are_sound() -> None:
    """The scripts for engines pass shellcheck."""
    scripts = [*EXAMPLES.glob("*.sh"), *HEALTH_CHECK.parent.glob("*.sh")]

    subprocess.run(["shellcheck", *scripts], check=True)


def test_the_page_of_containers_names_what_can_be_set() -> None:
    """Each variable that compose hands on, each target and each folder is in docs/container.md."""
    page = (ROOT / "docs" / "container.md").read_text(encoding="utf-8")
    settable = set(re.findall(r"\$\{(\w+):-", (ROOT / "compose.yaml").read_text(encoding="utf-8")))

    assert {name for name in settable if f"`{name}`" not in page} == set()
    assert [name for name in TARGETS if f":{name}" not in page] == []
    assert [name for name in json.loads(last("cpu", "VOLUME")) if f"`{name}`" not in page] == []
