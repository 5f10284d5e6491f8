"""A transcript with its subtitles as somebody edited them: their text, times and speakers. Pure.

What they left keeps the times that were heard: text is compared cue by cue first, and within those
that changed word by word, as edits of a result's text are (`transcript/edits`).
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby, pairwise

from qasr_cli.core.outcomes import inaudible_stretches
from qasr_cli.core.script.kept_ends import KeptEnds, SpokenCue, kept_ends
from qasr_cli.core.script.lines import separator
from qasr_cli.core.text import canonical, is_visible
from qasr_cli.core.timing import inaudible_mark
from qasr_cli.core.transcript.assemble import in_time_order
from qasr_cli.core.transcript.clip_words import spread_words
from qasr_cli.core.transcript.edits import BY_HAND, Piece, joined, matching_pairs, with_text
from qasr_cli.core.transcript.retiming import Sentence, letters, shifted
from qasr_cli.core.types import Change, Cue, Segment, TextWord, Transcript


def transcript_with_cues(
    transcript: Transcript,
    before: Sequence[Cue],
    cues: Sequence[Cue],
    *,
    keeps_ends: bool = True,
) -> Transcript:
    """The transcript that says what the cues say, when they say it; they stand in it as they are.

    Words that did not change keep their times within their sentence, and go along where their cue
    was moved. Words of a cue in which nothing was heard share its time.

    Args:
        before: the cues of the transcript, as it was cut.
        cues: in order of their starts, not empty.
        keeps_ends: what stands before and behind all that was edited is not looked at, which is the
            same, and sooner there.
    """
    marks = {inaudible_mark(*gap) for gap in inaudible_stretches(transcript)}
    was = [spoken for cue in before if (spoken := SpokenCue.of(cue)).text not in marks]
    now = [spoken for cue in cues if (spoken := SpokenCue.of(cue)).text not in marks]
    now = [spoken for spoken in now if any(map(is_visible, canonical(spoken.text)))]
    ends = kept_ends(transcript, was, now) if keeps_ends else KeptEnds()
    found = _between(ends, transcript, was, now) or _between(KeptEnds(), transcript, was, now)
    if found is None:
        raise AssertionError("cues that go beyond an end that is not there")
    is_same = (found.text, found.segments) == (transcript.text, transcript.segments)
    return replace(transcript if is_same else found, cues=tuple(cues))


def _between(
    ends: KeptEnds, transcript: Transcript, before: Sequence[SpokenCue], cues: Sequence[SpokenCue]
) -> Transcript | None:
    """All of it, made anew between two ends that stay; None where that goes beyond the last one."""
    inner = ends.without(transcript)
    folding = _Folding(
        transcript=inner,
        before=before[ends.front_cue_count : len(before) - ends.back_cue_count],
        cues=cues[ends.front_cue_count : len(cues) - ends.back_cue_count],
    )
    made = list(folding.runs())
    words = [word for run in made for word in run.words]
    pieces = list(_pieces(inner, words))
    whole = ends.around(transcript, *joined(pieces, char_start=ends.char_start(transcript)))
    if whole is None:
        return None
    changes = (change for run in made for change in run.changes)
    return replace(
        transcript, text=whole[0], segments=whole[1], changes=(*transcript.changes, *changes)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A word of a cue, and what it was heard in.

    Attributes:
        word: its places are those in `text`, which is its own.
        segment: index of its sentence; None where nobody heard it.
        cue: index among those that were edited.
    """

    word: TextWord
    text: str
    segment: int | None
    cue: int = 0
    speaker: str | None = None

    @property
    def key(self) -> tuple[str, int, int]:
        """Equal where it was left as it was heard."""
        return letters(self.text), self.word.start_ms, self.word.end_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """Neighbouring cues that changed together, or one that did not."""

    words: Sequence[_Said]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folding:
    transcript: Transcript
    before: Sequence[SpokenCue]
    cues: Sequence[SpokenCue]

    def runs(self) -> Iterator[_Run]:
        """All of the edited cues, in order."""
        heard = self._heard()
        keys = [[cue.text for cue in cues] for cues in (self.before, self.cues)]
        i = j = 0
        for a, b in chain(matching_pairs(*keys), [(len(self.before), len(self.cues))]):
            if (i, j) != (a, b):
                old = [said for words in heard[i:a] for said in words]
                yield self._changed(old, range(i, a), range(j, b))
            if a < len(self.before):
                yield _Run(words=self._placed(heard[a], range(a, a + 1), b))
            i, j = a + 1, b + 1

    def _heard(self) -> list[list[_Said]]:
        """The words of each cue as it was cut, by their letters: stops may be left out of lines."""
        text = self.transcript.text
        words = [
            _said(word, text, index)
            for index, segment in enumerate(self.transcript.segments)
            for word in segment.words
        ]
        ends = list(accumulate(len(letters(said.text)) for said in words))
        wanted = accumulate(len(letters(cue.text)) for cue in self.before)
        edges = [bisect_right(ends, count) for count in wanted]
        if edges:
            edges[-1] = len(words)
        return [words[first:end] for first, end in pairwise([0, *edges])]

    def _changed(self, heard: Sequence[_Said], old: range, new: range) -> _Run:
        if not heard:
            made = [self._spread(cue) for cue in new]
            return _Run(
                words=[said for words in made for said in words],
                changes=tuple(_change(words, is_new=True) for words in made),
            )
        if not new:
            return _Run(words=(), changes=(_change(heard, is_new=False),))
        known = {said.key for said in heard}
        words: list[_Said] = []
        inside, changes = self._rewritten(heard, new)
        for cue, own in zip(new, inside, strict=True):
            is_heard = any(said.key in known for said in own)
            words += self._placed(own, old, cue) if is_heard else self._spread(cue, own)
        return _Run(words=words, changes=changes)

    def _rewritten(
        self, heard: Sequence[_Said], new: range
    ) -> tuple[list[list[_Said]], tuple[Change, ...]]:
        """The words of each of the new cues, and what changed."""
        texts = [canonical(self.cues[cue].text).strip() for cue in new]
        whole = ""
        edges: list[int] = []
        for text in texts:
            whole += separator(whole, text)
            edges.append(len(whole))
            whole += text
        sentence, changes = with_text(_sentence(heard), canonical(whole))
        starts_ms = [said.word.start_ms for said in heard]
        inside: list[list[_Said]] = [[] for _ in texts]
        for word in sentence.words:
            nearest = heard[max(0, bisect_right(starts_ms, word.start_ms) - 1)]
            cue = bisect_right(edges, word.char_start) - 1
            inside[max(0, cue)].append(_said(word, sentence.text, nearest.segment))
        return inside, changes

    def _placed(self, words: Sequence[_Said], old: range, new: int) -> list[_Said]:
        """The words where their cue stands now.

        Args:
            old: the cues that they were in.
        """
        was, now = [self.before[cue] for cue in old], self.cues[new]
        first_ms, last_ms = now.start_ms, now.end_ms
        is_first_kept = any(cue.start_ms == first_ms for cue in was)
        is_last_kept = any(cue.end_ms == last_ms for cue in was)
        pace, shift_ms = 1.0, 0.0
        if len(was) == 1 and not is_first_kept and not is_last_kept:
            pace = (last_ms - first_ms) / (was[0].end_ms - was[0].start_ms)
            shift_ms = first_ms - pace * was[0].start_ms
        else:  # words may stand out of their cue where nobody moved its end
            first_ms = 0 if is_first_kept else first_ms
            last_ms = self.transcript.duration_ms if is_last_kept else last_ms

        def placed(word: TextWord) -> TextWord:
            start_ms, end_ms = (
                min(max(round(pace * time_ms + shift_ms), first_ms), last_ms)
                for time_ms in (word.start_ms, word.end_ms)
            )
            if (start_ms, end_ms) == (word.start_ms, word.end_ms):
                return word  # nearly all, at every save
            return replace(word, start_ms=start_ms, end_ms=end_ms)

        speakers = _speakers(words, now)
        return [
            replace(said, word=placed(said.word), cue=new, speaker=speaker)
            for said, speaker in zip(words, speakers, strict=True)
        ]

    def _spread(self, cue: int, heard: Sequence[_Said] = ()) -> list[_Said]:
        """The words of a cue of which nothing was heard, over its time.

        Args:
            heard: in place of what.
        """
        now = self.cues[cue]
        text = canonical(now.text).strip()
        space = "" if not heard else heard[-1].text[len(heard[-1].text.rstrip()) :]
        segment = heard[0].segment if heard else None
        words = spread_words(text + space, now.start_ms, now.end_ms)
        spread = [_said(word, text + space, segment) for word in words]
        return [
            replace(said, cue=cue, speaker=speaker)
            for said, speaker in zip(spread, _speakers(spread, now), strict=True)
        ]


def _speakers(words: Sequence[_Said], cue: SpokenCue) -> list[str | None]:
    """Who says each word of a cue, by its letters."""
    counts = [len(letters(said.text)) for said in words]
    starts = accumulate(counts, initial=0)
    return [cue.speaker_at(start) for start, _ in zip(starts, counts, strict=False)]


def _said(word: TextWord, text: str, segment: int | None) -> _Said:
    own = text[word.char_start : word.char_end]
    return _Said(word=shifted(word, -word.char_start), text=own, segment=segment)


def _sentence(words: Sequence[_Said]) -> Sentence:
    starts = accumulate((len(said.text) for said in words), initial=0)
    placed = (shifted(said.word, start) for said, start in zip(words, starts, strict=False))
    return Sentence(text="".join(said.text for said in words), words=tuple(placed))


def _change(words: Sequence[_Said], *, is_new: bool) -> Change:
    text = "".join(said.text for said in words).strip()
    return Change(
        start_ms=words[0].word.start_ms,
        end_ms=words[-1].word.end_ms,
        before="" if is_new else text,
        after=text if is_new else "",
        line=BY_HAND,
    )


def _pieces(transcript: Transcript, words: Sequence[_Said]) -> Iterator[Piece]:
    """The sentences that the words make: those in which they were heard, and new ones by cue."""
    language = transcript.language
    timed = in_time_order([said.word for said in words], transcript.duration_ms)
    placed = (
        said if said.word is word else replace(said, word=word)
        for said, word in zip(words, timed, strict=True)
    )
    for _, group in groupby(placed, key=_sentence_key):
        own = list(group)
        sentence, was = _sentence(own), own[0].segment
        segment, heard_text = (
            Segment(start_ms=0, end_ms=0, char_start=0, char_end=0, language=language, words=()),
            "",
        )
        if was is not None:
            segment = transcript.segments[was]
            heard_text = transcript.text[segment.char_start : segment.char_end]
            language = segment.language
        yield Piece(
            segment=replace(segment, speaker=own[0].speaker),
            sentence=sentence,
            is_changed=sentence.text != heard_text,
        )


def _sentence_key(said: _Said) -> tuple[int, int, str | None]:
    is_heard = said.segment is not None
    return said.segment if is_heard else -1, -1 if is_heard else said.cue, said.speaker  # type: ignore[return-value]  # None is sorted out
