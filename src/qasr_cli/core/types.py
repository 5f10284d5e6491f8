"""The values that the stages of qasr hand on. Frozen; no behaviour beyond their invariants."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from qasr_cli.core.cue_types import Cue, ReadCue, ReadSubtitles, ShotChanges, Tag
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Cue", "ReadCue", "ReadSubtitles", "ShotChanges", "Tag"]  # or from here

IntervalMs = tuple[int, int]  # [start_ms, end_ms)

Channel = Literal["left", "right"]
CHANNELS: tuple[Channel, ...] = ("left", "right")

# --- files and sound --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaFile:
    """One input as `discover` found it.

    Attributes:
        path: where to open it. Names that are not UTF-8 carry surrogates (PEP 383).
        relative_path: its identity in a batch: "/"-separated, below the walked folder
            (with that folder's name in front when several folders were given).
        size_bytes, mtime_ns, ctime_ns, inode: the stat that recognises it unchanged.
    """

    path: str
    relative_path: str
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """Samples `[start_sample, end_sample)` from the start of the file; never empty."""

    start_sample: int
    end_sample: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_sample < self.end_sample:
            raise ValueError(f"not a span: [{self.start_sample}, {self.end_sample})")

    @property
    def sample_count(self) -> int:
        """Length in samples."""
        return self.end_sample - self.start_sample


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clip:
    """A stretch of sound that goes through the models as one.

    Attributes:
        clip_id: "<file id>/<start_sample>-<end_sample>": stable across runs.
        span: where it lies in the file.
        language: full English name the user forced ("English"), or None to detect.
        pcm: float32, shape (span.sample_count,), mono, 16 kHz, finite; in [-1, 1] but where the
            recording itself is louder.
        text: what is said in it, where that is known and only wants its times; canonical.
        context: what the recogniser is told beforehand; "" for nothing.
        channel: of the recording, where each is heard by itself; None where they are mixed.
        speech: regions of speech in it, in order; None where nobody looked for them.
        voices: how the voices in it sound; None where nobody listened for them.
        is_partial: more of it is still being spoken: its text is wanted as it is, and soon.
        draft: token ids that an answer to it may begin with; they change its time alone.
        wants_times: False = its words need no times.
    """

    clip_id: str
    span: Span
    language: str | None
    pcm: "npt.NDArray[np.float32]"
    text: str | None = None
    context: str = ""
    channel: Channel | None = None
    speech: tuple[Span, ...] | None = None
    voices: HeardVoices | None = None
    is_partial: bool = False
    draft: tuple[int, ...] = ()
    wants_times: bool = True


# --- words ------------------------------------------------------------------------------------


class Timing(StrEnum):
    """How a clip's words got their times."""

    ALIGNED = "aligned"  # by the forced aligner
    # by the same, in a language that is not among those it was trained on, or is not known
    ALIGNED_UNLISTED = "aligned-unlisted"
    PROPORTIONAL = "proportional"  # spread over the clip by character share
    NONE = "none"  # no words, or times were not asked for

    @property
    def is_heard(self) -> bool:
        """True where words have times of their own, from the sound."""
        return self in (Timing.ALIGNED, Timing.ALIGNED_UNLISTED)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Word:
    """A token of the aligner: a word, or one character in scripts without spaces.

    Attributes:
        start_ms, end_ms: from the start of the file; end_ms >= start_ms (zero length is normal).
        text: as the aligner's word splitter wrote it: punctuation is already gone.
        time_probability: what the aligner gave the less sure of its two times; None where nobody
            asked.
    """

    start_ms: int
    end_ms: int
    text: str
    time_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardToken:
    """A token of a clip's text, and how probable it was to the recogniser that chose it.

    Attributes:
        char_start, char_end: its place in the text, never empty; a character that is made of
            several tokens is in the place of each.
        probability: 0 to 1.
    """

    char_start: int
    char_end: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipDone:
    """What the engine heard in one clip.

    Attributes:
        text: recognised text, punctuation and all; "" when nothing was said.
        language: full English name, or None when nothing was said.
        words: ordered, inside the clip; empty unless `timing.is_heard`.
        truncated: the token cap was hit before the end-of-text token.
        repetition: a repetition loop was found in the text, and cut.
        warnings: one line each, for people; such as why there are no aligned words.
        repairs: what was done because a first result looked bad, one line each.
        languages: full English names of all that were heard, `language` among them; empty where
            that is all.
        tokens: the text as it was chosen, in order; empty where nobody asked, and where the text
            was given.
        token_ids: the answer of a partial clip, to be the draft of the next; else empty.
    """

    clip_id: str
    language: str | None
    text: str
    words: tuple[Word, ...]
    timing: Timing
    truncated: bool = False
    repetition: bool = False
    warnings: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    tokens: tuple[HeardToken, ...] = ()
    token_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClipFailed:
    """One clip could not be done; a value, because the next clip can.

    Attributes:
        stage: "recognise" or "align".
        text, language: what was recognised, when only the alignment failed; else None.
    """

    clip_id: str
    stage: Literal["recognise", "align"]
    error: EngineError
    text: str | None = None
    language: str | None = None


ClipResult = ClipDone | ClipFailed


# --- the transcript of a file -----------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class TextWord:
    """A word tied to its place in the transcript's text.

    The spans of all words of a transcript tile its text: they are contiguous, they start at 0
    and end at len(text), so text[char_start:char_end] carries the punctuation and white space.

    Attributes:
        probability: how sure the recogniser was of it, 0 to 1; None where that is not known.
        time_probability: the same of the aligner and its times.
    """

    start_ms: int
    end_ms: int
    char_start: int
    char_end: int
    probability: float | None = None
    time_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A sentence: consecutive words, and the slice of the text that they tile."""

    start_ms: int
    end_ms: int
    char_start: int
    char_end: int
    language: str | None
    words: tuple[TextWord, ...]
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipNote:
    """What happened to one clip; kept in the result. Its languages are as in `ClipDone`."""

    start_ms: int
    end_ms: int
    language: str | None
    status: Literal["done", "failed"]
    timing: Timing
    attempts: int = 1
    truncated: bool = False
    repetition: bool = False
    repairs: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One place at which a correction changed the text.

    Attributes:
        start_ms, end_ms: of the words that it changed, as they were.
        before, after: the changed stretch of the text; `after` "" where it was taken out.
        line: of the correction in its file, from 1; 0 for an edit by hand.
    """

    start_ms: int
    end_ms: int
    before: str
    after: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything known about one file after recognition and alignment.

    Attributes:
        file: relative path of the media file.
        language: of most of the speech time; None when nothing was said.
        text: the whole text; segments and words are slices of it.
        segments: ordered, not overlapping, inside [0, duration_ms].
        changes: what corrections did to the text, in order of time.
        speech: where somebody speaks, in order, not overlapping; empty where nobody looked.
        cues: its subtitles, where somebody cut them by hand; None = they are to be cut.
        shot_changes: of its picture; None where nobody looked, or there is none.
    """

    file: str
    duration_ms: int
    language: str | None
    text: str
    segments: tuple[Segment, ...]
    clips: tuple[ClipNote, ...]
    models: dict[str, str]
    settings: dict[str, object]
    warnings: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    speech: tuple[IntervalMs, ...] = ()
    cues: tuple[Cue, ...] | None = None
    shot_changes: ShotChanges | None = None
