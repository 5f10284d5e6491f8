"""What a recogniser is told before it hears a recording: a topic, names, terms. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from qasr_cli.core.text import canonical, split_words

# The models take 10,000 tokens of it, and every clip reads all of it again.
# Source: https://github.com/QwenLM/Qwen3-ASR/issues/106
MOST_CHARS = 10_000

_BETWEEN_HOTWORDS = re.compile(r"[,，、\r\n]")

# A copy may begin or end with a word of its own ("And", "okay").
_COPIED_SHARE = 0.8
# "Cooper Netties" is what somebody says who says "Kubernetes"; "Yes" is not.
_ALIKE_SHARE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a recogniser is told before it hears one recording.

    Attributes:
        text: whatever it is about; canonical, its lines not empty.
        hotwords: words that may be spoken, the most likely first; canonical, none twice.

    Raises:
        ValueError: it is too long, and how much in one line.
    """

    text: str = ""
    hotwords: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.prompt) > MOST_CHARS:
            raise ValueError(
                f"{len(self.prompt):,} characters of context and hot words; "
                f"at most {MOST_CHARS:,} are taken"
            )

    @property
    def prompt(self) -> str:
        """All of it as one text; "" where there is nothing to tell."""
        # Hot words with spaces, as in the examples that were published with the models.
        return "\n".join(part for part in (self.text, " ".join(self.hotwords)) if part)

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {"text": self.text, "hotwords": list(self.hotwords)}


NO_CONTEXT = Context()


def context_text(text: str) -> str:
    r"""A text as it may stand in a context.

    >>> context_text("  A talk on rivers.\r\n\r\nBy Anna Bell. ")
    'A talk on rivers.\nBy Anna Bell.'
    """
    lines = (canonical(line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def hotwords_from_text(text: str) -> tuple[str, ...]:
    r"""The words of a list, none twice; commas or line breaks separate them.

    A line that begins with `#` says nothing.

    >>> hotwords_from_text("Kubernetes, etcd\n# people\nAnna Bell\n通义千问、etcd")
    ('Kubernetes', 'etcd', 'Anna Bell', '通义千问')
    """
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    words = (canonical(word).strip() for line in lines for word in _BETWEEN_HOTWORDS.split(line))
    return tuple(dict.fromkeys(word for word in words if word))


def with_hotwords(context: Context, *more: Sequence[str]) -> Context:
    """The context with more hot words, in their order, before its own.

    Raises:
        ValueError: it becomes too long.
    """
    words = (word for words in (*more, context.hotwords) for word in words)
    return Context(text=context.text, hotwords=tuple(dict.fromkeys(words)))


# --- text that was told and not heard ---------------------------------------------------------


def is_copied(text: str, prompt: str) -> bool:
    """Whether nearly all words of a text stand in what the recogniser was told.

    >>> is_copied("Kubernetes, etcd.", "etcd Kubernetes"), is_copied("So it is.", "etcd Kubernetes")
    (True, False)
    """
    words = _words(text)
    told = frozenset(_words(prompt))
    copied_count = sum(len(word) for word in words if word in told)
    return copied_count > 0 and copied_count >= _COPIED_SHARE * sum(map(len, words))


def is_alike(first: str, second: str) -> bool:
    """Whether two texts may be spellings of one thing that was said.

    >>> is_alike("Kubernetes.", "Cooper Netties"), is_alike("Kubernetes.", "Yes.")
    (True, False)
    """
    left, right = "".join(_words(first)), "".join(_words(second))
    return SequenceMatcher(None, left, right, autojunk=False).ratio() >= _ALIKE_SHARE


def _words(text: str) -> list[str]:
    return [word.casefold() for word in split_words(text)]
