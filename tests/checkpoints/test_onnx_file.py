"""What an ONNX file may hold to be loaded."""

from pathlib import Path

import pytest

from qasr_cli.checkpoints import catalog, manifest
from qasr_cli.checkpoints.locate import speaker_model
from qasr_cli.checkpoints.onnx_file import problem_with, read_model
from qasr_cli.checkpoints.pull import pull
from qasr_cli.errors import DownloadError, ModelLoadError, ModelMissing
from tests.voice_files import (
    field,
    model_bytes,
    node,
    tensor,
    voice_model_bytes,
    write_voice_model,
)

PLAIN = node("Identity", ("x",), "embedding")
_TWO = field(
    5,
    field(1, "then_branch") + field(6, field(1, node("Sneak", ("x",), "y", more=field(7, "evil")))),
)
REPOSITORY = "csukuangfj/speaker-embedding-models"


def _weights(more: bytes) -> bytes:
    import numpy as np

    return tensor("w", np.zeros((1, 1), np.float32), more=more)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (voice_model_bytes(), None),
        (model_bytes([PLAIN]), None),
        (model_bytes([PLAIN + field(7, "ai.onnx")]), None),
        (model_bytes([PLAIN + field(7, "com.evil")]), "needs operators of 'com.evil'"),
        (model_bytes([node("If", ("x",), "embedding", more=_TWO)]), "needs operators of 'evil'"),
        (model_bytes([PLAIN], [_weights(field(14, 1))]), "reads weights from another file"),
        (
            model_bytes([PLAIN], [_weights(field(13, field(1, "location") + field(2, "../key")))]),
            "reads weights from another file",
        ),
        (
            model_bytes(
                [node("Constant", (), "e", more=field(5, field(5, _weights(field(14, 1)))))]
            ),
            "reads weights from another file",
        ),
        (model_bytes([PLAIN], more=field(25, field(1, "own"))), "defines operators of its own"),
        (b"", "is no ONNX file: it holds no graph"),
        (b"hello", "is no ONNX file, or is cut short"),
        (voice_model_bytes()[:-100], "is no ONNX file, or is cut short"),
        (b"\xff" * 40, "is no ONNX file, or is cut short"),
    ],
)
def test_a_model_needs_nothing_but_its_file(content: bytes, problem: str | None) -> None:
    """Other files and operators that are not of the standard are refused, wherever they hide."""
    assert problem_with(content) == problem


def test_the_error_names_the_file(tmp_path: Path) -> None:
    """What is refused is refused in one line."""
    path = tmp_path / "model.onnx"
    path.write_bytes(b"hello")

    with pytest.raises(ModelLoadError, match=r"model\.onnx: not a usable .* cut short"):
        read_model(path)


def test_the_speaker_model_is_found(tmp_path: Path) -> None:
    """It is found where pull puts it, and where it is not the error says how to get it."""
    with pytest.raises(ModelMissing, match="`qasr models pull speakers` gets it"):
        speaker_model(str(tmp_path))

    path = write_voice_model(tmp_path)

    assert speaker_model(str(tmp_path)) == path


def test_a_damaged_one_is_not_found(tmp_path: Path) -> None:
    """A file that is cut short does not count, and the error says so."""
    write_voice_model(tmp_path, voice_model_bytes()[:-100])

    with pytest.raises(ModelMissing, match="is cut short"):
        speaker_model(str(tmp_path))


@pytest.mark.usefixtures("hub_url")
class TestPulled:
    """The model as it comes from a hub."""

    NAME = catalog.files_of(REPOSITORY)[0]

    @pytest.fixture
    def hub_repository(self) -> str:
        """That of the model."""
        return REPOSITORY

    @pytest.fixture(autouse=True)
    def _served(self, hub_files: dict[str, bytes]) -> None:
        hub_files.clear()
        hub_files |= {
            self.NAME: voice_model_bytes(),
            "other_model.onnx": b"x",
            "readme.json": b"{}",
        }

    def test_only_its_file_is_taken(self, tmp_path: Path) -> None:
        """The other models of the repository stay where they are, and verify knows the hash."""
        pulled = pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

        assert {path.name for path in pulled.path.iterdir()} == {self.NAME, "qasr-manifest.json"}
        assert speaker_model(str(tmp_path)) == pulled.path / self.NAME
        assert manifest.verify(pulled.path).problems == ()
        (pulled.path / self.NAME).write_bytes(voice_model_bytes(size=191))
        assert [each.kind for each in manifest.verify(pulled.path).problems] == ["changed"]

    def test_what_would_not_load_is_not_taken(
        self, tmp_path: Path, hub_files: dict[str, bytes]
    ) -> None:
        """A model that reads other files does not get into its place."""
        hub_files[self.NAME] = model_bytes([PLAIN + field(7, "com.evil")])

        with pytest.raises(DownloadError, match=r"needs operators of 'com\.evil'"):
            pull(REPOSITORY, source="hf", revision=None, root=tmp_path)

        assert not (tmp_path / REPOSITORY).exists()

    def test_a_repository_without_it(self, tmp_path: Path, hub_files: dict[str, bytes]) -> None:
        """A repository that holds it no more is said to."""
        del hub_files[self.NAME]

        with pytest.raises(DownloadError, match="does not hold 3dspeaker"):
            pull(REPOSITORY, source="hf", revision=None, root=tmp_path)


def test_without_a_manifest_it_is_looked_at(tmp_path: Path) -> None:
    """Verify says what is wrong with a model that somebody put there by hand."""
    path = write_voice_model(tmp_path)
    assert manifest.verify(path.parent).problems == ()

    path.write_bytes(b"hello")

    (problem,) = manifest.verify(path.parent).problems
    assert (problem.kind, "cut short" in problem.detail) == ("damaged", True)
