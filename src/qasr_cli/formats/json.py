"""The whole result as JSON: every word with its times and its place in the text."""

import re

from qasr_cli.core.transcript.json_pieces import json_pieces
from qasr_cli.core.transcript.schema import lazy_document
from qasr_cli.core.types import Cue, Transcript


def render(transcript: Transcript, _cues: tuple[Cue, ...]) -> str:
    """The result document without its commit mark; what is not text in UTF-8 stays escaped."""
    pieces = json_pieces(lazy_document(transcript), ensure_ascii=False)
    # A file name that is not UTF-8 carries lone surrogates (PEP 383), which no encoder takes.
    escaped = (re.sub("[\ud800-\udfff]", _escaped, piece) for piece in pieces)
    return "".join((*escaped, "\n"))


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
