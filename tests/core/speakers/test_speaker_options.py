"""What somebody may want of speakers, and which settings that names."""

import pytest

from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.errors import UsageError
from qasr_cli.fingerprints import settings_of
from qasr_cli.options import Options


def test_the_default_diarizer_is_not_named() -> None:
    """Keys of what is done are those of before: only who asks for another one names it."""
    plain = settings_of(Options(speakers=SpeakerOptions(diarize=True)))
    other = settings_of(Options(speakers=SpeakerOptions(diarize=True, diarizer="nemotron")))

    assert plain["speakers"] == {"diarize": True}
    assert other["speakers"] == {"diarize": True, "diarizer": "nemotron"}


@pytest.mark.parametrize(
    ("options", "has_vectors"),
    [
        (SpeakerOptions(), False),
        (SpeakerOptions(diarize=True), True),
        (SpeakerOptions(diarize=True, diarizer="nemotron"), False),
        (SpeakerOptions(diarize=True, diarizer="nemotron", keep_voices=True), True),
    ],
)
def test_vectors_are_made_where_somebody_needs_them(
    options: SpeakerOptions, *, has_vectors: bool
) -> None:
    """With nemotron the other model is needed for what is compared with other recordings alone."""
    assert options.has_vectors is has_vectors


@pytest.mark.parametrize("count", [1, 8])
def test_as_many_as_it_can_tell_apart(count: int) -> None:
    """Eight people are no mistake."""
    assert SpeakerOptions(diarize=True, diarizer="nemotron", count=count).count == count


@pytest.mark.parametrize("told", [{"count": 9}, {"least": 9, "most": 20}])
def test_more_than_it_can_tell_apart(told: dict[str, int]) -> None:
    """A count that it can never reach is refused before anything is heard."""
    with pytest.raises(UsageError, match="8 voices apart at most"):
        SpeakerOptions(diarize=True, diarizer="nemotron", **told)  # type: ignore[arg-type]
