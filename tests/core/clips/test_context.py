"""What a recogniser is told, and how text is known that it copied from there."""

import pytest

from qasr_cli.core.clips.context import (
    MOST_CHARS,
    Context,
    context_text,
    hotwords_from_text,
    is_alike,
    is_copied,
    with_hotwords,
)

TOLD = "A meeting on cloud software.\nKubernetes etcd Anna Bell 通义千问"


def test_text_and_hot_words_become_one_prompt() -> None:
    """The text first, then the words; nothing told is an empty prompt."""
    assert Context(text="On rivers.", hotwords=("Rhine", "Anna Bell")).prompt == (
        "On rivers.\nRhine Anna Bell"
    )
    assert Context(hotwords=("Rhine",)).prompt == "Rhine"
    assert Context().prompt == ""


def test_a_context_too_long_is_refused() -> None:
    """At the limit it is taken; one character more is told with its count."""
    Context(text="x" * MOST_CHARS)

    with pytest.raises(ValueError, match="10,001 characters of context and hot words"):
        Context(text="x" * (MOST_CHARS - 2), hotwords=("ab",))


def test_controls_are_no_part_of_it() -> None:
    """Line ends, tabs, controls and blank lines are made harmless; what is written stays."""
    assert context_text("\ufeffA\tB\x00\r\n \n<i>C</i> ") == "\ufeffA B\n<i>C</i>"
    assert hotwords_from_text("a\tb,, c\x00 ,\n#d\n , ，e") == ("a b", "c", "e")


def test_hot_words_add_up() -> None:
    """Those named first come first, the context's own last, and none comes twice."""
    context = Context(text="T", hotwords=("own", "both"))

    assert with_hotwords(context, ("both", "a"), (), ("b",)) == Context(
        text="T", hotwords=("both", "a", "b", "own")
    )
    with pytest.raises(ValueError, match="at most"):
        with_hotwords(context, ("x" * MOST_CHARS,))


@pytest.mark.parametrize(
    "text", ["Kubernetes.", "etcd, Kubernetes, ETCD!", "通义千问。", "And Kubernetes, Anna Bell."]
)
def test_a_copy_is_known(text: str) -> None:
    """Order, case, punctuation and a small word of its own hide no copy."""
    assert is_copied(text, TOLD)


@pytest.mark.parametrize("text", ["", "...", "So it is.", "We met Anna there.", "千里之行。"])
def test_text_of_its_own_is_no_copy(text: str) -> None:
    """A word of the context among others is what hot words are for."""
    assert not is_copied(text, TOLD)


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Kubernetes.", "Kubernetes.", True),
        ("Kubernetes.", "Cooper Netties", True),
        ("etcd", "E T C D.", True),
        ("通义千问。", "同义千问。", True),
        ("Kubernetes.", "", False),
        ("Kubernetes.", "Yes.", False),
        ("Kubernetes etcd Anna Bell", "Uh, okay.", False),
    ],
)
def test_spellings_of_one_sound_are_alike(first: str, second: str, *, alike: bool) -> None:
    """What is half the same may well have been said; what is not was not."""
    assert is_alike(first, second) is alike
