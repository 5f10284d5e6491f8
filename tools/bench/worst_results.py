"""JSON at which `qasr render` stumbles, of qasr and of others: each kind of any number of bytes."""

from collections.abc import Callable

from tools.bench.worst_texts import Text, repeated, size_of

Piece = Callable[[int], str]

_TIMES = '"start":0,"end":9'
# Of so many words, each is among the rarer ones of its text: the worst for a search of likenesses.
_VOCABULARY_COUNT = 211


def _list(piece: Piece, *, before: str = "[", after: str = "]", between: str = ",") -> Text:
    """Pieces by their number, up to a number of bytes, with something around all of them."""

    def text(byte_count: int) -> str:
        count = max(byte_count // size_of(piece(1000)), 1)
        return before + between.join(map(piece, range(count))) + after

    return text


# --- of whisper and its kin -------------------------------------------------------------------


def _segments(piece: Piece) -> Text:
    return _list(piece, before='{"language":"en","segments":[', after="]}")


def _segment_of(piece: str) -> Text:
    """All in the text of one segment."""
    return repeated(piece, before=f'{{"segments":[{{{_TIMES},"text":"a', after='b"}]}')


def _words(piece: Piece) -> Text:
    """All in the words of one segment."""
    return _list(piece, before=f'{{"segments":[{{{_TIMES},"text":"","words":[', after="]}]}")


def _word(index: int) -> str:
    return f'{{"word":" word","start":{index},"end":{index + 0.5}}}'


def _interrupted(byte_count: int) -> str:
    """Somebody who speaks all the time, and another who says a word every few seconds."""
    count = byte_count // 100
    words = ",".join(map(_word, range(count)))
    others = ",".join(
        f'{{"speaker":"B","start":{i + 0.2},"end":{i + 0.6},"text":" Yes.",'
        f'"words":[{{"word":" Yes.","start":{i + 0.2},"end":{i + 0.6}}}]}}'
        for i in range(5, count, 10)
    )
    long = f'{{"speaker":"A","start":0,"end":{count},"text":"","words":[{words}]}}'
    return f'{{"segments":[{long},{others}]}}'


def _words_beside(byte_count: int) -> str:
    count = byte_count // 75
    words = ",".join(map(_word, range(count)))
    segment = f'{{"start":0,"end":{count},"text":"{" word" * count}"}}'
    return f'{{"segments":[{segment}],"words":[{words}]}}'


WHISPER: dict[str, Text] = {
    # segments
    "segments": _segments(lambda i: f'{{"start":{i},"end":{i + 1},"text":" One word, another."}}'),
    "segments of a letter": _segments(lambda i: f'{{"start":{i},"end":{i + 1},"text":"a"}}'),
    "segments without text": _segments(lambda i: f'{{"start":{i},"end":{i + 1},"text":""}}'),
    "segments with one time": _segments(lambda i: f'{{"start":{i},"text":" word,"}}'),
    "segments without times": _segments(
        lambda i: '{"text":" word,"}' if i else '{"start":1,"text":" word"}'
    ),
    "no times at all": _segments(lambda _: '{"text":" word,"}'),
    "segments backwards": _segments(
        lambda i: f'{{"start":{900_000 - i},"end":{900_001 - i},"text":" word,"}}'
    ),
    "segments that end before they start": _segments(
        lambda i: f'{{"start":{i + 1},"end":{i},"text":" word,"}}'
    ),
    "segments at one time": _segments(lambda _: f'{{{_TIMES},"text":" word,"}}'),
    "segments that overlap": _segments(
        lambda i: f'{{"start":{i},"end":{i + 1000},"text":" word,"}}'
    ),
    "segments inside others": _segments(
        lambda i: f'{{"start":{i},"end":{900_000 - i},"text":" word,"}}'
    ),
    "speakers": _segments(
        lambda i: f'{{"start":{i},"end":{i + 5},"speaker":"S{i}","text":" word,"}}'
    ),
    "two speakers at once": _segments(
        lambda i: f'{{"start":{i},"end":{i + 9},"speaker":{i % 2},"text":" a b c,"}}'
    ),
    "a speaker interrupted": _interrupted,
    "languages": _segments(
        lambda i: f'{{"start":{i},"end":{i + 1},"language":"{("de", "zh")[i % 2]}","text":" a"}}'
    ),
    # the text of one
    "one word": _segment_of("a"),
    "one line": _segment_of("word "),
    "sentences on one line": _segment_of("Some words. "),
    "Han": _segment_of("我在家，"),
    "Thai": _segment_of("กา"),
    "accents": _segment_of("\u0301\u0316"),
    "escaped accents": _segment_of("\\u0301"),
    "long ligatures": _segment_of("\ufdfa"),
    "spaces": _segment_of(" "),
    "dots": _segment_of("."),
    "dots before a dash": repeated(
        "!", before=f'{{"segments":[{{{_TIMES},"text":"a', after='- b c"}]}'
    ),
    "dots and spaces before a dash": repeated(
        "! ", before=f'{{"segments":[{{{_TIMES},"text":"a', after='- b c"}]}'
    ),
    "stray punctuation": _segment_of("? "),
    "quotes": _segment_of('\\"'),
    "quoted letters": _segment_of('\\"a '),
    "opening brackets": _segment_of("("),
    "opening brackets apart": _segment_of(" ("),
    "turns": _segment_of("- Yes? "),
    "joiners": _segment_of("\u200d"),
    "controls": _segment_of("\\u0001"),
    "halves of surrogates": _segment_of("\\ud800"),
    "numbers and commas": _segment_of("1,"),
    # words
    "words": _words(_word),
    "words of no letters": _words(lambda i: f'{{"word":"-","start":{i},"end":{i + 1}}}'),
    "words backwards": _words(
        lambda i: f'{{"word":" w","start":{900_000 - i},"end":{900_001 - i}}}'
    ),
    "words without times": _words(lambda _: '{"word":" word"}'),
    "words of which every other has times": _words(
        lambda i: _word(i) if i % 2 else '{"word":" word"}'
    ),
    "words of which the first has times": _words(lambda i: '{"word":" word"}' if i else _word(i)),
    "words to and fro": _words(lambda i: f'{{"word":" w","start":{i * 7919 % 1000},"end":1000}}'),
    "words of a word": repeated(
        "word ",
        before=f'{{"segments":[{{{_TIMES},"words":[{{"word":"',
        after=f'b",{_TIMES}}}]}}]}}',
    ),
    "words beside their segments": _words_beside,
    "words alone": _list(_word),
    "tokens": _list(
        lambda i: f'{{"text":"a","t0":{i},"t1":{i + 1}}}',
        before=f'{{"transcription":[{{{_TIMES},"text":"","tokens":[',
        after="]}]}",
    ),
    "tokens cut inside characters": _list(
        lambda i: f'{{"text":"\udce4","t0":{i},"t1":{i + 1}}}',
        before=f'{{"transcription":[{{{_TIMES},"text":"a","tokens":[',
        after="]}]}",
    ),
    # JSON
    "lists in lists": repeated("["),
    "objects in objects": repeated('{"results":'),
    "objects in lists": repeated('[{"results":'),
    "empty lists": repeated("[],", before="[", after="1]"),
    "lists of readings": repeated('{"alternatives":[{}]},', before="[", after="{}]"),
    "numbers": repeated("1,", before=f'[{{{_TIMES},"text":"a"}},', after="1]"),
    "a long number": repeated("1", before='[{"text":"a","start":', after="}]"),
    "long numbers": _segments(lambda _: f'{{"start":{"1" * 4000},"text":"a"}}'),
    "a long fraction": repeated("1", before='[{"text":"a","start":0.', after="}]"),
    "a long clock": repeated("1", before='[{"text":"a","start":"', after='"}]'),
    "clocks": _segments(lambda i: f'{{"start":"{i // 60}:{i % 60}.5","text":" word,"}}'),
    "names": _list(lambda i: f'"{i}":0', before="{", after="}"),
    "one name again and again": repeated('"segments":[],', before="{", after='"a":0}'),
    "white space": repeated(" ", before="[", after="]"),
    "lines of JSON": _list(
        lambda i: f'{{"start":{i},"end":{i + 1},"text":" word,"}}\n',
        before="",
        after="",
        between="",
    ),
    "lines that break off": _list(
        lambda i: f'{{"start":{i},"end":{i + 1},"text":" word,"}}\n',
        before="",
        after='{"start',
        between="",
    ),
    "lines of opened lists": repeated("[\n"),
    "a text that breaks off": repeated("a", before='[{"text":"'),
    "backslashes": repeated("\\\\", before='[{"text":"'),
    "letters of an old encoding": repeated(
        "f\udcfcr ", before=f'{{"segments":[{{{_TIMES},"text":"', after='"}]}'
    ),
}


# --- of qasr ----------------------------------------------------------------------------------

_AROUND = (
    '"schema_version":1,"file":"a.wav","duration_ms":99999999,"language":"English",'
    '"clips":[],"models":{},"settings":{},"warnings":[]'
)
_BYTES_OF_A_WORD = 100


def _own(
    word: str,
    *,
    in_segment_count: int | None = None,
    written: Callable[[int], str] | None = None,
    shift_chars: int = 0,
) -> Text:
    """A result of a word again and again.

    Args:
        in_segment_count: words of a segment; None = all are one.
        written: what a hand made of each word in the segments' text.
        shift_chars: how far the places of words are off.
    """

    def text(byte_count: int) -> str:
        count = max(byte_count // _BYTES_OF_A_WORD, 2)
        step = in_segment_count or count
        segments = ",".join(
            _own_segment(word, i, min(step, count - i), written, shift_chars)
            for i in range(0, count, step)
        )
        return f'{{{_AROUND},"text":"{word * count}","segments":[{segments}]}}'

    return text


def _own_segment(
    word: str, first: int, count: int, written: Callable[[int], str] | None, shift_chars: int
) -> str:
    length, end = len(word), first + count
    words = ",".join(
        f'{{"word":"{word}","start_ms":{10 * i},"end_ms":{10 * i + 10},'
        f'"char_start":{length * i + shift_chars},"char_end":{length * (i + 1)}}}'
        for i in range(first, end)
    )
    shown = "".join(map(written, range(first, end))) if written else (word * count).strip()
    return (
        f'{{"text":"{shown}","start_ms":{10 * first},"end_ms":{10 * end},"language":"English",'
        f'"char_start":{length * first},"char_end":{length * end},"words":[{words}]}}'
    )


def _rare_words(seed: int) -> Callable[[int], str]:
    """Words of a small vocabulary, in an order that shows no pattern."""
    return lambda index: f"w{(index * index * seed + index * 31) % _VOCABULARY_COUNT} "


def _retold(byte_count: int) -> str:
    """A result of one segment, in which a hand put other words of the same vocabulary."""
    count = max(byte_count // _BYTES_OF_A_WORD, 2)
    before, after = (list(map(_rare_words(seed), range(count))) for seed in (17, 29))
    words: list[str] = []
    char_start = 0
    for index, word in enumerate(before):
        char_end = char_start + len(word)
        words.append(
            f'{{"word":"{word}","start_ms":{10 * index},"end_ms":{10 * index + 10},'
            f'"char_start":{char_start},"char_end":{char_end}}}'
        )
        char_start = char_end
    segment = (
        f'{{"text":"{"".join(after)}","start_ms":0,"end_ms":{10 * count},"language":"English",'
        f'"char_start":0,"char_end":{char_start},"words":[{",".join(words)}]}}'
    )
    return f'{{{_AROUND},"text":"{"".join(before)}","segments":[{segment}]}}'


def _own_word(byte_count: int) -> str:
    word = "a" * (byte_count // 3)
    places = f'"char_start":0,"char_end":{len(word)}'
    times = '"start_ms":0,"end_ms":10'
    segment = f'{{"text":"{word}",{times},{places},"words":[{{"word":"{word}",{times},{places}}}]}}'
    return f'{{{_AROUND},"text":"{word}","segments":[{segment}]}}'


QASR: dict[str, Text] = {
    "result": _own("word ", in_segment_count=10),
    "result of one segment": _own("word "),
    "result of one word": _own_word,
    "result in Han": _own("我"),
    "result of accents": _own("a\u0301\u0316 "),
    "result with every word edited": _own("word ", written=lambda i: f"v{i} "),
    "result with a word put after each": _own("word ", written=lambda i: f"word v{i} "),
    "result with every other word edited": _own(
        "word ", written=lambda i: f"v{i} " if i % 2 else "word "
    ),
    "result without its spaces": _own("word ", written=lambda _: "word"),
    "result retold": _retold,
    "result with its text repeated": _own("word ", written=lambda _: "word word "),
    "result of segments retold": _own("word ", in_segment_count=400, written=_rare_words(29)),
    "result that does not fit together": _own("word ", in_segment_count=10, shift_chars=1),
    "warnings": repeated('"w",', before=f"{{{_AROUND[:-1]}", after='"w"],"text":"","segments":[]}'),
}
