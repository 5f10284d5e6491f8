"""The known word that is closest to a word nobody knows."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that names the closest known word; "" where none is close.

    >>> did_you_mean("Transcrib", ["transcribe", "batch"])
    'did you mean transcribe?'
    """
    import difflib  # only mistakes need it

    spelt = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), spelt, n=1)
    return f"did you mean {spelt[close[0]]}?" if close else ""
