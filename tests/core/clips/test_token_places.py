"""Tokens of an answer, where they stand in the text that is made of it."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.clips.health import without_loops
from qasr_cli.core.clips.token_places import tokens_in, tokens_on_text
from qasr_cli.core.text import canonical
from qasr_cli.core.types import HeardToken
from tests.strategies import texts

Placed = list[tuple[str, float]]


def decoded(pieces: Sequence[bytes]) -> str:
    """What a tokenizer makes of its tokens: bytes that are no character yet become a sign."""
    return b"".join(pieces).decode(errors="replace")


def in_raw(pieces: Sequence[bytes]) -> tuple[HeardToken, ...]:
    """The tokens in their decoded text; the nth is n percent probable."""
    ids = range(len(pieces))
    shares = [index / 100 for index in ids]

    def decode(some: Sequence[int]) -> str:
        return decoded([pieces[index] for index in some])

    return tokens_in(decode(ids), ids, shares, decode)


def shown(text: str, tokens: Sequence[HeardToken]) -> Placed:
    """Each token as it stands in the text."""
    return [(text[token.char_start : token.char_end], token.probability) for token in tokens]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"Hel", b"lo", b" you"], [("Hel", 0.0), ("lo", 0.01), (" you", 0.02)]),
        ([b"caf", b"\xc3", b"\xa9"], [("caf", 0.0), ("é", 0.01), ("é", 0.02)]),
        (
            [b"\xf0", b"\x9f", b"\x98", b"\x80", b"!"],
            [("😀", 0.0), ("😀", 0.01), ("😀", 0.02), ("😀", 0.03), ("!", 0.04)],
        ),
        ([b"\xe4\xbd\xa0\xe5", b"\xa5\xbd"], [("你好", 0.0), ("你好", 0.01)]),
        ([b"", b"Yes", b""], [("Yes", 0.01)]),
        ([b"Yes", b"\xe4\xbd"], [("Yes", 0.0), ("\ufffd", 0.01)]),
        ([b"Yes", b"\xe4", b"\xbd"], [("Yes", 0.0), ("\ufffd", 0.01), ("\ufffd", 0.02)]),
        ([b"\xe4", b"\xbd", b"Yes"], [("\ufffd", 0.0), ("\ufffd", 0.01), ("Yes", 0.02)]),
        ([b"\xff", b"Yes"], [("\ufffd", 0.0), ("Yes", 0.01)]),
    ],
)
def test_tokens_are_found_in_the_answer(pieces: list[bytes], expected: Placed) -> None:
    """Those that are one character together share its place; what never is one has its own."""
    assert shown(decoded(pieces), in_raw(pieces)) == expected


def test_tokens_that_are_not_the_answer_say_nothing() -> None:
    """A tokenizer that joins tokens in another way makes no word sure."""
    assert tokens_in("Oh, yes", [0, 1], [0.5, 0.5], lambda ids: ["Oh", "yes"][ids[0]]) == ()


@pytest.mark.parametrize(
    ("head", "pieces", "expected"),
    [
        ("", [" Oh", " yes", ". "], [("Oh", 0.0), (" yes", 0.01), (".", 0.02)]),
        ("language English<asr_text>", ["Oh", " yes"], [("Oh", 0.01), (" yes", 0.02)]),
        ("", ["e", "\u0301", "t"], [("é", 0.0), ("t", 0.02)]),
        ("", ["a\n", "b\x00", "\x00", "c"], [("a ", 0.0), ("b", 0.01), ("c", 0.03)]),
        (
            "",
            ["Oh", *[" no"] * 30, " yes"],
            [("Oh", 0.0), (" no", 0.01), (" yes", 0.31)],
        ),
    ],
)
def test_tokens_move_with_the_text(head: str, pieces: list[str], expected: Placed) -> None:
    """Where the language, a loop, controls and white space go, and marks join their letters."""
    spoken = "".join(pieces)
    raw = in_raw([piece.encode() for piece in (*([head] if head else []), *pieces)])

    text = canonical(without_loops(spoken)).strip()
    assert shown(text, tokens_on_text(raw, spoken, spoken_at=len(head))) == expected


@given(texts(), st.data())
def test_tokens_cover_the_text(spoken: str, data: st.DataObject) -> None:
    """However it is cut into tokens, in order, every character of it is in one at least."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(spoken)))) | {0, len(spoken)})
    raw = [
        HeardToken(char_start=first, char_end=end, probability=0.5) for first, end in pairwise(cuts)
    ]

    text = canonical(without_loops(spoken)).strip()
    found = tokens_on_text(raw, spoken, spoken_at=0)

    assert found == tuple(sorted(found, key=lambda token: token.char_start))
    covered = {place for token in found for place in range(token.char_start, token.char_end)}
    assert covered == set(range(len(text)))
