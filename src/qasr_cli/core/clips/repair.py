"""Repair of clips with bad results: how often to halve, what is better, how to join. No engine."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from qasr_cli.core.clips.context import is_alike
from qasr_cli.core.clips.health import Sign, letter_count, signs_of
from qasr_cli.core.timing import ms_from_samples
from qasr_cli.core.transcript.assemble import needs_space
from qasr_cli.core.transcript.clip_words import spread_words
from qasr_cli.core.types import (
    Clip,
    ClipDone,
    ClipFailed,
    ClipResult,
    HeardToken,
    Span,
    Timing,
    Word,
)
from qasr_cli.errors import DeviceMemoryError

# How often a clip may be halved. Each time costs at most one more pass over its sound.
_HALVINGS = 2
# Where a model hears nothing, mostly there is nothing: music, noise. One second look is enough.
_HALVINGS_OF_MUTE = 1
# A sixteenth of the longest clip (180 s) is eleven seconds: what then does not fit never will.
_HALVINGS_FOR_MEMORY = 4

# How much of a clip is in doubt: all of it, most of it, or only when its words were said.
_DOUBT_OF = {
    Sign.OUT_OF_CONTEXT: 1.0,
    Sign.SPEECH_WITHOUT_TEXT: 1.0,
    Sign.CUT_SHORT: 0.75,
    Sign.LOOP: 0.75,
    Sign.TEXT_WITHOUT_SPEECH: 0.75,
    Sign.COLLAPSED_TIMES: 0.25,
    Sign.WORDS_IN_SILENCE: 0.25,
}
# A second look that hears so much less, where the text was sound, has lost some of it.
_KEPT_SHARE = 0.9

WARNINGS = {
    Sign.OUT_OF_CONTEXT: "the text may be copied from the context or the hot words, and not spoken",
    Sign.SPEECH_WITHOUT_TEXT: "speech was found, and hardly any text",
    Sign.CUT_SHORT: "the text reached its limit of length; some may be missing",
    Sign.LOOP: "the model repeated itself without end; one turn of it is kept",
    Sign.TEXT_WITHOUT_SPEECH: "more text than anyone can say in the time; it may be made up",
    Sign.COLLAPSED_TIMES: "word times are doubtful: too many words share one moment",
    Sign.WORDS_IN_SILENCE: "word times are doubtful: words stand where nobody speaks",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """A result, and how much of it is in doubt.

    Attributes:
        clip: what it is the result of.
        doubt_ms: how much of the clip is in doubt; 0 for a healthy result.
        signs: that it is bad.
    """

    clip: Clip
    result: ClipResult
    doubt_ms: float
    signs: tuple[Sign, ...] = ()

    @property
    def is_out_of_memory(self) -> bool:
        """True where the clip is too large for the device."""
        return isinstance(self.result, ClipFailed) and isinstance(
            self.result.error, DeviceMemoryError
        )

    @property
    def trouble(self) -> str:
        """What is wrong, for the record; "" where there is nothing to repair."""
        return "out of memory" if self.is_out_of_memory else ", ".join(self.signs)

    @property
    def doubts_text(self) -> bool:
        """True where not only the times are doubtful."""
        return any(sign.is_about_text for sign in self.signs)

    @property
    def halving_limit(self) -> int:
        """How often a clip in this state may be halved, the halvings that led to it included."""
        if self.is_out_of_memory:
            return _HALVINGS_FOR_MEMORY
        if Sign.SPEECH_WITHOUT_TEXT in self.signs:
            return _HALVINGS_OF_MUTE
        return _HALVINGS if self.signs else 0


def find(clip: Clip, result: ClipResult) -> Finding:
    """The finding on a result; warnings of its signs are added to the result."""
    if isinstance(result, ClipFailed):
        length_ms = ms_from_samples(clip.span.sample_count)
        return Finding(clip=clip, result=result, doubt_ms=length_ms)
    signs = signs_of(result, span=clip.span, speech=clip.speech, context=clip.context)
    warnings = (*result.warnings, *(WARNINGS[sign] for sign in signs))
    return Finding(
        clip=clip,
        result=replace(result, warnings=warnings) if signs else result,
        doubt_ms=_doubt_ms(clip, signs),
        signs=signs,
    )


def _doubt_ms(clip: Clip, signs: Sequence[Sign]) -> float:
    doubt = max((_DOUBT_OF[sign] for sign in signs), default=0.0)
    return doubt * ms_from_samples(clip.span.sample_count)


def better_of(first: Finding, second: Finding) -> Finding:
    """The one with less of the clip in doubt; the first where they are equal.

    But text that looked sound is not given up for less text with better times.
    """
    if second.doubt_ms >= first.doubt_ms:
        return first
    if isinstance(first.result, ClipDone) and not first.doubts_text:
        least = _KEPT_SHARE * letter_count(first.result.text)
        if letter_count(second.result.text or "") < least:
            return first
    return second


def told_or_untold(told: Finding, untold: Finding) -> Finding:
    """The better one of what was heard with a context and without.

    Text that seems to be copied counts as heard where the same, or nearly, is heard without.
    """
    if isinstance(untold.result, ClipFailed) or Sign.OUT_OF_CONTEXT not in told.signs:
        return better_of(told, untold)
    if not is_alike(told.result.text or "", untold.result.text):
        return untold
    return better_of(_cleared(told, Sign.OUT_OF_CONTEXT), untold)


def _cleared(finding: Finding, of: Sign) -> Finding:
    """The finding without a sign that turned out to mean nothing."""
    if isinstance(finding.result, ClipFailed):
        return finding
    signs = tuple(sign for sign in finding.signs if sign is not of)
    warnings = tuple(line for line in finding.result.warnings if line != WARNINGS[of])
    return replace(
        finding,
        result=replace(finding.result, warnings=warnings),
        doubt_ms=_doubt_ms(finding.clip, signs),
        signs=signs,
    )


def with_repair(finding: Finding, repair: str) -> Finding:
    """The same finding, and what was done in its result; a failure keeps no such record."""
    if isinstance(finding.result, ClipFailed):
        return finding
    result = replace(finding.result, repairs=(repair, *finding.result.repairs))
    return replace(finding, result=result)


# --- pieces into one --------------------------------------------------------------------------


def joined(clip: Clip, pieces: Sequence[Finding]) -> Finding:
    """The finding on a clip from those on the pieces that it was cut into, in order.

    A piece that has no text because it failed fails the clip.
    """
    for piece in pieces:
        if isinstance(piece.result, ClipFailed) and piece.result.text is None:
            return find(clip, replace(piece.result, clip_id=clip.clip_id))
    parts = [_as_done(piece) for piece in pieces]
    words = _words(parts, [piece.clip for piece in pieces])
    spoken = [part for part in parts if part.text]
    text, tokens = _text(spoken)
    result = ClipDone(
        clip_id=clip.clip_id,
        language=_main_language(spoken),
        text=text,
        words=words,
        timing=_timing(spoken, words),
        truncated=any(part.truncated for part in parts),
        repetition=any(part.repetition for part in parts),
        warnings=tuple(dict.fromkeys(line for part in parts for line in part.warnings)),
        repairs=tuple(line for part in parts for line in part.repairs),
        languages=_languages(spoken),
        tokens=tokens,
    )
    whole = find(clip, result)
    if Sign.SPEECH_WITHOUT_TEXT in whole.signs:  # its pieces may be too short to tell
        return whole
    return Finding(
        clip=clip,
        result=result,
        doubt_ms=sum(piece.doubt_ms for piece in pieces),
        signs=tuple(dict.fromkeys(sign for piece in pieces for sign in piece.signs)),
    )


def _as_done(piece: Finding) -> ClipDone:
    match piece.result:
        case ClipDone() as done:
            return done
        case ClipFailed() as failed:
            return ClipDone(
                clip_id=failed.clip_id,
                language=failed.language,
                text=failed.text or "",
                words=(),
                timing=Timing.PROPORTIONAL,
                warnings=(f"word times are estimated: {failed.error}",),
            )
        case _:
            assert_never(piece.result)


def _text(spoken: Sequence[ClipDone]) -> tuple[str, tuple[HeardToken, ...]]:
    """The text of all parts, and the tokens at their places in it."""
    text = ""
    tokens: list[HeardToken] = []
    before: ClipDone | None = None
    for part in spoken:
        if before is not None and needs_space(
            (before.text, before.language), (part.text, part.language)
        ):
            text += " "
        tokens += (
            replace(
                token,
                char_start=token.char_start + len(text),
                char_end=token.char_end + len(text),
            )
            for token in part.tokens
        )
        text += part.text
        before = part
    return text, tuple(tokens)


def _words(parts: Sequence[ClipDone], clips: Sequence[Clip]) -> tuple[Word, ...]:
    """Words of all parts, estimated where a part has none; () where no part has any."""
    if not any(part.words for part in parts):
        return ()
    return tuple(
        word
        for part, clip in zip(parts, clips, strict=True)
        for word in part.words or _estimated(part.text, clip.span)
    )


def _estimated(text: str, span: Span) -> tuple[Word, ...]:
    if not text:
        return ()
    start_ms, end_ms = ms_from_samples(span.start_sample), ms_from_samples(span.end_sample)
    return tuple(
        Word(
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            text=text[word.char_start : word.char_end],
        )
        for word in spread_words(text, start_ms, end_ms)
    )


def _timing(spoken: Sequence[ClipDone], words: Sequence[Word]) -> Timing:
    if not spoken:
        return Timing.NONE
    if not words:
        return Timing.PROPORTIONAL
    is_unlisted = any(part.timing is Timing.ALIGNED_UNLISTED for part in spoken)
    return Timing.ALIGNED_UNLISTED if is_unlisted else Timing.ALIGNED


def _languages(spoken: Sequence[ClipDone]) -> tuple[str, ...]:
    named = [name for part in spoken for name in part.languages or (part.language,)]
    found = tuple(dict.fromkeys(name for name in named if name is not None))
    return found if len(found) > 1 else ()


def _main_language(spoken: Sequence[ClipDone]) -> str | None:
    letters: Counter[str] = Counter()
    for part in spoken:
        if part.language is not None:
            letters[part.language] += letter_count(part.text)
    return max(letters, key=letters.__getitem__, default=None)
