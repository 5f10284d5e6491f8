"""Command lines of other transcribers: what qasr takes of them, and what to use instead.

Those of openai-whisper, whisper.cpp, faster-whisper's command lines, whisperX and stable-ts.
"""

import contextlib
import os
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qasr_cli.errors.suggestions import did_you_mean

if TYPE_CHECKING:
    from typer._click import Parameter

_SPEAKERS = "--diarize tells voices apart, --speakers N says how many there are"
_TRANSLATION = "the models transcribe; translation is not offered"
_PAUSES = "pauses are always found, with nothing to tune; --vad silero or energy says how"
_GREEDY = "the models always take the likeliest word, so there is no search or chance to set"
_LOOPS = "qasr finds clips that went wrong by itself, and recognises them again; leave it out"
_ALONE = "clips are recognised each by itself; --context says what the recordings are about"
_TOKENS = "no token can be kept from being written; --corrections replaces what was heard"
_LANGUAGE = "the language is found clip by clip, unless --language names it"
_OFFLINE = "it is always so: qasr models pull alone uses the network; leave it out"
_MODELS = "--model-dir names the folder of models"
_CUES = "--profile says how cues are cut, and --sentence keeps sentences apart"
_KARAOKE = "-f vtt or -f ass with --highlight-words shows each word as it is spoken"
_CLEANING = "sound is not cleaned of noise or music; --highpass and --normalize are what there is"
_OUTPUT = "-o DIR says where to write, and -o - prints; names come from the recordings"
_AMOUNT = "--quiet and --verbose say how much is printed"
_LIVE = "qasr reads what is recorded: a file, or standard input as qasr transcribe -"
_AT_ONCE = (
    "--batch-size puts more clips through the models at once; qasr batch --workers N hears files "
    "in several processes"
)

_INSTEAD = {
    "diarise diarization num-speakers speaker-num speaker-name tinydiarize": _SPEAKERS,
    "diarize-model diarization-model": "--diarizer takes campplus or nemotron",
    "speaker-embeddings": "--keep-voices does that, beside the results",
    "hf-token token use-auth-token": "no token is needed; qasr models pull gets the models",
    "task translate translate-to target-language": _TRANSLATION,
    "vad-filter vad-method vad-model vad-onset vad-offset vad-threshold vad-parameters "
    "vad-min-speech-duration-ms vad-max-speech-duration-s vad-min-silence-duration-ms "
    "vad-speech-pad-ms suppress-silence k-size q-levels nonspeech-skip": _PAUSES,
    "chunk-size chunk-length chunk-length-s": "--max-chunk-s sets the longest clip, in seconds",
    "beam-size best-of patience length-penalty temperature temperatures sample-len "
    "max-new-tokens": _GREEDY,
    "temperature-increment-on-fallback compression-ratio-threshold logprob-threshold "
    "log-prob-threshold no-speech-threshold hallucination-silence-threshold repetition-penalty "
    "no-repeat-ngram-size entropy-thold": _LOOPS,
    "condition-on-previous-text carry-initial-prompt prompt-reset-on-temperature prefix": _ALONE,
    "prompt": "--context says what the recordings are about",
    "suppress-tokens suppress-blank suppress-numerals suppress-word-ts": _TOKENS,
    "multilingual detect-language language-detection-threshold "
    "language-detection-segments": _LANGUAGE,
    "fp16": "--dtype float16 does that; auto, the default, takes bfloat16 or float32",
    "fast-mode": "-m 0.6b is the faster model",
    "device-index gpu-id": "--device cuda:1 names a GPU by its number",
    "gpu": "--device cuda does that; auto, the default, takes a GPU where there is one",
    "cpu no-gpu": "--device cpu does that",
    "align-model": "--aligner names the model that times words",
    "interpolate-method": "words without times of their own share the time by length",
    "return-char-alignments": "-f json and -f words hold the time of every word, and no finer",
    "without-timestamps no-timestamps": "-f txt writes no times",
    "clip-timestamps offset-t duration": "recordings are done whole; ffmpeg -ss and -to cut them",
    "model-cache-only local-files-only offline": _OFFLINE,
    "model-directory cache-dir download-root": _MODELS,
    "segment-resolution regroup segment-level prepend-punctuations append-punctuations "
    "split-on-word": _CUES,
    "word-level karaoke ass": _KARAOKE,
    "max-chars max-len": "--max-line-width sets the characters a line",
    "max-words": "--max-words-per-line does that",
    "demucs denoiser denoise only-voice-freq": _CLEANING,
    "output output-file output-name": _OUTPUT,
    "output-srt output-vtt output-txt output-json output-lrc srt vtt txt pretty-json "
    "json": "-f names the formats, such as -f srt,json",
    "output-csv csv": "-f tsv is a table of cues",
    "print-progress print-colors": "progress is shown on terminals; --no-progress hides it",
    "log-level debug": _AMOUNT,
    "live-transcribe live-input-device microphone": _LIVE,
    "batched jobs num-workers processes": _AT_ONCE,
    "force yes": "--overwrite replaces what stands there",
    "resume continue": "it is always so with qasr batch: what is done is skipped",
}
BY_NAME = {name: advice for names, advice in _INSTEAD.items() for name in names.split()}

_DTYPES = {
    **dict.fromkeys(("fp16", "half"), "float16"),
    **dict.fromkeys(("fp32", "float", "full", "single"), "float32"),
    "bf16": "bfloat16",
}

# Options with the values that ask for what qasr does anyway, or for nothing: the defaults there.
_SO_ANYWAY = {
    "task": "transcribe",
    "temperature": "0",
    "temperature-increment-on-fallback": "none 0",
    "beam-size best-of": "1 5 none",
    "patience length-penalty repetition-penalty": "1 none",
    "no-repeat-ngram-size": "0",
    "compression-ratio-threshold": "2.4",
    "logprob-threshold log-prob-threshold": "-1",
    "no-speech-threshold": "0.6",
    "hallucination-silence-threshold": "none",
    "suppress-tokens": "-1",
    "suppress-blank vad-filter local-files-only model-cache-only offline": "true",
    "vad-method": "silero",
    "vad-onset vad-threshold": "0.5",
    "vad-offset": "0.363",
    "chunk-size chunk-length chunk-length-s": "30",
    "print-progress": "true",
    "fp16 condition-on-previous-text carry-initial-prompt diarize translate detect-language "
    "suppress-numerals fast-mode return-char-alignments without-timestamps no-timestamps karaoke "
    "demucs only-voice-freq pretty-json print-colors debug live-transcribe force": "false",
}
_VALUES_SO_ANYWAY = {
    name: frozenset(values.split())
    for names, values in _SO_ANYWAY.items()
    for name in names.split()
}
_TRUTHS = {"true": True, "false": False}
# Switches of theirs that are the opposite of one of qasr's.
_OPPOSITES = {"print-progress": "--no-progress"}
_REMARKS = {"fp16": "--dtype auto takes bfloat16 or float32"}


@dataclass(slots=True, kw_only=True)
class _Line:
    """A command line that is being put into qasr's words.

    Attributes:
        unneeded: what was left out, as it was typed.
    """

    words: list[str] = field(default_factory=list)
    unneeded: list[str] = field(default_factory=list)


def in_own_words(
    arguments: Sequence[str], parameters: "Iterable[Parameter]"
) -> tuple[list[str], list[str]]:
    """A command line as qasr's parser takes it, and what was left out, for it is so anyway.

    Switches of whisper have values: `--highlight_words True` becomes `--highlight-words`, and with
    False `--no-highlight-words`. A file that is called so stays a file.

    >>> in_own_words(["a.wav", "--task", "transcribe", "--beam_size=5"], [])
    (['a.wav'], ['--task transcribe', '--beam_size 5'])
    """
    switches, valued = _names_of(parameters)
    line = _Line()
    rest = deque(arguments)
    while rest:
        word = rest.popleft()
        if word == "--":
            return [*line.words, word, *rest], line.unneeded
        typed, has_value, value = word.partition("=")
        name = _spelt(typed)
        next_word = value if has_value else rest[0] if rest else ""
        if name in switches:
            is_file = not has_value and os.path.exists(next_word)
            is_on = None if is_file else _TRUTHS.get(next_word.lower())
            line.words.append(word if is_on is None else switches[name][0 if is_on else 1])
            is_taken = is_on is not None
        elif name in valued or _ends_with_valued(typed, valued):
            line.words += [word] if has_value or not rest else [word, next_word]
            is_taken = True
        else:
            is_taken = _take_foreign(line, typed, next_word, switches)
            if not is_taken:
                line.words.append(word)
        if is_taken and not has_value and rest:
            rest.popleft()
    return line.words, line.unneeded


def _take_foreign(
    line: _Line, typed: str, value: str, switches: Mapping[str, tuple[str, str]]
) -> bool:
    """Whether an option that qasr has not says, with this value, what qasr can do."""
    name = _spelt(typed).lstrip("-")
    own = _OPPOSITES.get(name, "")
    if own in switches and value.lower() == "false":
        line.words.append(own)
        return True
    if typed.startswith("--") and _plain(value) in _VALUES_SO_ANYWAY.get(name, ()):
        remark = _REMARKS.get(name)
        line.unneeded.append(f"{typed} {value}" + (f" ({remark})" if remark else ""))
        return True
    return False


def _names_of(
    parameters: "Iterable[Parameter]",
) -> tuple[dict[str, tuple[str, str]], set[str]]:
    """Each name of a switch -> how it is said, and its opposite; the names that take a value."""
    switches: dict[str, tuple[str, str]] = {}
    valued: set[str] = set()
    for parameter in parameters:
        names = [name for name in parameter.opts if name.startswith("-")]
        if not getattr(parameter, "is_flag", False):
            valued.update(names)
        elif not parameter.is_eager:
            long_name = next(name for name in names if name.startswith("--"))
            off = parameter.secondary_opts[0] if parameter.secondary_opts else opposite(long_name)
            switches |= dict.fromkeys(names, (long_name, off)) | {off: (off, long_name)}
    return switches, valued


def opposite(switch: str) -> str:
    """The opposite of a switch.

    >>> opposite("--strict"), opposite("--no-progress")
    ('--no-strict', '--progress')
    """
    name = switch.removeprefix("--").replace("_", "-")
    return f"--{name.removeprefix('no-')}" if name.startswith("no-") else f"--no-{name}"


def _ends_with_valued(typed: str, valued: set[str]) -> bool:
    """Whether short options in one word, as in `-qf srt`, end with one whose value is next."""
    if not typed.startswith("-") or typed.startswith("--"):
        return False
    takers = [index for index, letter in enumerate(typed) if f"-{letter}" in valued]
    return bool(takers) and takers[0] == len(typed) - 1


def _spelt(name: str) -> str:
    return name.replace("_", "-") if name.startswith("--") else name


def _plain(value: str) -> str:
    """A value in one spelling: `0.0` is `0`."""
    with contextlib.suppress(ValueError):
        return f"{float(value):g}"
    return value.lower()


def advice_on(option: str) -> str | None:
    """What to do instead of an option of another tool; None where qasr knows no such option.

    >>> advice_on("--beam_size") == advice_on("--temperature")
    True
    """
    return BY_NAME.get(option.lstrip("-").replace("_", "-"))


def advice_on_dtype(value: str, known: Iterable[str]) -> str:
    """What is meant by a number format that other programs have; "" where none has it.

    >>> advice_on_dtype("FP16", ["float16"]), advice_on_dtype("int8_float16", ["float16"])
    ('did you mean float16?', '--quantize int8 does that, on a CPU')
    """
    spelt = value.replace("-", "_").lower()
    if spelt.startswith("int8"):
        return "--quantize int8 does that, on a CPU"
    return did_you_mean(_DTYPES.get(spelt, spelt), known)


def unneeded_text(unneeded: Iterable[str]) -> str:
    """What to say of options that were left out, since it is so anyway."""
    return f"left out, for it changes nothing here: {', '.join(unneeded)}"
