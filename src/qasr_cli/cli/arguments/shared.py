"""Options that commands share, and how they become `Options`; `option_sets` hands them out."""

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from qasr_cli.cli.arguments.choices import (
    Channels,
    CjkPunct,
    Dtype,
    EngineName,
    FrameRate,
    LogFormat,
    Quantize,
    Vad,
    dtype_from_compute_type,
    speaker_names_from_user,
)
from qasr_cli.cli.arguments.context import context_from_user
from qasr_cli.cli.arguments.corrections import corrections_from_user
from qasr_cli.cli.arguments.parsing import parsed
from qasr_cli.cli.arguments.profile import style_from_user
from qasr_cli.console.observers import ConsoleOptions
from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.timing import seconds_from_text
from qasr_cli.errors import UsageError
from qasr_cli.formats.registry import FORMAT_NAMES, parse_formats
from qasr_cli.options import (
    DEFAULT_MAX_CHUNK_S,
    DEFAULT_MODEL,
    DecodeOptions,
    EngineOptions,
    FormatOptions,
    Options,
    OutputOptions,
    RunOptions,
    SplitOptions,
    TextOptions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The shared options as the command line gave them; each field is an option."""

    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            "-f",
            metavar="NAME[,NAME]",
            help=f"{', '.join(FORMAT_NAMES)} or all; default: srt. Comma list or repeated.",
        ),
    ] = None
    output_dir: Annotated[
        str | None,
        typer.Option(
            "--output-dir",
            "-o",
            metavar="DIR",
            help="Write here; default: beside each source. For one file - is standard output.",
        ),
    ] = None
    language: Annotated[
        str,
        typer.Option("--language", "-l", help="auto, or a code or name: en, English, zh, yue ..."),
    ] = "auto"
    context: Annotated[
        str | None,
        typer.Option(
            "--context",
            "--initial-prompt",
            metavar="TEXT|@FILE",
            help="What the recordings are about, for the recogniser.",
        ),
    ] = None
    hotwords: Annotated[
        str | None,
        typer.Option("--hotwords", metavar="A,B,C|@FILE", help="Names and terms that may come."),
    ] = None
    model: Annotated[
        str,
        typer.Option("--model", "-m", help="1.7b, 0.6b, demo, a repository, or a local folder."),
    ] = DEFAULT_MODEL
    aligner: Annotated[
        str | None, typer.Option("--aligner", help="The model that times words; default: its own.")
    ] = None
    no_align: Annotated[
        bool, typer.Option("--no-align", help="Skip word timing; times are spread by length.")
    ] = False
    model_dir: Annotated[
        str | None,
        typer.Option("--model-dir", metavar="DIR", help="Where models are looked for first."),
    ] = None
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")] = "auto"
    allow_cpu_fallback: Annotated[
        bool,
        typer.Option("--allow-cpu-fallback", help="Let the CPU do what the GPU cannot hold."),
    ] = False
    dtype: Annotated[
        Dtype,
        typer.Option("--dtype", help="auto: bfloat16 where the processor has it, else float32."),
    ] = Dtype.AUTO
    quantize: Annotated[
        Quantize, typer.Option("--quantize", help="int8: faster on a CPU without bfloat16.")
    ] = Quantize.NONE
    cuda_graphs: Annotated[
        bool,
        typer.Option("--cuda-graphs", help="GPU: replay recorded steps; not yet run on a GPU."),
    ] = False
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", metavar="N", help="Clips at once; default: by device."),
    ] = None
    threads: Annotated[
        int | None, typer.Option("--threads", metavar="N", help="CPU threads of the models.")
    ] = None
    max_chunk_s: Annotated[
        float, typer.Option("--max-chunk-s", metavar="S", help="Longest clip, in seconds.")
    ] = DEFAULT_MAX_CHUNK_S
    channels: Annotated[
        Channels, typer.Option("--channels", help="split: each channel is a speaker.")
    ] = Channels.MIX
    speaker_names: Annotated[
        str | None,
        typer.Option("--speaker-names", metavar="A,B", help="Of the channels, with split."),
    ] = None
    audio_track: Annotated[
        str | None,
        typer.Option(
            "--audio-track", metavar="N|LANG", help="Audio track, from 0, or by language."
        ),
    ] = None
    max_duration: Annotated[
        str,
        typer.Option(
            "--max-duration", metavar="TIME", help="Refuse longer recordings: 90m, 48h ..."
        ),
    ] = "48h"
    highpass: Annotated[
        int | None,
        typer.Option("--highpass", metavar="HZ", help="Cut rumble below this, such as 80."),
    ] = None
    normalize: Annotated[
        float | None,
        typer.Option("--normalize", metavar="DBFS", help="Peak level to reach, such as -3."),
    ] = None
    vad: Annotated[Vad, typer.Option("--vad", help="How pauses are found.")] = Vad.SILERO
    keep_clips: Annotated[
        str | None,
        typer.Option("--keep-clips", metavar="DIR", help="Keep each clip as a WAV file."),
    ] = None
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", help="More tries after 1, 2, 4 ... seconds.")
    ] = 3
    min_coverage: Annotated[
        float,
        typer.Option(
            "--min-coverage", metavar="SHARE", help="Of the speech that should have words."
        ),
    ] = 0.9
    strict: Annotated[bool, typer.Option("--strict", help="A file below --min-coverage fails.")] = (
        False
    )
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Do everything again; replace existing outputs.")
    ] = False
    language_suffix: Annotated[
        bool, typer.Option("--language-suffix", help="Name outputs talk.en.srt.")
    ] = False
    corrections: Annotated[
        str | None,
        typer.Option("--corrections", metavar="FILE.tsv", help="What to write for what was heard."),
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say only what failed.")] = False
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False
    log_format: Annotated[
        LogFormat, typer.Option("--log-format", help="Lines for people or JSON.")
    ] = LogFormat.TEXT
    no_progress: Annotated[bool, typer.Option("--no-progress", help="No live view.")] = False
    # Read in cli.main, before the command itself begins.
    no_sandbox: Annotated[
        bool, typer.Option("--no-sandbox", help="Do not have the kernel refuse the network.")
    ] = False
    profile: Annotated[
        str,
        typer.Option(
            "--profile",
            metavar="NAME|FILE.toml",
            help="netflix, bbc, ted, vertical (9:16), plain, or a file with limits of your own.",
        ),
    ] = "netflix"
    max_line_width: Annotated[
        int | None,
        typer.Option("--max-line-width", metavar="N", help="Characters a line; CJK count whole."),
    ] = None
    max_line_count: Annotated[
        int | None, typer.Option("--max-line-count", metavar="N", help="Lines a cue, up to 3.")
    ] = None
    max_words_per_line: Annotated[
        int | None, typer.Option("--max-words-per-line", metavar="N", help="Words a line.")
    ] = None
    max_cps: Annotated[
        int | None, typer.Option("--max-cps", metavar="N", help="Characters a second to read.")
    ] = None
    min_duration_ms: Annotated[
        int | None, typer.Option("--min-duration-ms", metavar="MS", help="Of a cue.")
    ] = None
    max_duration_ms: Annotated[
        int | None, typer.Option("--max-duration-ms", metavar="MS", help="Of a cue.")
    ] = None
    max_gap_ms: Annotated[
        int | None,
        typer.Option("--max-gap-ms", metavar="MS", help="A longer silence always cuts."),
    ] = None
    sentence: Annotated[bool, typer.Option("--sentence", help="No two sentences in one cue.")] = (
        False
    )
    fps: Annotated[
        FrameRate | None,
        typer.Option("--fps", help="Leave two frames of this rate between cues."),
    ] = None
    lead_in_ms: Annotated[
        int | None, typer.Option("--lead-in-ms", metavar="MS", help="Show cues so much earlier.")
    ] = None
    linger_ms: Annotated[
        int | None,
        typer.Option("--linger-ms", metavar="MS", help="May stay so long after the speech."),
    ] = None
    cjk_punct: Annotated[
        CjkPunct, typer.Option("--cjk-punct", help="netflix: spaces for full-width commas, stops.")
    ] = CjkPunct.KEEP
    highlight_words: Annotated[
        bool, typer.Option("--highlight-words", help="Karaoke in vtt, ass and lrc.")
    ] = False
    bom: Annotated[
        bool, typer.Option("--bom", help="Byte order mark, for TVs and Windows players.")
    ] = False
    crlf: Annotated[bool, typer.Option("--crlf", help="Windows line ends.")] = False
    # A rehearsal engine: no model, made-up words. For tests and drills of cron jobs.
    engine: Annotated[EngineName, typer.Option("--engine", hidden=True)] = EngineName.QWEN
    # What whisper's users type.
    output_format: Annotated[list[str] | None, typer.Option("--output-format", hidden=True)] = None
    compute_type: Annotated[str | None, typer.Option("--compute-type", hidden=True)] = None
    word_timestamps: Annotated[str | None, typer.Option("--word-timestamps", hidden=True)] = None

    def options(self) -> Options:
        """The frozen groups.

        Raises:
            UsageError: a value is out of range, or two contradict.
        """
        formats = [*(self.format or ()), *(self.output_format or ())]
        return Options(
            decode=DecodeOptions(
                channels=self.channels.value,
                audio_track=self.audio_track,
                highpass_hz=self.highpass,
                normalize_dbfs=self.normalize,
                max_duration_s=parsed("--max-duration", self.max_duration, seconds_from_text),
            ),
            split=SplitOptions(max_chunk_s=self.max_chunk_s, vad=self.vad.value),
            engine=EngineOptions(
                engine=self.engine.value,
                model=self.model,
                aligner=self.aligner,
                align=self._aligns(),
                model_dir=self.model_dir,
                device=self.device,
                dtype=self._dtype(),
                quantize=self.quantize.value,
                cuda_graphs=self.cuda_graphs,
                batch_size=self.batch_size,
                threads=self.threads,
                language=self.language,
                cpu_fallback=self.allow_cpu_fallback,
            ),
            text=TextOptions(
                corrections=corrections_from_user(self.corrections),
                speaker_names=speaker_names_from_user(self.speaker_names, self.channels),
            ),
            cue=self._cue(),
            output=OutputOptions(
                formats=parse_formats(formats or ["srt"]),
                rendering=FormatOptions(
                    highlight_words=self.highlight_words, bom=self.bom, crlf=self.crlf
                ),
                output_dir=self.output_dir,
                language_suffix=self.language_suffix,
                overwrite=self.overwrite,
            ),
            run=RunOptions(
                retries=self.retries,
                keep_clips_dir=self.keep_clips,
                min_coverage=self.min_coverage,
                strict=self.strict,
            ),
            context=context_from_user(self.context, self.hotwords),
        )

    def _cue(self) -> CueOptions:
        return CueOptions(
            style=style_from_user(self.profile),
            max_line_width=self.max_line_width,
            max_line_count=self.max_line_count,
            max_words_per_line=self.max_words_per_line,
            max_cps=self.max_cps,
            min_duration_ms=self.min_duration_ms,
            max_duration_ms=self.max_duration_ms,
            max_gap_ms=self.max_gap_ms,
            sentence=self.sentence,
            fps=None if self.fps is None else float(self.fps.value),
            lead_in_ms=self.lead_in_ms,
            linger_ms=self.linger_ms,
            cjk_punct=self.cjk_punct.value,
        )

    def console(self) -> ConsoleOptions:
        """How much to say."""
        if self.quiet and self.verbose:
            raise UsageError("--quiet and --verbose contradict each other")
        return ConsoleOptions(
            quiet=self.quiet,
            verbose=self.verbose,
            progress=not self.no_progress,
            log_format=self.log_format.value,
        )

    @property
    def skip_folders(self) -> tuple[str, ...]:
        """Not to be walked: clips kept inside a walked folder are no recordings."""
        return () if self.keep_clips is None else (self.keep_clips,)

    def _aligns(self) -> bool:
        if self.no_align and self.aligner is not None:
            raise UsageError("--no-align and --aligner contradict each other")
        match (self.word_timestamps or "true").lower():
            case "true":
                return not self.no_align
            case "false":
                return False
            case other:
                raise UsageError(f"--word-timestamps takes True or False, not {other!r}")

    def _dtype(self) -> Literal["auto", "bfloat16", "float16", "float32"]:
        if self.compute_type is None:
            return self.dtype.value
        return dtype_from_compute_type(self.compute_type).value
