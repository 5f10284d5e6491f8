import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from qasr_cli.core.text import canonical, is_kept, split_inside, split_words, tile
from tests.strategies import damaged, texts


def slices(text: str, tokens: tuple[str, ...]) -> list[str]:
    """What each token covers."""
    return [text[start:end] for start, end in tile(text, tokens)]


# --- canonical --------------------------------------------------------------------------------


@given(texts() | st.text())
def test_canonical_text_can_be_written_on_one_line(raw: str) -> None:
    """It is NFC, has no control and no line break, fits UTF-8, and is its own canonical form."""
    text = canonical(raw)

    text.encode()
    assert unicodedata.is_normalized("NFC", text)
    assert not {unicodedata.category(char) for char in text} & {"Cc", "Zl", "Zp", "Cs"}
    assert canonical(text) == text


def test_line_breaks_become_spaces_and_controls_go() -> None:
    """Words stay apart where a line break stood, and together where a control did."""
    assert canonical("one\ntwo\u2028three\tfour\x00five") == "one two three fourfive"


def test_what_can_be_printed_stays() -> None:
    """Of every character by itself: so a text that can be printed is not looked at one by one."""
    printable = "".join(char for char in map(chr, range(sys.maxunicode + 1)) if char.isprintable())
    spaced = " \n".join(printable)
    assert canonical(printable) == unicodedata.normalize("NFC", printable)
    assert canonical(spaced) == unicodedata.normalize("NFC", spaced.replace("\n", " "))


def test_noncharacters_go() -> None:
    """What no text may hold is dropped; a letter newer than this Python's tables stays."""
    assert canonical("a\ufffeb\uffffc\ufdd0d\U0010fffee\U00033480") == "abcde\U00033480"


# --- tile -------------------------------------------------------------------------------------


@given(texts(), st.data())
@example("㎏ ㎏", None)
def test_spans_tile_the_text_whatever_the_tokens(raw: str, data: DataObject | None) -> None:
    """One span a token, contiguous, from 0 to the end, however many tokens are lost or wrong."""
    text = canonical(raw)
    words = split_words(text)
    tokens = data.draw(damaged(words)) if data else words

    spans = tile(text, tokens)

    assert len(spans) == len(tokens)
    if spans:
        edges = [0, *(edge for span in spans for edge in span), len(text)]
        assert all(left == right for left, right in zip(edges[::2], edges[1::2], strict=True))
        assert all(start <= end for start, end in spans)


@given(texts())
def test_each_token_covers_exactly_its_own_letters(raw: str) -> None:
    """Where the tokens are the text's, no letter goes to a neighbour."""
    text = canonical(raw)
    tokens = split_words(text)

    covered = ["".join(filter(is_kept, piece)) for piece in slices(text, tokens)]

    assert covered == list(tokens)


@given(texts())
def test_no_tile_starts_with_a_mark_of_the_letter_before(raw: str) -> None:
    """Combining marks and joiners stay with their letter."""
    text = canonical(raw)

    for start, end in tile(text, split_words(text))[1:]:
        category = unicodedata.category(text[start])
        assert start == end or category[0] != "M" or not is_kept(text[start - 1])


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("English", 'He said, "Don’t pay $3.14 — visit https://x.com/a?b=1!" It’s (ok)…'),
        ("Chinese", "我用iPhone，Android和“C++”写了3.14行代码。😀你好！"),
        ("Spanish", "¿Qué tal? ¡Muy bien! Café con leche 👨\u200d👩\u200d👧 y 100 %"),
        ("Japanese", "「ﾊﾟｿｺﾝを①台、３㎏で買った…」と言った。"),
        ("Korean", "학교에 갔다. “정말?” 하고 물었다."),
        ("German", "Er zahlte 3,50 € – „sofort“ – und ging."),
    ],
)
def test_the_tokens_of_the_real_splitter_are_found(language: str, text: str) -> None:
    """Every token of the aligner's own word splitter gets a piece with letters."""
    library = pytest.importorskip("transformers.models.qwen3_asr.processing_qwen3_asr")
    for package, needed_for in (("nagisa", "Japanese"), ("soynlp", "Korean")):
        if language == needed_for:
            pytest.importorskip(package)
    tokens = library.Qwen3ASRProcessor.split_words_for_alignment(None, text, language)

    pieces = slices(text, tuple(tokens))

    letters = ["".join(filter(is_kept, unicodedata.normalize("NFKC", p))) for p in pieces]
    assert letters == tokens


@pytest.mark.parametrize(
    ("text", "tokens", "expected"),
    [
        # closing marks and spaces left, openers and currency right
        ("“Yes”, he (Bob) paid $5.", ("Yes", "he", "Bob", "paid", "5"),
         ["“Yes”, ", "he ", "(Bob) ", "paid ", "$5."]),
        # without spaces a straight quote opens and closes in turn
        ('他说"你好"了', ("他", "说", "你", "好", "了"), ["他", "说", '"你', '好"', "了"]),
        # an opener with a space behind it
        ("Il dit « oui » à 5 € net", ("Il", "dit", "oui", "à", "5", "net"),
         ["Il ", "dit ", "« oui » ", "à ", "5 ", "€ net"]),
        # a dash between spaces belongs to the word before it
        ("well — yes", ("well", "yes"), ["well — ", "yes"]),
        # but after a sentence it is another speaker's; so are the notes of a song
        ("Oui ? - Non. – Si.", ("Oui", "Non", "Si"), ["Oui ? ", "- Non. ", "– Si."]),
        ("♪ la ♪ ♪ lo ♪", ("la", "lo"), ["♪ la ♪ ", "♪ lo ♪"]),
        # an unfinished last word that a splitter dropped
        ("今日は天気です", ("今日", "は", "天気"), ["今日", "は", "天気です"]),
        # one word misheard by the splitter
        ("abc xyz def", ("abc", "QQQ", "def"), ["abc xyz ", "", "def"]),
        # nothing fits
        ("abc", ("QQ", "ZZ"), ["abc", ""]),
        # one character that became two tokens is with the first
        ("3 ㎏, ja", ("3", "k", "g", "ja"), ["3 ", "㎏, ", "", "ja"]),
        # İ becomes i and a mark when it is folded
        ("İzmir çok", ("Izmir", "çok"), ["İzmir ", "çok"]),
        ("…", (), []),
    ],
)  # fmt: skip
def test_what_stands_between_words_goes_where_it_belongs(
    text: str, tokens: tuple[str, ...], expected: list[str]
) -> None:
    """Punctuation is read as people set it."""
    assert slices(text, tokens) == expected


def test_tokens_are_found_again_after_a_stretch_without() -> None:
    """Text that lost its tokens goes to the token before; what follows has its own."""
    words = tuple(f"word{index}" for index in range(100))
    tokens = (*words[:40], *words[60:80], "QQQQ", *words[81:])

    pieces = slices(" ".join(words), tokens)

    assert "".join(pieces) == " ".join(words)
    found = [piece.strip() == token for token, piece in zip(tokens, pieces, strict=True)]
    assert found.count(False) < 12
    assert all(found[:39])
    assert all(found[-15:])


# --- split_words, split_inside ----------------------------------------------------------------


def test_words_without_an_aligner_follow_the_script() -> None:
    """Words between spaces, single Han and Kana, Thai syllables with their vowels."""
    assert split_words("A 3.14-kg “state-of-the-art”") == ("A", "314kg", "stateoftheart")
    assert split_words("你好ok吗") == ("你", "好", "ok", "吗")
    assert split_words("เก่งมาก") == ("เก", "ง", "มา", "ก")  # tone marks are no letters
    assert split_words(" — ") == ()


@given(texts())
def test_a_split_piece_has_letters_on_both_sides_of_each_cut(raw: str) -> None:
    """Cutting inside a token loses nothing and makes no piece without a letter."""
    text = canonical(raw)

    spans = split_inside(text, (0, len(text)))

    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]
    assert (spans[0][0], spans[-1][1]) == (0, len(text))
    if len(spans) > 1:
        assert all(any(map(is_kept, text[start:end])) for start, end in spans)


@pytest.mark.parametrize("text", ["3.14", "https://x.com/a?b=1,2", "state-of-the-art", "don’t"])
def test_numbers_addresses_and_compounds_stay_whole(text: str) -> None:
    """Only spaces, full-width punctuation, an ellipsis or a long dash cut a token."""
    assert split_inside(text, (0, len(text))) == ((0, len(text)),)
    assert len(tuple(pairwise(split_inside("a—b，c…d", (0, 7))))) == 3
