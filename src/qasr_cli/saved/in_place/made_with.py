"""How the outputs of a result were made, from the settings that it names."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from qasr_cli.core.subtitles.cue_options import CueOptions
from qasr_cli.core.subtitles.styles import Style
from qasr_cli.core.types import Cue, Transcript
from qasr_cli.errors import UsageError
from qasr_cli.formats.rendering import cues_of
from qasr_cli.options import DecodeOptions, FormatOptions, Options, OutputOptions

_DAMAGE = (TypeError, ValueError, AttributeError, UsageError)


def options_of(transcript: Transcript) -> Options:
    """The options that its cues were cut with, its outputs written, and its recording decoded.

    What it does not name, or names in a way that nobody knows, is at its default.
    """
    settings = transcript.settings
    output = settings.get("output")
    rendering = output.get("rendering") if isinstance(output, Mapping) else None
    decode = _group(DecodeOptions, settings.get("decode"))
    return Options(
        cue=_cue_options(settings.get("cue")),
        decode=DecodeOptions() if decode is None else decode,
        output=OutputOptions(rendering=_group(FormatOptions, rendering) or FormatOptions()),
    )


def cues_as_cut(transcript: Transcript) -> tuple[Cue, ...]:
    """Its cues: those that somebody cut by hand, or those that a batch cut of it."""
    if transcript.cues is not None:
        return transcript.cues
    return cues_of(transcript, replace(Options(), cue=options_of(transcript).cue))


def _cue_options(values: object) -> CueOptions:
    if not isinstance(values, Mapping):
        return CueOptions()
    style = _group(Style, values.get("style"))
    known = {name: value for name, value in values.items() if name != "style"}
    return _group(CueOptions, known | ({} if style is None else {"style": style})) or CueOptions()


def _group(kind: Any, values: object) -> Any:  # noqa: ANN401  # any of the groups
    """A group of options with these values; None where they are none."""
    if not isinstance(values, Mapping):
        return None
    names = {each.name for each in fields(kind)}
    try:
        return kind(**{name: value for name, value in values.items() if name in names})
    except _DAMAGE:
        return None
