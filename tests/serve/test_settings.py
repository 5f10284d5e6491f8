"""What the fields of a form ask for, as options."""

import pytest

from qasr_cli.core.clips.context import Context
from qasr_cli.options import Options
from qasr_cli.serve import settings
from qasr_cli.serve.refusals import Refused

_TOLD = Options(context=Context(text="A talk.", hotwords=("Ada",)))


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], []),
        (["word", "segment"], ["word", "segment"]),
        (["word, segment", ""], ["word", "segment"]),
        (['["word", "segment"]', "more"], ["word", "segment", "more"]),
        (["[not json", "{}"], ["[not json", "{}"]),
        (["[" * 5000], ["[" * 5000]),
    ],
)
def test_lists_come_in_three_ways(values: list[str], found: list[str]) -> None:
    """A field each, separated by commas, or JSON; what is none of them is a member itself."""
    assert settings.listed(values) == found


def test_what_a_request_says_goes_before_what_the_service_was_told() -> None:
    """Text and hot words each by themselves; a hot word counts once."""
    assert settings.with_context(_TOLD, None, []) is _TOLD
    asked = settings.with_context(_TOLD, "A film.", ["Öl, Babbage", "Öl"])
    assert asked.context == Context(text="A film.", hotwords=("Öl", "Babbage"))
    assert settings.with_context(_TOLD, "A film.", []).context.hotwords == ("Ada",)
    assert settings.with_context(_TOLD, None, ["Öl"]).context.text == "A talk."


def test_channels_and_style() -> None:
    """Each is one of a list, which the refusal names."""
    assert settings.with_channels(Options(), "split").decode.channels == "split"
    with pytest.raises(Refused, match="mix, left, right, split"):
        settings.with_channels(Options(), "both")
    with pytest.raises(Refused, match="profile takes "):
        settings.with_profile(Options(), "none of them")


@pytest.mark.parametrize(
    ("value", "is_yes"), [("true", True), (" YES ", True), ("1", True), ("0", False), (None, False)]
)
def test_yes(value: str | None, *, is_yes: bool) -> None:
    """As programs and people write it."""
    assert settings.is_true(value) == is_yes
