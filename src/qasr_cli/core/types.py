"""The values that the stages of qasr hand on. Frozen; no behaviour beyond their invariants."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from qasr_cli.errors import EngineError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

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
        pcm: float32, shape (span.sample_count,), mono, 16 kHz, in [-1, 1], finite.
        text: what is said in it, where that is known and only wants its times; canonical.
        context: what the recogniser is told beforehand; "" for nothing.
        channel: of the recording, where each is heard by itself; None where they are mixed.
        speech: regions of speech in it, in order; None where nobody looked for them.
    """

    clip_id: str
    span: Span
    language: str | None
    pcm: "npt.NDArray[np.float32]"
    text: str | None = None
    context: str = ""
    channel: Channel | None = None
    speech: tuple[Span, ...] | None = None


# --- words ------------------------------------------------------------------------------------


class Timing(StrEnum):
    """How a clip's words got their times."""

    ALIGNED = "aligned"  # by the forced aligner
    PROPORTIONAL = "proportional"  # spread over the clip by character share
    NONE = "none"  # no words, or times were not asked for


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Word:
    """A token of the aligner: a word, or one character in scripts without spaces.

    Attributes:
        start_ms, end_ms: from the start of the file; end_ms >= start_ms (zero length is normal).
        text: as the aligner's word splitter wrote it: punctuation is already gone.
    """

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipDone:
    """What the engine heard in one clip.

    Attributes:
        text: recognised text, punctuation and all; "" when nothing was said.
        language: full English name, or None when nothing was said.
        words: ordered, inside the clip; empty when `timing` is not ALIGNED.
        truncated: the token cap was hit before the end-of-text token.
        repetition: a repetition loop was found in the text, and cut.
        warnings: one line each, for people; such as why there are no aligned words.
        repairs: what was done because a first result looked bad, one line each.
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
    """

    start_ms: int
    end_ms: int
    char_start: int
    char_end: int


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
    """What happened to one clip; kept in the result."""

    start_ms: int
    end_ms: int
    language: str | None
    status: Literal["done", "failed"]
    timing: Timing
    attempts: int = 1
    truncated: bool = False
    repetition: bool = False
    repairs: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Tag:
    r"""A piece of markup in the lines of a cue, which do not hold it.

    Attributes:
        line, char: where it stands; before that character.
        text: as SubRip writes it: `<i>`, `</font>`, `{\an8}`.
    """

    line: int
    char: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cue:
    """One subtitle: `[start_ms, end_ms)`, its lines not empty and without line breaks.

    Attributes:
        speaker: whose words they are, where that is known; not in the lines.
        tags: in order; only a subtitle that was given has some.
        second_line_count: how many of its last lines are in a second language.
    """

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    speaker: str | None = None
    tags: tuple[Tag, ...] = ()
    second_line_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCue:
    """One cue as a file has it, right or wrong; its lines without tags, which are in order."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    tags: tuple[Tag, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubtitles:
    """What a file of subtitles holds.

    Attributes:
        cues: in the order of the file.
        notes: what a person should know of how it was read; a line each.
        unkept: kinds of markup that `Tag` has no words for.
    """

    cues: tuple[ReadCue, ...]
    notes: tuple[str, ...] = ()
    unkept: tuple[str, ...] = ()
