"""Which settings make a result what it is, and digests of them. No I/O.

Only what changes a result is in here, so that a rerun with more threads or another verbosity does
not redo finished files. What was heard is told apart from how it is written: another format or
another cut needs no model.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields, replace
from typing import Any

from qasr_cli.core.clips.context import Context
from qasr_cli.core.transcript.corrections import digest_of
from qasr_cli.options import Options

# Fields that never change what is written: left out of the fingerprint.
_WITHOUT_EFFECT = {
    "decode": {"max_duration_s"},  # what is done was not too long
    "engine": {
        *("model", "aligner", "model_dir", "device", "batch_size", "threads", "cpu_fallback"),
        # Other shapes of the same sums, as with another batch size.
        *("cuda_graphs", "batch_invariant"),
    },
    "output": {"output_dir", "overwrite"},
    "speakers": {"same"},  # names are given anew at the end of every such run
}


# What the settings of the first results named. A field that came later is named only where it is
# not at its default, so no release changes the key of anything that is done.
_FIRST_FIELDS = {
    "decode": {"channels", "audio_track", "highpass_hz", "normalize_dbfs", "max_duration_s"},
    "split": {"max_chunk_s", "vad"},
    "engine": {
        *("engine", "model", "aligner", "align", "model_dir", "device", "dtype", "quantize"),
        *("cuda_graphs", "batch_size", "threads", "language", "cpu_fallback"),
    },
    "speakers": set[str](),
    "text": {"corrections", "speaker_names"},
    "cue": {
        *("style", "max_line_width", "max_line_count", "max_words_per_line", "max_cps"),
        *("min_duration_ms", "max_duration_ms", "max_gap_ms", "sentence", "fps", "lead_in_ms"),
        *("linger_ms", "cjk_punct"),
    },
    "output": {"formats", "rendering", "output_dir", "language_suffix", "overwrite"},
    "rendering": {"highlight_words", "bom", "crlf"},
}

# What decides what is heard; the other groups decide how it is written. The last one came later,
# and is there only where it is asked for.
_SPEAKERS = "speakers"
_HEARD_GROUPS = ("decode", "split", "engine", _SPEAKERS)


def settings_of(options: Options) -> dict[str, Any]:
    """The settings that change a result, as they stand in the result document.

    Models are not here: the engine's own fingerprint names them exactly.
    """
    settings: dict[str, Any] = {}
    for group in fields(options):
        if group.name in ("run", "context"):  # the context is that of a recording
            continue
        if group.name == _SPEAKERS and not options.speakers.diarize:
            continue
        values = _named_values(getattr(options, group.name), group.name)
        hidden = _WITHOUT_EFFECT.get(group.name, set())
        settings[group.name] = {name: v for name, v in values.items() if name not in hidden}
    known = options.speakers.known
    if known:  # wherever they lie, what they sound like decides
        people = sorted([voice.name, voice.sha256] for voice in known)
        settings[_SPEAKERS]["known"] = _digest(people)
    # The rules themselves may be thousands, and moving one a line down changes nothing.
    settings["text"]["corrections"] = digest_of(options.text.corrections)
    settings["output"]["formats"] = sorted(options.output.formats)  # their order changes nothing
    settings["output"]["rendering"] = _named_values(options.output.rendering, "rendering")
    return settings


def _named_values(group: Any, name: str) -> dict[str, Any]:  # noqa: ANN401  # any of the groups
    first = _FIRST_FIELDS[name]
    later = {
        each.name
        for each in fields(group)
        if each.name not in first and getattr(group, each.name) == _default_of(each)
    }
    return {field_name: v for field_name, v in asdict(group).items() if field_name not in later}


def _default_of(each: Field[Any]) -> object:
    return each.default if each.default_factory is MISSING else each.default_factory()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprints:
    """What a result was made with, each as 64 hex digits.

    Attributes:
        whole: of all settings and the models; changes exactly when a result could.
        heard: of what decides what is heard: models, and how sound reaches them.
        made: of what decides how that is written, but for the formats.
        enough: `made`, and those of what was made with more beside it.
        heard_enough: the same of `heard`: what was heard with confidence will do without.
    """

    whole: str
    heard: str
    made: str
    enough: tuple[str, ...]
    heard_enough: tuple[str, ...]

    @classmethod
    def of(cls, options: Options, engine_fingerprint: str) -> "Fingerprints":
        """Those of what an engine makes with these options."""
        return cls.of_settings(settings_of(options), engine_fingerprint)

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any], engine_fingerprint: str) -> "Fingerprints":
        """Those of `settings_of`, as they are or as they stand in a result document."""
        heard = {
            name: settings.get(name)
            for name in _HEARD_GROUPS
            if name != _SPEAKERS or name in settings
        }
        made = {name: v for name, v in settings.items() if name not in heard}
        output = made.get("output")
        known = output if isinstance(output, Mapping) else {}
        made["output"] = {name: v for name, v in known.items() if name != "formats"}
        made_digest = _digest(made)
        with_copies = _digest(made | {"output": made["output"] | {"embed": True}})
        heard_digest = _digest([heard, engine_fingerprint])
        return cls(
            whole=_digest([settings, engine_fingerprint]),
            heard=heard_digest,
            made=made_digest,
            enough=(made_digest, with_copies),
            heard_enough=tuple(
                _digest([each, engine_fingerprint]) for each in (heard, *_with_more(heard))
            ),
        )

    def with_context(self, context: Context) -> "Fingerprints":
        """The same for a recording about which the recogniser is told something."""
        if not context.prompt:
            return self
        told = context.to_document()
        heard_enough = tuple(_digest([each, told], sort_keys=False) for each in self.heard_enough)
        return replace(
            self,
            whole=_digest([self.whole, told], sort_keys=False),
            heard=heard_enough[0],
            heard_enough=heard_enough,
        )


def _with_more(heard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The settings of what was heard with more beside it, which will do without."""
    engine = heard["engine"] if isinstance(heard["engine"], Mapping) else {}
    confident = {**heard, "engine": {**engine, "confidence": True}}
    yield confident
    speakers = heard.get(_SPEAKERS)
    if isinstance(speakers, Mapping):
        kept = {_SPEAKERS: {**speakers, "keep_voices": True}}
        yield {**heard, **kept}
        yield {**confident, **kept}


def _digest(value: object, *, sort_keys: bool = True) -> str:
    canonical = json.dumps(value, sort_keys=sort_keys, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
