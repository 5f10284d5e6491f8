"""What the user asked for, in frozen groups, checked once. No I/O, no torch."""

import re
from dataclasses import dataclass, field
from typing import Literal

from qasr_cli.core.clips.context import NO_CONTEXT, Context
from qasr_cli.core.language.languages import language_from_user
from qasr_cli.core.shard import Shard
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.transcript.chinese_script import ChineseScript
from qasr_cli.core.transcript.corrections import Correction
from qasr_cli.errors import UsageError

DEFAULT_MODEL = "1.7b"
DEFAULT_SPEAKERS = ("Speaker 1", "Speaker 2")
DEFAULT_MAX_CHUNK_S = 30.0
MAX_CHUNK_S = 180.0  # the aligner's published limit is 300 s; official code cuts at 180 s
MIN_CHUNK_S = 1.0
MOST_WORKERS = 64
_DEVICE = re.compile(r"auto|cpu|cuda(:\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeOptions:
    """How a file becomes 16 kHz mono samples.

    Attributes:
        channels: "mix" = their mean; "split" = each by itself, a speaker each.
        audio_track: index among the audio tracks (from 0), or a language tag; None = the first.
        highpass_hz: cut rumble below this; None = leave the sound as it is.
        normalize_dbfs: bring each window's peak to this level; None = leave it.
        max_duration_s: cap on decoded seconds (audio bombs).
    """

    channels: Literal["mix", "left", "right", "split"] = "mix"
    audio_track: str | None = None
    highpass_hz: int | None = None
    normalize_dbfs: float | None = None
    max_duration_s: float = 48 * 3600.0

    def __post_init__(self) -> None:
        if self.highpass_hz is not None and not 1 <= self.highpass_hz < 8000:
            raise UsageError("--highpass takes 1 to 7999 (Hz)")
        if self.normalize_dbfs is not None and not -60 <= self.normalize_dbfs <= 0:
            raise UsageError("--normalize takes -60 to 0 (dBFS)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOptions:
    """How samples become clips."""

    max_chunk_s: float = DEFAULT_MAX_CHUNK_S
    vad: Literal["silero", "energy"] = "silero"

    def __post_init__(self) -> None:
        if not MIN_CHUNK_S <= self.max_chunk_s <= MAX_CHUNK_S:
            raise UsageError(f"--max-chunk-s takes {MIN_CHUNK_S:g} to {MAX_CHUNK_S:g} (seconds)")


def check_device_name(name: str, *, option: str = "--device") -> None:
    """Refuse a word that is no device on any machine.

    Args:
        option: that names it.

    Raises:
        UsageError: it is none.
    """
    if not _DEVICE.fullmatch(name):
        raise UsageError(
            f"{option} {name}: takes auto, cpu, cuda (a GPU) or cuda:N (a GPU by its number); "
            f"qasr doctor says what is here"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """Which models run, where, and how.

    Attributes:
        engine: "qwen", or "fake" (deterministic, for tests and drills).
        model, aligner: "1.7b", "0.6b", "demo", a repository id, or a local directory.
            `aligner` None = the one that belongs to `model`.
        align: False = no word times (`--no-align`).
        quantize: "int8" = nearly all large layers multiply in 8 bits, on the CPU; "int4" = steps of
            answers multiply weights of 4 bits there; "auto" = what of these was measured to be
            fastest here, and as exact.
        cuda_graphs: steps of answers are recorded and replayed, on a GPU; None = on any GPU. It is
            left off where a probe's tokens differ with it.
        batch_invariant: on a GPU, no answer depends on which others are made beside it.
        language: a code or name in any spelling, held as the full English name; "auto" and None
            detect it clip by clip.
        cpu_fallback: the CPU does what the device cannot hold.
        confidence: words say how sure the models were of them, and of their times.
    """

    engine: Literal["qwen", "fake"] = "qwen"
    model: str = DEFAULT_MODEL
    aligner: str | None = None
    align: bool = True
    model_dir: str | None = None
    device: str = "auto"
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = "auto"
    quantize: Literal["none", "int8", "int4", "auto"] = "none"
    cuda_graphs: bool | None = None
    batch_size: int | None = None
    threads: int | None = None
    language: str | None = None
    cpu_fallback: bool = False
    confidence: bool = False
    batch_invariant: bool = False

    def __post_init__(self) -> None:
        if self.language is not None:
            object.__setattr__(self, "language", language_from_user(self.language))
        check_device_name(self.device)
        if self.batch_size is not None and self.batch_size < 1:
            raise UsageError("--batch-size takes 1 or more")
        if self.threads is not None and self.threads < 1:
            raise UsageError("--threads takes 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOptions:
    """How the recognised text is changed before it is written.

    Attributes:
        corrections: made one after the other, before anything is written.
        speaker_names: of the left and the right channel, where each is a speaker; of the speakers
            in the order in which they speak, where voices are told apart.
        script: of Chinese and Cantonese; None = as the recogniser writes it.
    """

    corrections: tuple[Correction, ...] = ()
    speaker_names: tuple[str, ...] = DEFAULT_SPEAKERS
    script: ChineseScript | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatOptions:
    """What the files hold beyond the cues.

    Attributes:
        highlight_words: karaoke, in the formats that know it.
        bom: a byte order mark in front.
        crlf: Windows line ends.
    """

    highlight_words: bool = False
    bom: bool = False
    crlf: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputOptions:
    """Which files come out, where.

    Attributes:
        formats: names of the registry, in the order asked for, no name twice.
        output_dir: None = beside the source.
        rendering: what the files hold beyond the cues.
        language_suffix: `talk.en.srt` in place of `talk.srt`.
        embed: also a copy of the recording with the subtitles in it.
    """

    formats: tuple[str, ...] = ("srt",)
    rendering: FormatOptions = FormatOptions()
    output_dir: str | None = None
    language_suffix: bool = False
    overwrite: bool = False
    embed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureLimit:
    """How many files may fail: a number, or a percentage of all."""

    amount: float
    is_percent: bool

    def __str__(self) -> str:
        return f"{self.amount:g}{'%' if self.is_percent else ''}"

    def allows(self, failed_count: int, file_count: int) -> bool:
        """Whether a run may go on."""
        limit = self.amount * file_count / 100 if self.is_percent else self.amount
        return failed_count <= limit


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a run behaves; nothing here changes an output.

    Attributes:
        max_crashes: a file over which the process died so often is left out; 0 = never.
        time_budget_s: how long after its start to stop (the start of the process, where it is a
            command's); None = at the end.
        max_failures: how many files may fail before it stops; None = all.
        wait_stable_s: a file must not have changed for so long; None = take it as it is.
        retry_failed: also do what failed for good, or was left out.
        verify_content: read every file to know it unchanged, whatever its date says.
        shard: the part of the batch to do; None = all of it.
        skip_existing: a file of `qasr transcribe` whose output stands is left out, and no failure.
        skip_subtitled: a recording that has subtitles, beside it or inside, is left out.
        no_lock: go on where the disk of the outputs has no file locks.
        min_coverage: share of the speech that should have words; below it is a warning.
        strict: below it the file fails.
        workers: processes that hear files at the same time, "auto" = one a GPU; None = one a
            device of `devices`, or the one process where none is named.
        devices: of the workers in turn, each as in `EngineOptions`; () = the engine's.
        allow_mixed: workers may compute in unlike number formats, each as its device does best.
    """

    retries: int = 3
    keep_clips_dir: str | None = None
    max_crashes: int = 3
    time_budget_s: float | None = None
    max_failures: FailureLimit | None = None
    wait_stable_s: float | None = None
    retry_failed: bool = False
    verify_content: bool = False
    shard: Shard | None = None
    skip_existing: bool = False
    skip_subtitled: bool = False
    no_lock: bool = False
    min_coverage: float = 0.9
    strict: bool = False
    workers: int | Literal["auto"] | None = None
    devices: tuple[str, ...] = ()
    allow_mixed: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.min_coverage <= 1:
            raise UsageError("--min-coverage takes 0 to 1")
        if self.retries < 0:
            raise UsageError("--retries takes 0 or more")
        if self.max_crashes < 0:
            raise UsageError("--max-crashes takes 0 or more")
        if isinstance(self.workers, int) and not 1 <= self.workers <= MOST_WORKERS:
            raise UsageError(f"--workers takes 1 to {MOST_WORKERS}, or auto")
        for device in self.devices:
            check_device_name(device, option="--devices")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All groups together.

    Attributes:
        context: what the recogniser is told about every recording.
    """

    decode: DecodeOptions = DecodeOptions()
    split: SplitOptions = SplitOptions()
    engine: EngineOptions = EngineOptions()
    speakers: SpeakerOptions = field(default_factory=SpeakerOptions)
    text: TextOptions = TextOptions()
    cue: CueOptions = field(default_factory=CueOptions)
    output: OutputOptions = OutputOptions()
    run: RunOptions = RunOptions()
    context: Context = NO_CONTEXT

    def __post_init__(self) -> None:
        if self.speakers.known and self.text.speaker_names != DEFAULT_SPEAKERS:
            raise UsageError("--voices names the speakers: leave out --speaker-names")
