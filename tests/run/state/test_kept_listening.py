"""How far a recording was heard for its voices, kept for the next run."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from qasr_cli.core.voice_types import VoiceActivity
from qasr_cli.engines.nemotron.listening import NemotronListener
from qasr_cli.engines.nemotron.model import NemotronModel
from qasr_cli.errors import MediaChanged
from qasr_cli.run.state.kept_listening import KeptListener, discard_kept, kept_activity, kept_path
from tests.nemotron_files import write_nemotron

# The small model's steps are 1.6 s; it is written after ten of them.
BLOCK_COUNT = 12_800
HALF_COUNT = 24 * BLOCK_COUNT
ALL_COUNT = 50 * BLOCK_COUNT


class CountingModel(NemotronModel):
    """Counts the steps that it did."""

    step_count = 0

    def step(self, *args: object, **more: object) -> object:  # type: ignore[override]
        """As the model does it."""
        self.step_count += 1
        return super().step(*args, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CountingModel:
    """One with random weights."""
    return CountingModel(write_nemotron(tmp_path_factory.mktemp("models")), torch.device("cpu"))


@pytest.fixture
def spool(tmp_path: Path) -> str:
    """Where the spool of a recording would be."""
    return str(tmp_path / "spool" / "talk.jsonl")


def sound(seed: int = 0) -> npt.NDArray[np.float32]:
    """Sound of 40 s."""
    return np.random.default_rng(seed).normal(scale=0.1, size=ALL_COUNT).astype(np.float32)


def listen(
    model: NemotronModel,
    spool: str,
    pcm: npt.NDArray[np.float32],
    *,
    is_whole: bool = True,
    fingerprint: str = "settings",
) -> VoiceActivity | None:
    """Who speaks in some sound; None where the run dies before its end."""
    listener = KeptListener(
        NemotronListener(model),
        path=kept_path(spool, None),
        fingerprint=fingerprint,
        media_path="talk.wav",
    )
    for begin in range(0, len(pcm), BLOCK_COUNT):
        listener.hear(pcm[begin : begin + BLOCK_COUNT])
    return listener.finish() if is_whole else None


@pytest.fixture
def unbroken(model: CountingModel, tmp_path: Path) -> VoiceActivity | None:
    """What a run says that nobody kills."""
    return listen(model, str(tmp_path / "unbroken" / "talk.jsonl"), sound())


def test_a_killed_run_goes_on(
    model: CountingModel, spool: str, unbroken: VoiceActivity | None
) -> None:
    """The next run says the same to the byte, and does only the steps that were not noted."""
    listen(model, spool, sound()[:HALF_COUNT], is_whole=False)
    model.step_count = 0

    found = listen(model, spool, sound())

    assert found == unbroken
    assert 25 - 12 <= model.step_count <= 25 - 10


def test_what_was_heard_to_its_end_is_not_heard_again(
    model: CountingModel, spool: str, unbroken: VoiceActivity | None
) -> None:
    """A recording that is read once more, for a clip that failed, is looked at only."""
    listen(model, spool, sound())
    model.step_count = 0

    assert listen(model, spool, sound()) == unbroken
    assert model.step_count == 0


@pytest.mark.parametrize("is_whole", [False, True])
def test_other_sound_is_heard_anew(model: CountingModel, spool: str, *, is_whole: bool) -> None:
    """Sound that is not what was heard ends this try; the next one begins at the beginning."""
    listen(model, spool, sound()[:HALF_COUNT], is_whole=is_whole)

    with pytest.raises(MediaChanged, match=r"talk\.wav"):
        listen(model, spool, sound(seed=1))
    assert not kept_activity(spool, fingerprint="settings")
    assert listen(model, spool, sound(seed=1)) is not None


def test_a_recording_that_grew_or_shrank(model: CountingModel, spool: str) -> None:
    """More or less sound than there was is other sound."""
    listen(model, spool, sound()[:HALF_COUNT])
    with pytest.raises(MediaChanged):
        listen(model, spool, sound())
    listen(model, spool, sound())
    with pytest.raises(MediaChanged):
        listen(model, spool, sound()[:HALF_COUNT])


def test_other_settings_hear_it_anew(
    model: CountingModel, spool: str, unbroken: VoiceActivity | None
) -> None:
    """What was heard under other settings, or by another model, does not count."""
    listen(model, spool, sound()[:HALF_COUNT], fingerprint="others")
    model.step_count = 0

    assert listen(model, spool, sound()) == unbroken
    assert model.step_count == 25


@pytest.mark.parametrize("size_bytes", [0, 3, 500, -1])
def test_a_damaged_file_is_none(
    model: CountingModel, spool: str, unbroken: VoiceActivity | None, size_bytes: int
) -> None:
    """Whatever a disk left of it, the recording is heard."""
    listen(model, spool, sound()[:HALF_COUNT], is_whole=False)
    path = Path(kept_path(spool, None))
    path.write_bytes(path.read_bytes()[:size_bytes])

    assert not kept_activity(spool, fingerprint="settings")
    assert listen(model, spool, sound()) == unbroken


def test_it_is_the_owners_alone_and_goes(model: CountingModel, spool: str) -> None:
    """What is remembered of voices is readable by nobody else, and removed with all of it."""
    listen(model, spool, sound()[:HALF_COUNT], is_whole=False)
    path = Path(kept_path(spool, None))
    draft = path.with_name(f"{path.name}.4711.draft")
    draft.write_bytes(b"half")  # of a run that was killed while it wrote
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(kept_activity(spool, fingerprint="settings")) == [None]

    discard_kept(spool)

    assert not list(path.parent.iterdir())


def test_files_of_channels_have_names_of_their_own() -> None:
    """No channel's progress takes the place of another's."""
    paths = {kept_path("/spool/a.jsonl", channel) for channel in (None, "left", "right")}

    assert paths == {"/spool/a.voices", "/spool/a.left.voices", "/spool/a.right.voices"}
