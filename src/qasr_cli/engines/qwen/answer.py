"""Reads the recogniser's answer: `language English<asr_text>Hello.` Pure; no torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from qasr_cli.core.clips import health
from qasr_cli.core.clips.token_places import tokens_on_text
from qasr_cli.core.language.languages import languages_from_model
from qasr_cli.core.text import canonical
from qasr_cli.core.types import HeardToken

ANSWER_MARKER = "<asr_text>"  # ends the language, begins the text
_PREFIX = "language "


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the recogniser heard in one clip.

    Attributes:
        text: canonical, loops cut; "" when nothing was said.
        language: full English name; None when nothing was said, or when the model names none that
            is known. Of several, the first.
        truncated: the answer reached its cap before its end.
        repetition: a loop was cut.
        languages: all that the model names, where they are several; else ().
        tokens: at their places in the text; empty where nobody asked.
        ids: the tokens of the whole answer, without its end; empty where nobody asked.
    """

    text: str
    language: str | None
    truncated: bool
    repetition: bool
    languages: tuple[str, ...] = ()
    tokens: tuple[HeardToken, ...] = ()
    ids: tuple[int, ...] = ()


def parse(
    raw: str,
    *,
    forced_language: str | None,
    truncated: bool,
    tokens: Sequence[HeardToken] = (),
) -> Heard:
    """The content of a raw answer.

    Args:
        raw: decoded as it came, without special tokens.
        forced_language: the language that stood in the prompt; the answer then is all text.
        truncated: the answer reached its cap; its last character may then lack bytes.
        tokens: at their places in the raw answer.
    """
    if truncated:
        raw = raw.rstrip("\ufffd")
    if forced_language is None:
        languages, spoken = _split(raw)
    else:
        languages, spoken = (forced_language,), raw
    text = health.without_loops(spoken)
    repetition = text != spoken
    text = canonical(text).strip()
    return Heard(
        text=text,
        language=languages[0] if text and languages else None,
        truncated=truncated,
        repetition=repetition,
        languages=languages if text and len(languages) > 1 else (),
        tokens=tokens_on_text(tokens, spoken, spoken_at=len(raw) - len(spoken)) if tokens else (),
    )


def _split(raw: str) -> tuple[tuple[str, ...], str]:
    head, marker, text = raw.partition(ANSWER_MARKER)
    if not marker:
        return (), raw
    name = head.strip()
    if name.lower().startswith(_PREFIX):
        name = name[len(_PREFIX) :]
    return languages_from_model(name), text
