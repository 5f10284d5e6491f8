"""Options that say which models run, where, and how."""

from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from qasr_cli.cli.arguments.choices import Dtype, EngineName, Quantize, dtype_from_compute_type
from qasr_cli.errors import UsageError
from qasr_cli.options import DEFAULT_MODEL, EngineOptions


@dataclass(frozen=True, kw_only=True)  # no slots: several such classes become one
class EngineArguments:
    """The models, the device, and how both are used."""

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

    # A rehearsal engine: no model, made-up words. For tests and drills of cron jobs.
    engine: Annotated[EngineName, typer.Option("--engine", hidden=True)] = EngineName.QWEN
    # What whisper's users type.
    compute_type: Annotated[str | None, typer.Option("--compute-type", hidden=True)] = None
    word_timestamps: Annotated[str | None, typer.Option("--word-timestamps", hidden=True)] = None

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
            batch_size=self.batch_size,
            threads=self.threads,
            language=language,
            cpu_fallback=self.allow_cpu_fallback,
        )

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
