"""Subtitles for whole folders of recordings, made on the user's own machine.

`transcribe`, `align` and `render` for one recording; `transcribe_files` and `transcribe_folders`
for many; `Options` for all. What is named here is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qasr_cli.api.many import (
        plan_folders,
        transcribe_files,
        transcribe_folders,
        watch_folders,
    )
    from qasr_cli.api.opening import open_engine
    from qasr_cli.api.single import align, transcribe
    from qasr_cli.core.subtitles.cue_options import CueOptions
    from qasr_cli.core.types import Cue, Segment, TextWord, Transcript
    from qasr_cli.errors import EngineError, InputError, QasrError, UsageError
    from qasr_cli.formats.rendering import cues_of, render
    from qasr_cli.options import (
        DecodeOptions,
        EngineOptions,
        FormatOptions,
        Options,
        OutputOptions,
        RunOptions,
        SplitOptions,
        TextOptions,
    )
    from qasr_cli.run.plan.folders import Walk
    from qasr_cli.saved.results import read_transcript

__version__ = "0.2.0"

__all__ = [
    "Cue",
    "CueOptions",
    "DecodeOptions",
    "EngineError",
    "EngineOptions",
    "FormatOptions",
    "InputError",
    "Options",
    "OutputOptions",
    "QasrError",
    "RunOptions",
    "Segment",
    "SplitOptions",
    "TextOptions",
    "TextWord",
    "Transcript",
    "UsageError",
    "Walk",
    "align",
    "cues_of",
    "open_engine",
    "plan_folders",
    "read_transcript",
    "render",
    "transcribe",
    "transcribe_files",
    "transcribe_folders",
    "watch_folders",
]

_HOMES = {
    "qasr_cli.api.many": "plan_folders transcribe_files transcribe_folders watch_folders",
    "qasr_cli.api.opening": "open_engine",
    "qasr_cli.api.single": "align transcribe",
    "qasr_cli.core.types": "Cue Segment TextWord Transcript",
    "qasr_cli.errors": "EngineError InputError QasrError UsageError",
    "qasr_cli.options": "CueOptions DecodeOptions EngineOptions FormatOptions Options"
    " OutputOptions RunOptions SplitOptions TextOptions",
    "qasr_cli.run.plan.folders": "Walk",
    "qasr_cli.formats.rendering": "cues_of render",
    "qasr_cli.saved.results": "read_transcript",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qasr_cli.offline import shut_doors

    shut_doors()  # the libraries read it when they are imported, which this may do
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value
