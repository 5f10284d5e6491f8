"""Reads the recogniser's answer: `language English<asr_text>Hello.` Pure; no torch."""

from dataclasses import dataclass

from qasr_cli.core.clips import health
from qasr_cli.core.language.languages import language_from_model
from qasr_cli.core.text import canonical

ANSWER_MARKER = "<asr_text>"  # ends the language, begins the text
_PREFIX = "language "


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the recogniser heard in one clip.

    Attributes:
        text: canonical, loops cut; "" when nothing was said.
        language: full English name; None when nothing was said, or when the model names none.
        truncated: the answer reached its cap before its end.
        repetition: a loop was cut.
    """

    text: str
    language: str | None
    truncated: bool
    repetition: bool


def parse(raw: str, *, forced_language: str | None, truncated: bool) -> Heard:
    """The content of a raw answer.

    Args:
        raw: decoded as it came, without special tokens.
        forced_language: the language that stood in the prompt; the answer then is all text.
        truncated: the answer reached its cap; its last character may then lack bytes.
    """
    if truncated:
        raw = raw.rstrip("\ufffd")
    if forced_language is None:
        language, spoken = _split(raw)
    else:
        language, spoken = forced_language, raw
    text = health.without_loops(spoken)
    repetition = text != spoken
    text = canonical(text).strip()
    return Heard(
        text=text,
        language=language if text else None,
        truncated=truncated,
        repetition=repetition,
    )


def _split(raw: str) -> tuple[str | None, str]:
    head, marker, text = raw.partition(ANSWER_MARKER)
    if not marker:
        return None, raw
    name = head.strip()
    if name.lower().startswith(_PREFIX):
        name = name[len(_PREFIX) :]
    return language_from_model(name), text
