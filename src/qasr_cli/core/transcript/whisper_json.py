"""The JSON of whisper and its kin -> a transcript. Pure.

openai-whisper, faster-whisper, whisperX and stable-ts agree on `segments[].words[]` with `word`,
`start` and `end` in seconds. Words carry their punctuation, some also the space before them; some
have no times; segments may have no words at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any, cast

from qasr_cli.core.language.languages import joins_without_space, language_from_model
from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.text import canonical, is_kept
from qasr_cli.core.timing import ms_from_seconds, samples_from_ms
from qasr_cli.core.transcript.assemble import assemble
from qasr_cli.core.types import ClipDone, Span, Timing, Transcript, Word

# Nothing in the file says how long the recording is, and the last cue needs time to be read.
_AFTER_LAST_WORD_MS = 1000
_LONGEST_S = 1e6  # eleven days: beyond it is damage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Heard:
    """A word as it stands in the file; times None where it has none."""

    text: str
    start_ms: int | None
    end_ms: int | None


def transcript_from_whisper(
    document: object, *, file: str, language: str | None = None
) -> Transcript:
    """The transcript of a whisper-style document; its words tile its text.

    A segment without word times shares its time out by length, and its note says so.

    Args:
        file: name of the recording, as far as known.
        language: full English name, where the document's own word is not to be trusted.

    Raises:
        ValueError: it is not such a document, and why in one line.
    """
    fields = _mapping(document)
    segments = fields.get("segments")
    if not isinstance(segments, list):
        raise ValueError("no segments: neither a result of qasr nor JSON as whisper writes it")  # noqa: TRY004  # one error for all damage
    language = language or _language(fields)
    clips: list[ClipOutcome] = []
    latest_ms = -1
    for index, value in enumerate(segments):
        clip = _clip(index, _mapping(value), language, after_ms=latest_ms)
        clips.append(clip)
        latest_ms = clip.span.start_sample // samples_from_ms(1)
    return assemble(
        file=file, duration_ms=_duration_ms(fields, clips), clips=clips, models={}, settings={}
    )


def _language(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("language")
    if not isinstance(value, str) or not value.strip():
        return None
    return language_from_model(value) or value.strip()


def _duration_ms(fields: Mapping[str, Any], clips: Sequence[ClipOutcome]) -> int:
    ends_ms = (clip.span.end_sample // samples_from_ms(1) for clip in clips)
    last_ms = max(ends_ms, default=0)
    duration_ms = _time_ms(fields, "duration")
    return last_ms + _AFTER_LAST_WORD_MS if duration_ms is None else max(duration_ms, last_ms)


# --- one segment ------------------------------------------------------------------------------


def _clip(
    index: int, segment: Mapping[str, Any], language: str | None, *, after_ms: int
) -> ClipOutcome:
    """A segment as a clip of its own, which starts later than the one before."""
    words = segment.get("words") or []
    if not isinstance(words, list):
        raise ValueError(f"words is {words!r:.40}, not list")  # noqa: TRY004  # one error for all damage
    heard = [_heard(_mapping(word)) for word in words]
    times_ms = [time for word in heard for time in (word.start_ms, word.end_ms)]
    times_ms += [_time_ms(segment, "start"), _time_ms(segment, "end")]
    known_ms = [time for time in times_ms if time is not None]
    if not known_ms:
        raise ValueError(f"segment {index} has no times")
    start_ms = max(min(known_ms), after_ms + 1)
    end_ms = max(*known_ms, start_ms + 1)
    is_timed = any(word.start_ms is not None for word in heard)
    timed = tuple(_words(heard, start_ms, end_ms)) if is_timed else ()
    return ClipOutcome(
        speaker=_speaker(segment),
        span=Span(start_sample=samples_from_ms(start_ms), end_sample=samples_from_ms(end_ms)),
        result=ClipDone(
            clip_id=str(index),
            language=language,
            text=_text(segment, heard, language),
            words=timed,
            timing=Timing.ALIGNED if timed else Timing.PROPORTIONAL,
        ),
    )


def _speaker(segment: Mapping[str, Any]) -> str | None:
    speaker = segment.get("speaker")
    return speaker if isinstance(speaker, str) and speaker.strip() else None


def _heard(fields: Mapping[str, Any]) -> _Heard:
    text = fields.get("word", fields.get("text"))
    if not isinstance(text, str):
        raise ValueError(f"a word is {text!r:.40}, not str")  # noqa: TRY004  # as above
    start_ms, end_ms = _time_ms(fields, "start"), _time_ms(fields, "end")
    if start_ms is None or end_ms is None:
        start_ms = end_ms = None
    return _Heard(text=canonical(text), start_ms=start_ms, end_ms=end_ms)


def _text(segment: Mapping[str, Any], heard: Sequence[_Heard], language: str | None) -> str:
    text = segment.get("text")
    if isinstance(text, str) and text.strip():
        return text
    words = [word.text for word in heard]
    has_spaces = any(word[:1].isspace() or word[-1:].isspace() for word in words)
    return ("" if has_spaces or joins_without_space(language) else " ").join(words)


def _words(heard: Sequence[_Heard], start_ms: int, end_ms: int) -> Iterator[Word]:
    """The words as an aligner spells them; those without times share the time between others."""
    groups = [list(group) for _, group in groupby(heard, lambda word: word.start_ms is not None)]
    now_ms = start_ms
    for group, following in pairwise([*groups, []]):
        if group[0].start_ms is None:
            until_ms = following[0].start_ms if following else end_ms
            yield from _shared_out(group, now_ms, max(now_ms, until_ms or end_ms))
            continue
        for word in group:
            word_start_ms, word_end_ms = word.start_ms or 0, word.end_ms or 0
            now_ms = max(word_start_ms, word_end_ms)
            yield Word(text=_letters(word.text), start_ms=word_start_ms, end_ms=now_ms)


def _shared_out(group: Sequence[_Heard], start_ms: int, end_ms: int) -> Iterator[Word]:
    tokens = [_letters(word.text) for word in group]
    total = sum(map(len, tokens)) or 1
    done = 0
    for token in tokens:
        first_ms = start_ms + (end_ms - start_ms) * done // total
        done += len(token)
        last_ms = start_ms + (end_ms - start_ms) * done // total
        yield Word(text=token, start_ms=first_ms, end_ms=last_ms)


def _letters(text: str) -> str:
    return "".join(filter(is_kept, text))


# --- JSON -------------------------------------------------------------------------------------


def _time_ms(fields: Mapping[str, Any], name: str) -> int | None:
    seconds = fields.get(name)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError(f"{name} is {seconds!r:.40}, not a number of seconds")  # noqa: TRY004  # one error for all damage
    if not 0 <= seconds <= _LONGEST_S:  # nor is NaN
        raise ValueError(f"{name} is {seconds!r:.40} seconds")
    return ms_from_seconds(seconds)


def _mapping(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"an object should stand in place of {value!r:.40}")  # noqa: TRY004  # one error for all damage
    return cast("dict[str, Any]", value)
