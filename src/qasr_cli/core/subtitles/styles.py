"""Named ways to subtitle: those of style guides, and tables of settings that users write."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qasr_cli.core.language.languages import code_of, language_from_user
from qasr_cli.errors import UsageError

Settings = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a style guide asks for beyond, or against, the profile of a language.

    Attributes:
        name: as after `--profile`.
        settings: fields of `Limits`, for every language.
        spaced: more for the languages whose text is not full-width.
        by_language: more for some, by language code.
    """

    name: str
    settings: Settings = field(default_factory=dict)
    spaced: Settings = field(default_factory=dict)
    by_language: Mapping[str, Settings] = field(default_factory=dict)

    def for_language(self, language: str | None, *, is_spaced: bool) -> dict[str, int]:
        """All that it says for one language, by its full English name."""
        spaced = self.spaced if is_spaced else {}
        return {**self.settings, **spaced, **self.by_language.get(code_of(language), {})}


# Source: netflix: the language profiles are its guides. bbc: BBC Subtitle Guidelines (160-180
# words a minute, a sentence a cue, no gap or a whole second). ted: TED Translators' subtitling
# tips. vertical: a 9:16 picture. plain: to be read on, a sentence or a long line a cue.
# translated, children: Netflix's speeds for those who do not hear the language, and for programmes
# for children. web-cjk: the custom of video sites, one line of 20 to 24 characters. sdh: Netflix's
# guides for the deaf and hard of hearing to the letter, which ask Chinese and Japanese for spaces
# in place of commas and stops, for words for sounds in square brackets (Japanese in round ones),
# and for an ellipsis of one character.
_TRANSLATED: Mapping[str, Settings] = {
    "en": {"chars_per_s": 20},
    "zh": {"chars_per_s": 9},
    "yue": {"chars_per_s": 9},
    "ja": {"chars_per_s": 4},
    "ko": {"chars_per_s": 12},
    "hi": {"chars_per_s": 22},
    "ar": {"chars_per_s": 20},
}
_CHILDREN: Mapping[str, Settings] = {
    "en": {"chars_per_s": 17},
    "ja": {"chars_per_s": 4},
    "ko": {"chars_per_s": 9},
}
_SDH: Mapping[str, Settings] = {
    "zh": {"spaced_stops": 1},
    "yue": {"spaced_stops": 1},
    "ja": {"line_chars": 16, "spaced_stops": 1, "sound_brackets": 2},
    "ar": {"chars_per_s": 23},
    "hi": {"chars_per_s": 25},
}
STYLES = {
    style.name: style
    for style in (
        Style(name="netflix"),
        Style(
            name="bbc",
            settings={"min_duration_ms": 1000, "gap_ms": 0, "chain_ms": 1000, "sentence": 1},
            spaced={"line_chars": 37, "chars_per_s": 17},
        ),
        Style(
            name="ted",
            settings={"min_duration_ms": 1000, "max_duration_ms": 7000},
            spaced={"line_chars": 42, "chars_per_s": 21},
        ),
        Style(
            name="vertical",
            settings={"line_chars": 11, "line_count": 2},
            spaced={"line_chars": 22, "chars_per_s": 17},
        ),
        Style(
            name="plain",
            settings={"line_chars": 42, "line_count": 1, "sentence": 1},
            spaced={"line_chars": 84},
        ),
        Style(
            name="sdh",
            settings={"sound_brackets": 1, "single_ellipsis": 1},
            spaced={"chars_per_s": 20},
            by_language=_SDH,
        ),
        Style(name="translated", spaced={"chars_per_s": 17}, by_language=_TRANSLATED),
        Style(
            name="children",
            settings={"chars_per_s": 7},
            spaced={"chars_per_s": 13},
            by_language=_CHILDREN,
        ),
        Style(
            name="web-cjk",
            by_language={
                code: {"line_chars": 22, "line_count": 1} for code in ("zh", "yue", "ja", "ko")
            },
        ),
    )
}
NETFLIX, SDH = STYLES["netflix"], STYLES["sdh"]


# Far past what anyone reads, so that only a slip of the keyboard is refused.
RANGES = {
    "line_chars": (1, 500),
    "chars_per_s": (1, 100),
    "line_count": (1, 3),
    "min_duration_ms": (0, 60_000),
    "max_duration_ms": (100, 60_000),
    "gap_ms": (0, 2000),
    "chain_ms": (0, 10_000),
    "line_words": (0, 100),
    "max_gap_ms": (100, 60_000),
    "lead_in_ms": (0, 2000),
    "linger_ms": (0, 10_000),
    "sentence": (0, 1),
    "inaudible": (0, 1),
    "spaced_stops": (0, 1),
    "dash_space": (0, 1),
    "sound_brackets": (0, 2),
    "single_ellipsis": (0, 1),
    "least_line_percent": (0, 100),
}
# Rules that cutting weighs anyway, so that only lint counts them. They stand in no style: those
# of finished archives would be others then. Source: TED Translators' subtitling tips.
COUNTED: Mapping[str, Settings] = {"ted": {"least_line_percent": 50}}


def style_from_table(name: str, table: Mapping[str, object]) -> Style:
    """A style from a table as TOML gives it: settings, and under a language more of them.

    >>> style_from_table("mine.toml", {"line_chars": 36, "ja": {"line_chars": 14}}).by_language
    {'ja': {'line_chars': 14}}

    Raises:
        UsageError: a key or a value is not one that a style has.
    """
    languages = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    common = {key: value for key, value in table.items() if key not in languages}
    return Style(
        name=name,
        settings=_settings(name, common),
        by_language={
            code_of(language_from_user(key)): _settings(f"{name} [{key}]", value)
            for key, value in languages.items()
        },
    )


def _settings(place: str, table: Mapping[str, object]) -> Settings:
    settings: dict[str, int] = {}
    for key, value in table.items():
        if key not in RANGES:
            raise UsageError(f"{place}: {key} is not a setting; one of: {', '.join(RANGES)}")
        settings[key] = checked(f"{place}: {key}", key, value)
    return settings


def checked(place: str, key: str, value: object) -> int:
    """The value of a setting, if it is one that makes sense.

    Args:
        place: what the user would look for: the option, or the file and the key.
        key: a field of `Limits`.
        value: what stands there; true and false count as 1 and 0.

    Raises:
        UsageError: it is no whole number, or out of range.
    """
    lowest, highest = RANGES[key]
    if not isinstance(value, int) or not lowest <= value <= highest:
        raise UsageError(f"{place} takes {lowest} to {highest}, not {value}")
    return int(value)
