"""What holds for the cues of any transcript."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from qasr_cli.core.language.profiles import profile_of
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.subtitles.break_costs import can_break
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.cues import cut_cues
from qasr_cli.core.subtitles.word_times import with_word_times
from qasr_cli.core.types import Cue, Transcript
from tests.core.subtitles.spoken import OPTIONS
from tests.strategies import transcripts


def without_spaces(text: str) -> str:
    """The text without white space."""
    return "".join(text.split())


def words_by_line(
    transcript: Transcript, cues: tuple[Cue, ...]
) -> Iterator[list[tuple[str | None, list[str]]]]:
    """For every cue, the language and the words of each line, with what follows them."""
    words = iter(
        (segment.language, transcript.text[word.char_start : word.char_end])
        for segment in transcript.segments
        for word in segment.words
    )
    for cue in cues:
        lines: list[tuple[str | None, list[str]]] = []
        for line in cue.lines:
            language, inside = None, list[str]()
            while len(without_spaces("".join(inside))) < len(without_spaces(line)):
                language, word = next(words)
                inside.append(word)
            lines.append((language, inside))
        yield lines


@given(transcripts())
def test_cues_hold_the_whole_text_once(transcript: Transcript) -> None:
    """Nothing is lost, doubled or moved; no line is empty or has a line break."""
    cues = cut_cues(transcript, OPTIONS)

    shown = "".join(line for cue in cues for line in cue.lines)
    assert without_spaces(shown) == without_spaces(transcript.text)
    for cue in cues:
        assert cue.lines
        assert all(line.strip() == line != "" for line in cue.lines)
        assert not any("\n" in line for line in cue.lines)


@given(transcripts())
def test_cues_follow_each_other_inside_the_media(transcript: Transcript) -> None:
    """Strictly ordered, never overlapping, never empty in time, never past the end."""
    cues = cut_cues(transcript, OPTIONS)

    edges_ms = [edge for cue in cues for edge in (cue.start_ms, cue.end_ms)]
    assert all(cue.start_ms < cue.end_ms for cue in cues)
    assert all(left.end_ms <= right.start_ms for left, right in pairwise(cues))
    assert all(0 <= edge <= transcript.duration_ms for edge in edges_ms)


@given(transcripts(), st.sampled_from((None, 8, 20)), st.sampled_from((None, 1, 3)))
def test_only_what_cannot_be_parted_exceeds_a_line(
    transcript: Transcript, width: int | None, line_count: int | None
) -> None:
    """No line is wider than allowed unless it is one word, and no cue has too many lines."""
    options = CueOptions(max_line_width=width, max_line_count=line_count)
    cues = cut_cues(transcript, options)

    for cue, lines in zip(cues, words_by_line(transcript, cues), strict=True):
        for line, (language, inside) in zip(cue.lines, lines, strict=True):
            limits = profile_of(language).limits
            is_full_width = language in ("Chinese", "Cantonese", "Japanese")
            most = limits.char_columns * (width or limits.line_chars)
            assert len(cue.lines) <= (line_count or limits.line_count)
            if columns(line, is_full_width=is_full_width) > most:
                assert not any(can_break(left, right) for left, right in pairwise(inside))


@given(transcripts(), st.integers(1, 10_000_000))
def test_later_speech_gives_later_cues(transcript: Transcript, shift_ms: int) -> None:
    """The same words, all later by one shift, give the same cues, all later by that shift."""
    later = replace(
        transcript,
        duration_ms=transcript.duration_ms + shift_ms,
        segments=tuple(
            replace(
                segment,
                start_ms=segment.start_ms + shift_ms,
                end_ms=segment.end_ms + shift_ms,
                words=tuple(
                    replace(w, start_ms=w.start_ms + shift_ms, end_ms=w.end_ms + shift_ms)
                    for w in segment.words
                ),
            )
            for segment in transcript.segments
        ),
    )

    shifted = tuple(
        replace(cue, start_ms=cue.start_ms + shift_ms, end_ms=cue.end_ms + shift_ms)
        for cue in cut_cues(transcript, OPTIONS)
    )

    assert cut_cues(later, OPTIONS) == shifted


@given(transcripts())
def test_cues_start_with_their_speech(transcript: Transcript) -> None:
    """A cue's start is the start of a word, or as near as its neighbours leave room."""
    spoken = with_word_times(transcript.text, transcript.segments)
    shared_ms = {word.start_ms for segment in spoken for word in segment.words}
    starts_ms = shared_ms | {w.start_ms for segment in transcript.segments for w in segment.words}
    cues = cut_cues(transcript, OPTIONS)

    for index, cue in enumerate(cues):
        latest_ms = transcript.duration_ms - (len(cues) - index)
        follows_at_once = index > 0 and cue.start_ms == cues[index - 1].start_ms + 1
        assert cue.start_ms in starts_ms or follows_at_once or cue.start_ms == latest_ms
