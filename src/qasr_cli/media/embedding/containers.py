"""Which containers carry subtitles as text, in which form, and how each spells a language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from qasr_cli.media.suffixes import suffix_of

COPY_MARK = ".subtitled"  # talk.mp4 -> talk.subtitled.mp4

# ISO 639-2 has two codes for some languages. Matroska keeps the bibliographic ones.
# Source: RFC 9559, "Language Codes"
_BIBLIOGRAPHIC = {
    "zho": "chi",
    "ces": "cze",
    "nld": "dut",
    "fra": "fre",
    "deu": "ger",
    "ell": "gre",
    "mkd": "mac",
    "msa": "may",
    "fas": "per",
    "ron": "rum",
}
# QuickTime has numbers for languages; ffmpeg finds them under these names alone.
_OF_QUICKTIME = {
    **_BIBLIOGRAPHIC,
    "fra": "fra",
    "ron": "ron",
    "ces": "ces",
    "swe": "sve",
    "fil": "tgl",
    "fre": "fra",
    "rum": "ron",
    "cze": "ces",
    "yue": "chi",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container that carries subtitles as text.

    Attributes:
        muxer: ffmpeg's name for it.
        formats: of ours that its track can be made from, the usual one first.
        codec: what they become in it.
        options: of its muxer, for this track's sake.
        tag: of the track's codec; "" = the muxer's own choice.
        spellings: of languages, where they are not those of ISO 639-2/T.
        codecs: all that it takes; None = whatever its muxer does.
    """

    muxer: str
    formats: tuple[str, ...]
    codec: str = "copy"
    tag: str = ""
    spellings: Mapping[str, str] = field(default_factory=dict)
    codecs: frozenset[str] | None = None

    def spelling_of(self, language: str) -> str:
        """How it writes a language: a code of ISO 639-2, of either kind."""
        return self.spellings.get(language, language)


_MP4 = Container(muxer="mp4", formats=("srt",), codec="mov_text")
_MOBILE = Container(muxer="3gp", formats=("srt",), codec="mov_text")
# Else ffmpeg calls the track `text`, which QuickTime takes for another format.
_QUICKTIME = Container(
    muxer="mov", formats=("srt",), codec="mov_text", tag="tx3g", spellings=_OF_QUICKTIME
)
_MATROSKA = Container(muxer="matroska", formats=("srt", "ass"), spellings=_BIBLIOGRAPHIC)
_WEBM = Container(
    muxer="webm",
    formats=("vtt",),
    spellings=_BIBLIOGRAPHIC,
    # Source: https://www.webmproject.org/docs/container/
    codecs=frozenset({"vp8", "vp9", "av1", "vorbis", "opus", "webvtt"}),
)
_BY_SUFFIX = {
    **dict.fromkeys((".mp4", ".m4v"), _MP4),
    **dict.fromkeys((".3gp", ".3gpp"), _MOBILE),
    **dict.fromkeys((".mov", ".qt", ".mqv"), _QUICKTIME),
    **dict.fromkeys((".mkv", ".mk3d"), _MATROSKA),
    ".webm": _WEBM,
}


def container_of(path: str) -> Container | None:
    """The container that a name stands for; None where it carries no subtitles as text."""
    return _BY_SUFFIX.get(suffix_of(path))


def copy_suffix(path: str) -> str | None:
    """What the name of a recording's copy ends on; None where there can be none.

    >>> copy_suffix("a/Talk.MP4"), copy_suffix("talk.mp3")
    ('.subtitled.MP4', None)
    """
    if container_of(path) is None:
        return None
    return COPY_MARK + path[-len(suffix_of(path)) :]
