"""Random texts, clips and transcripts for the property tests."""

from collections.abc import Sequence
from itertools import accumulate, cycle, islice

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import split_words
from qasr_cli.core.timing import samples_from_ms
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import ClipDone, ClipFailed, Span, Timing, Transcript, Word
from qasr_cli.errors import AlignmentError, RecognitionError

# One line a script; marks, joiners, look-alikes and controls are in on purpose.
PIECES: dict[str, tuple[str, ...]] = {
    "Latin": ("the", "Fox", "don't", "don’t", "3.14", "C++", "state-of-the-art", "Mr.", "naïve"),
    "decomposed": ("cafe\u0301", "n\u0303", "e\u0301te\u0301", "A\u030a"),
    "Han": ("你好", "人工智能", "的", "了", "我用iPhone，Android", "𠮷野"),
    "Kana": ("パソコン", "ｶﾞｷﾞ", "きょう", "ー", "①台", "㎏", "っ"),
    "Hangul": ("학교에", "갔다", "한국어", "\u1112\u1161\u11ab"),
    "Cyrillic": ("Привет", "мир", "А.", "С.", "Ёлка"),
    "Thai": ("กินข้าว", "เก่ง", "น้ำ", "ไทย"),
    "Arabic": ("مرحبا", "العالم", "؟", "شَكْلٌ"),
    "Devanagari": ("नमस्ते", "हिन्दी", "क्\u200dष", "।"),
    "emoji": ("👨\u200d👩\u200d👧", "👍🏽", "❤️", "🇫🇷"),
    "punctuation": (
        ".",
        ",",
        "?!",
        "…",
        "—",
        "-->",
        "“",
        "”",
        '"',
        "「",
        "」",
        "，",
        "。",
        "（",
        "）",
    ),
    "signs": ("$5", "€", "@you", "#tag", "&", "<i>", "[applause]", "¿", "¡", "«", "»"),
    "turns": ("- ", "– Oui.", "(Laughter)", "♪", "--"),
    "markup": ("<b>", "{\\an8}", "1 --> 2", "\n\n", "\n \n", "&amp;", "a\\Nb"),
    "controls": ("\x00", "\u200b", "\u202e", "\ufeff", "\x1c", "\r\n", "\u2028", "\x85"),
}
ENDLESS = "w" * 10_000  # wider than any screen, longer than any buffer
_SEPARATORS = ("", " ", " ", " ", "\u3000", "\u00a0")

LANGUAGES = ("English", "Chinese", "Cantonese", "Japanese", "Korean", "Thai", "German", "Greek")


def texts(*, max_pieces: int = 25) -> SearchStrategy[str]:
    """Mixed-script texts, raw as a model might write them; may be empty."""
    piece = st.sampled_from(sorted(PIECES)).flatmap(lambda name: st.sampled_from(PIECES[name]))
    part = st.tuples(piece, st.sampled_from(_SEPARATORS)).map("".join)
    return st.lists(st.one_of(part, part, part, st.text(max_size=3)), max_size=max_pieces).map(
        "".join
    )


@st.composite
def damaged(draw: DrawFn, tokens: Sequence[str]) -> list[str]:
    """The tokens with some missing, some invented, some empty, some in another case."""
    kept: list[str] = []
    for token in tokens:
        match draw(st.sampled_from(("as is", "as is", "as is", "drop", "swap", "add", "upper"))):
            case "as is":
                kept.append(token)
            case "swap":
                kept.append("ZQ")
            case "add":
                kept.extend((token, ""))
            case "upper":
                kept.append(token.upper())
            case _:
                pass
    return kept


@st.composite
def word_times(draw: DrawFn, tokens: Sequence[str], start_ms: int, end_ms: int) -> tuple[Word, ...]:
    """The tokens at times inside a clip, on the aligner's grid; equal times are common."""
    step_ms = st.sampled_from((0, 0, 80, 80, 240, 800, 1600))
    steps_ms = cycle(draw(st.lists(step_ms, min_size=1, max_size=5)))
    edges_ms = [
        min(edge_ms, end_ms)
        for edge_ms in accumulate(islice(steps_ms, 2 * len(tokens)), initial=start_ms)
    ]
    return tuple(
        Word(start_ms=edges_ms[2 * index], end_ms=edges_ms[2 * index + 1], text=token)
        for index, token in enumerate(tokens)
    )


@st.composite
def clip_results(draw: DrawFn, clip_id: str, start_ms: int, end_ms: int) -> ClipDone | ClipFailed:
    """Anything an engine may say of a clip."""
    text = draw(texts(max_pieces=12)) + draw(st.sampled_from(("",) * 15 + (f" {ENDLESS}",)))
    language = draw(st.sampled_from(LANGUAGES)) if text else None
    match draw(st.sampled_from(("aligned", "aligned", "damaged", "untimed", "no times", "lost"))):
        case "aligned" | "damaged" as kind:
            tokens: Sequence[str] = split_words(text)
            tokens = draw(damaged(tokens)) if kind == "damaged" else tokens
            return ClipDone(
                clip_id=clip_id,
                language=language,
                text=text,
                words=draw(word_times(tokens, start_ms, end_ms)),
                timing=Timing.ALIGNED if tokens else Timing.NONE,
            )
        case "untimed":
            return ClipDone(
                clip_id=clip_id, language=language, text=text, words=(), timing=Timing.PROPORTIONAL
            )
        case "no times":
            return ClipFailed(
                clip_id=clip_id,
                stage="align",
                error=AlignmentError(clip_id, "no"),
                text=text,
                language=language,
            )
        case _:
            error = RecognitionError(clip_id, "no")
            return ClipFailed(clip_id=clip_id, stage="recognise", error=error)


def span_of(start_ms: int, end_ms: int) -> Span:
    """A span from milliseconds."""
    return Span(start_sample=samples_from_ms(start_ms), end_sample=samples_from_ms(end_ms))


@st.composite
def clip_outcomes(draw: DrawFn, *, max_clips: int = 5) -> list[ClipOutcome]:
    """The clips of one file, one after the other, with pauses or without."""
    outcomes = []
    position_ms = draw(st.integers(0, 3000))
    for index in range(draw(st.integers(0, max_clips))):
        end_ms = position_ms + draw(st.integers(200, 9000))
        result = draw(clip_results(f"f/{index}", position_ms, end_ms))
        outcomes.append(ClipOutcome(span=span_of(position_ms, end_ms), result=result))
        position_ms = end_ms + draw(st.sampled_from((0, 0, 40, 700, 2000)))
    return outcomes


def end_of(clips: Sequence[ClipOutcome]) -> int:
    """End of the last clip in milliseconds; 1000 without clips."""
    return max((clip.span.end_sample // 16 for clip in clips), default=1000)


def assembled(clips: Sequence[ClipOutcome], *, duration_ms: int | None = None) -> Transcript:
    """The transcript of these clips."""
    return assemble(
        file="talk.wav",
        duration_ms=end_of(clips) if duration_ms is None else duration_ms,
        clips=clips,
        models={"recogniser": "test"},
        settings={},
    )


@st.composite
def transcripts(draw: DrawFn) -> Transcript:
    """Transcripts as `assemble` makes them, with up to 3 s of silence at the end."""
    clips = draw(clip_outcomes())
    return assembled(clips, duration_ms=end_of(clips) + draw(st.sampled_from((0, 1, 3000))))
