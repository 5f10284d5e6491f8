"""Options that say which models run, where, and how."""

import functools
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from qasr_cli.cli.arguments.choices import Dtype, EngineName, Quantize, dtype_from_compute_type
from qasr_cli.cli.arguments.completion import (
    complete_aligner,
    complete_device,
    complete_recogniser,
)
from qasr_cli.cli.arguments.help_page import MODELS, listed
from qasr_cli.errors import UsageError
from qasr_cli.options import DEFAULT_MODEL, EngineOptions

_option = functools.partial(typer.Option, rich_help_panel=MODELS)


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class EngineArguments:
    """The models, the device, and how both are used."""

    model: Annotated[
        str,
        _option(
            "--model",
            "-m",
            metavar="MODEL",
            help="Recognise with 1.7b, 0.6b or demo, a repository (owner/name), or the model in a "
            "local folder.",
            autocompletion=complete_recogniser,
        ),
    ] = DEFAULT_MODEL
    aligner: Annotated[
        str | None,
        _option(
            "--aligner",
            metavar="MODEL",
            help="Time words with this model instead of the one that goes with --model.",
            autocompletion=complete_aligner,
        ),
    ] = None
    no_align: Annotated[
        bool, _option("--no-align", help="Time no words; share times out by length.")
    ] = False
    model_dir: Annotated[
        str | None,
        _option("--model-dir", metavar="FOLDER", help="Look for models in this folder first."),
    ] = None
    device: Annotated[
        str,
        _option(
            "--device",
            metavar="DEVICE",
            help="Run on cpu, cuda, or the GPU of a number: cuda:1.",
            autocompletion=complete_device,
        ),
    ] = "auto"
    allow_cpu_fallback: Annotated[
        bool,
        _option("--allow-cpu-fallback", help="Let the CPU do what the GPU's memory cannot hold."),
    ] = False
    dtype: Annotated[
        Dtype,
        _option(
            "--dtype",
            metavar=listed(Dtype),
            help="Compute in these numbers; auto is bfloat16 where the processor has it, else "
            "float32.",
        ),
    ] = Dtype.AUTO
    quantize: Annotated[
        Quantize,
        _option(
            "--quantize",
            metavar=listed(Quantize),
            help="Multiply in 8 bits on a CPU, a little less exactly and mostly faster; int4: "
            "weights of 4 bits in each step of an answer, for one clip at a time; auto: what qasr "
            "doctor --calibrate found fastest and as exact.",
        ),
    ] = Quantize.NONE
    cuda_graphs: Annotated[
        bool | None,
        _option(
            "--cuda-graphs/--no-cuda-graphs",
            help="On a GPU, record the steps of an answer once and replay them; the default is to, "
            "where a probe shows that it changes nothing.",
        ),
    ] = None
    batch_invariant: Annotated[
        bool,
        _option(
            "--batch-invariant",
            help="On a GPU, let no answer depend on the clips beside it; slower.",
        ),
    ] = False
    batch_size: Annotated[
        int | None,
        _option(
            "--batch-size",
            metavar="CLIPS",
            help="Put so many clips through the models at once; the default is by device and "
            "memory.",
        ),
    ] = None
    threads: Annotated[
        int | None,
        _option("--threads", metavar="N", help="Let the models use so many threads of the CPU."),
    ] = None
    confidence: Annotated[
        bool,
        _option(
            "--confidence", help="Say in json how sure the models are of each word and its times."
        ),
    ] = False

    # A rehearsal engine: no model, made-up words. For tests and drills of cron jobs.
    engine: Annotated[EngineName, typer.Option("--engine", hidden=True)] = EngineName.QWEN
    # What whisper's users type.
    compute_type: Annotated[str | None, typer.Option("--compute-type", hidden=True)] = None
    word_timestamps: Annotated[
        bool | None, typer.Option("--word-timestamps/--no-word-timestamps", hidden=True)
    ] = None

    def engine_options(self, *, language: str) -> EngineOptions:
        """The group of `Options` that they make, with the language to recognise.

        Raises:
            UsageError: a value is out of range, or two contradict.
        """
        return EngineOptions(
            engine=self.engine.value,
            model=self.model,
            aligner=self.aligner,
            align=self._aligns(),
            model_dir=self.model_dir,
            device=self.device,
            dtype=self._dtype(),
            quantize=self.quantize.value,
            cuda_graphs=self.cuda_graphs,
            batch_invariant=self.batch_invariant,
            batch_size=self.batch_size,
            threads=self.threads,
            language=language,
            cpu_fallback=self.allow_cpu_fallback,
            confidence=self.confidence,
        )

    def _aligns(self) -> bool:
        if self.no_align and self.aligner is not None:
            raise UsageError("--no-align and --aligner contradict each other")
        return not self.no_align and self.word_timestamps is not False

    def _dtype(self) -> Literal["auto", "bfloat16", "float16", "float32"]:
        if self.compute_type is None:
            return self.dtype.value
        return dtype_from_compute_type(self.compute_type).value
