"""A transcript -> its minutes: facts, timeline, topics, tasks, a summary. No model, no clock.

Everything is told from the words and their times. Sentences are quoted, none is made up.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from qasr_cli.core.minutes.actions import has_action_rules, task_in
from qasr_cli.core.minutes.summary import best_sentences
from qasr_cli.core.minutes.terms import Utterance, keywords, terms_of, weights
from qasr_cli.core.minutes.topics import topic_starts
from qasr_cli.core.text import is_unspaced
from qasr_cli.core.types import Segment, Transcript

_KEYWORD_COUNT = 5
_FEWEST_QUOTES, _MOST_QUOTES = 3, 10
_QUESTION_MARKS = "?？؟"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence as it was said."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """Somebody who took part.

    Attributes:
        first_named_ms: when the name is first said; None when it never is.
        named_count: how many sentences say it.
        speech_ms: how long this speaker spoke; None where the result tells no speakers apart.
    """

    name: str
    first_named_ms: int | None
    named_count: int
    speech_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the recording: an interval of the timeline, or a topic.

    Attributes:
        keywords: what sets it apart from the other parts, the best first.
        speech_ms: how much of it is speech.
        quote: the sentence that says most of what is in it; None where nothing is said.
    """

    start_ms: int
    end_ms: int
    keywords: tuple[str, ...]
    speech_ms: int
    quote: Quote | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItem:
    """A task, and the sentence that settles it."""

    quote: Quote
    owner: str | None
    due: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """The minutes of one recording.

    Attributes:
        languages: in the order of how long they are spoken.
        without_action_rules: those of them in which no tasks can be found.
        first, last: what is said first and last; None when nothing is said.
        topics: follow one another without gaps, from the first sentence to the last.
        timeline: intervals of one length, the last one shorter.
    """

    file: str
    duration_ms: int
    languages: tuple[str, ...]
    without_action_rules: tuple[str, ...]
    word_count: int
    speech_ms: int
    first: Quote | None
    last: Quote | None
    participants: tuple[Participant, ...]
    summary: tuple[Quote, ...]
    topics: tuple[Stretch, ...]
    actions: tuple[ActionItem, ...]
    interval_ms: int
    timeline: tuple[Stretch, ...]


def minutes_of(
    transcript: Transcript, *, interval_ms: int, participants: tuple[str, ...] = ()
) -> Minutes:
    """The minutes of a transcript.

    Args:
        interval_ms: of the timeline.
        participants: names; the result's own speakers come after them.
    """
    talk = _talk(transcript)
    languages = _languages(transcript)
    speakers = dict.fromkeys(s.speaker for s in transcript.segments if s.speaker is not None)
    names = tuple(dict.fromkeys((*participants, *speakers)))
    topics = _topics(talk)
    return Minutes(
        file=transcript.file,
        duration_ms=transcript.duration_ms,
        languages=languages,
        without_action_rules=tuple(name for name in languages if not has_action_rules(name)),
        word_count=sum(len(segment.words) for segment in transcript.segments),
        speech_ms=sum(map(_length_ms, talk.quotes)),
        first=talk.quotes[0] if talk.quotes else None,
        last=talk.quotes[-1] if talk.quotes else None,
        participants=tuple(_participant(name, talk) for name in names),
        summary=_summary(talk, topics),
        topics=_stretches(talk, topics),
        actions=tuple(_actions(talk, transcript.segments, names)),
        interval_ms=interval_ms,
        timeline=_timeline(talk, transcript.duration_ms, interval_ms),
    )


# --- what was said ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """The sentences of a transcript, and the terms of each."""

    quotes: tuple[Quote, ...]
    terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Sentences `[first, last)`, and the time that they stand for."""

    start_ms: int
    end_ms: int
    first: int
    last: int


def _talk(transcript: Transcript) -> _Talk:
    quotes = tuple(
        Quote(
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            text=transcript.text[segment.char_start : segment.char_end].strip(),
            speaker=segment.speaker,
        )
        for segment in transcript.segments
    )
    utterances = [
        Utterance(text=quote.text, language=segment.language)
        for quote, segment in zip(quotes, transcript.segments, strict=True)
    ]
    return _Talk(quotes=quotes, terms=terms_of(utterances))


def _length_ms(quote: Quote) -> int:
    return quote.end_ms - quote.start_ms


def _languages(transcript: Transcript) -> tuple[str, ...]:
    spoken_ms: Counter[str] = Counter()
    for segment in transcript.segments:
        if segment.language is not None:
            spoken_ms[segment.language] += segment.end_ms - segment.start_ms
    return tuple(name for name, _ in spoken_ms.most_common())


def _participant(name: str, talk: _Talk) -> Participant:
    is_bounded = not any(map(is_unspaced, name))
    pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)" if is_bounded else re.escape(name))
    naming = [quote for quote in talk.quotes if pattern.search(quote.text)]
    speaking = [quote for quote in talk.quotes if quote.speaker == name]
    return Participant(
        name=name,
        first_named_ms=naming[0].start_ms if naming else None,
        named_count=len(naming),
        speech_ms=sum(map(_length_ms, speaking)) if speaking else None,
    )


def _actions(
    talk: _Talk, segments: Sequence[Segment], participants: tuple[str, ...]
) -> Sequence[ActionItem]:
    found = []
    for quote, segment in zip(talk.quotes, segments, strict=True):
        task = task_in(
            quote.text,
            language=segment.language,
            participants=participants,
            speaker=segment.speaker,
        )
        if task is not None:
            found.append(ActionItem(quote=quote, owner=task.owner, due=task.due))
    return found


# --- parts ------------------------------------------------------------------------------------


def _topics(talk: _Talk) -> tuple[_Part, ...]:
    starts = topic_starts(talk.terms)
    return tuple(
        _Part(
            start_ms=talk.quotes[first].start_ms,
            end_ms=talk.quotes[last].start_ms
            if last < len(talk.quotes)
            else talk.quotes[-1].end_ms,
            first=first,
            last=last,
        )
        for first, last in pairwise((*starts, len(talk.quotes)))
    )


def _timeline(talk: _Talk, duration_ms: int, interval_ms: int) -> tuple[Stretch, ...]:
    edges_ms = [*range(0, duration_ms, interval_ms), duration_ms]
    parts: list[_Part] = []
    first = 0
    for start_ms, end_ms in pairwise(edges_ms):
        last = first
        while last < len(talk.quotes) and talk.quotes[last].start_ms < end_ms:
            last += 1
        parts.append(_Part(start_ms=start_ms, end_ms=end_ms, first=first, last=last))
        first = last
    return _stretches(talk, parts)


def _stretches(talk: _Talk, parts: Sequence[_Part]) -> tuple[Stretch, ...]:
    classes = _classes(talk, parts)
    return tuple(
        Stretch(
            start_ms=part.start_ms,
            end_ms=part.end_ms,
            keywords=best,
            speech_ms=_speech_ms(talk, part),
            quote=next(iter(_best(talk, part, weight, 1)), None),
        )
        for part, best, weight in zip(
            parts, keywords(classes, _KEYWORD_COUNT), weights(classes), strict=True
        )
    )


def _speech_ms(talk: _Talk, part: _Part) -> int:
    return sum(
        max(0, min(quote.end_ms, part.end_ms) - max(quote.start_ms, part.start_ms))
        # A sentence may reach in from the part before.
        for quote in talk.quotes[max(0, part.first - 1) : part.last]
    )


def _classes(talk: _Talk, parts: Sequence[_Part]) -> list[Counter[str]]:
    return [
        Counter(term for terms in talk.terms[part.first : part.last] for term in terms)
        for part in parts
    ]


def _summary(talk: _Talk, topics: Sequence[_Part]) -> tuple[Quote, ...]:
    """One sentence from every topic, or more where there are few topics, up to a limit."""
    if not topics:
        return ()
    quota = -(-_FEWEST_QUOTES // len(topics))
    chosen = [
        quote
        for part, weight in zip(topics, weights(_classes(talk, topics)), strict=True)
        for quote in _best(talk, part, weight, quota)
    ]
    return tuple(chosen[:_MOST_QUOTES])


def _best(talk: _Talk, part: _Part, weight: dict[str, float], count: int) -> list[Quote]:
    quotes = talk.quotes[part.first : part.last]
    terms = [
        () if quote.text.endswith(tuple(_QUESTION_MARKS)) else of_one
        for quote, of_one in zip(quotes, talk.terms[part.first : part.last], strict=True)
    ]
    return [quotes[index] for index in best_sentences(terms, weight=weight, count=count)]
