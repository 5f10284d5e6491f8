"""The text in the bytes of a file, whatever encoding somebody saved it in. No I/O.

What is certain comes first: a byte order mark, then UTF-8. The rest is a guess, and is said.
"""

import codecs
import re

from qasr_cli.formats.readers.latin import latin_page

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF8, "utf-8"),
)
# Every file of subtitles has such an arrow, in pairs of bytes.
_ARROWS = ((b"-\0-\0>\0", "utf-16-le"), (b"\0-\0-\0>", "utf-16-be"))
_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257", "cp1258")
_OTHERS = (
    *("gb18030", "big5", "cp932", "euc_jp", "cp949"),
    *("cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp874"),
)
_NAMES = {
    "gb18030": "GB18030",
    "big5": "Big5",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "cp949": "EUC-KR",
    "koi8_r": "KOI8-R",
}
_HIGH = re.compile(rb"[\x80-\xff]+")
_QUOTES = re.compile(
    rb"[\x82\x84\x85\x8b\x91-\x97\x9b\xa0\xab\xbb]+"
)  # and dashes, on all Latin pages
_LETTER = re.compile(rb"[A-Za-z]")
_JIS_BEGINS = re.compile(rb"\x1b\$[@B]")
_THAI_MARKS = "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
_UNLIKELY = {  # what hardly anybody writes in each, and how large a share of its text that may be
    "cp932": (re.compile("[\uff61-\uff9f]"), 0.5),  # letters of half the width
    "cp949": (re.compile("[\u3041-\u30fe\u3131-\u318e\u4e00-\u9fff\uf900-\ufaff]"), 0.2),
    "cp874": (re.compile(f"[ฃฅ๏๚๛]|(?<![ก-ฮ{_THAI_MARKS}])[{_THAI_MARKS}]"), 0.01),
}
_PROBE_BYTES = 1 << 16  # enough to tell a language, and read in a blink
_MOSTLY = 4  # sound characters for a broken one, in a file that is UTF-8 and was damaged


def text_from(data: bytes) -> str:
    """The text of a file that is read rightly or not at all, such as settings. Nothing is guessed.

    Raises:
        ValueError: it is in no encoding of Unicode's.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.removeprefix(mark).decode(encoding)
    return data.decode()


def decoded(data: bytes) -> tuple[str, str | None]:
    """The text, without byte order marks, and what a person should know of how it was read.

    Raises:
        ValueError: it is no text, or in no encoding that is known here.
    """
    text, note = _decoded(data)
    kept = text.rstrip("\0")
    # A computer that lost its power leaves them where the end was to be written.
    if kept != text and ">" in kept:
        text = kept
        end = "ends in zero bytes, as after a power cut: the end of the text may be missing"
        note = end if note is None else f"{note}; {end}"
    if "\0" in text:
        raise ValueError("is no text file")
    return text.replace("\ufeff", ""), note


def _decoded(data: bytes) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        # A file of UTF-8 whose first lines alone were marked may go on in anything.
        if data.startswith(mark) and encoding != "utf-8":
            return _marked(data.removeprefix(mark), encoding)
    data = data.removeprefix(codecs.BOM_UTF8)
    for arrow, encoding in _ARROWS:
        if arrow in data and data.index(arrow) % 2 == 0:
            return _marked(data, encoding)
    if _JIS_BEGINS.search(data) and not _HIGH.search(data):
        return data.decode("iso2022_jp_ext", errors="replace"), "read as ISO-2022-JP"
    try:
        return data.decode(), None
    except UnicodeDecodeError:
        pass
    text = data.decode(errors="replace")
    broken_count = text.count("\ufffd")
    if sum(char > "\x7f" for char in text) - broken_count >= _MOSTLY * broken_count:
        return text, f"is damaged UTF-8: read with {broken_count} characters missing (\ufffd)"
    encoding = _guess(data)
    name = _NAMES.get(encoding, encoding.replace("cp", "windows-"))
    return data.decode(encoding, errors="replace"), (
        f"read as {name}, which is a guess; if letters are wrong, save it as UTF-8"
    )


def _marked(data: bytes, encoding: str) -> tuple[str, str | None]:
    """What `decoded` gives, where the encoding is certain.

    Raises:
        ValueError: it is no text.
    """
    text = data.decode(encoding, errors="replace")
    broken_count = text.count("\ufffd")
    if broken_count == 0:
        return text, None
    if len(text) <= _MOSTLY * broken_count:
        raise ValueError(f"is marked as {encoding.upper()} and is no such text")
    return text, f"is damaged {encoding.upper()}: read with {broken_count} characters missing"


def _guess(data: bytes) -> str:
    """The encoding that makes the most likely text of lines that are not ASCII.

    Raises:
        ValueError: none makes a text.
    """
    from charset_normalizer import from_bytes

    # Lines of times and of plain English say nothing of the encoding.
    found = [line for line in data.splitlines() if _HIGH.search(line)]
    lines = b"\n".join(found)[:_PROBE_BYTES]
    letter_count = len(_LETTER.findall(data))
    if _is_latin(lines, others_count=letter_count - len(_LETTER.findall(b"\n".join(found)))):
        return latin_page(lines.split(b"\n"), letter_count=letter_count)
    likely = [*_OTHERS, *_LATIN]
    best = from_bytes(lines, cp_isolation=likely).best()
    while best is not None and best.encoding in _UNLIKELY and _is_unlikely(lines, best.encoding):
        if best.encoding == "cp949" and _has_kana(lines):
            return "euc_jp"
        likely.remove(best.encoding)
        best = from_bytes(lines, cp_isolation=likely).best()
    if best is None:
        raise ValueError("is in an encoding that cannot be told; save it as UTF-8 first")
    if best.encoding in _LATIN:
        return latin_page(lines.split(b"\n"), letter_count=letter_count)
    return best.encoding


def _has_kana(data: bytes) -> bool:
    """Whether it is Japanese without doubt: no Korean writes kana."""
    text = re.sub(r"[\x00-\x7f]", "", data.decode("euc_jp", errors="replace"))
    return 5 * len(re.findall("[\u3041-\u30fe]", text)) > len(text)


def _is_unlikely(data: bytes, encoding: str) -> bool:
    """Whether it would be what any bytes can be read as, and nobody writes."""
    text = re.sub(r"[\x00-\x7f]", "", data.decode(encoding, errors="replace"))
    pattern, share = _UNLIKELY[encoding]
    return len(pattern.findall(text)) > share * len(text)


def _is_latin(data: bytes, *, others_count: int) -> bool:
    """Whether letters beyond ASCII stand alone among others, as accents do.

    Args:
        data: the lines that have some.
        others_count: how many letters the other lines have.
    """
    runs = _HIGH.findall(data)
    high_count = sum(map(len, runs))
    letter_count = len(_LETTER.findall(data))
    signs = [_QUOTES.fullmatch(run) is not None for run in runs]
    lone_count = sum(len(run) <= 2 or sign for run, sign in zip(runs, signs, strict=True))  # noqa: PLR2004  # "çã"
    if all(signs):
        return True
    is_rare = others_count > 10 * (high_count + letter_count)
    return (is_rare or letter_count > 2 * high_count) and lone_count >= 0.9 * len(runs)
