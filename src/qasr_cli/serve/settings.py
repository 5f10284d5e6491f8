"""What a request asks for, as options of qasr."""

import json
from dataclasses import replace

from qasr_cli.checkpoints.locate import speaker_model
from qasr_cli.core.clips.context import Context, context_text, hotwords_from_text
from qasr_cli.core.language.languages import language_from_user
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.subtitles.styles import STYLES
from qasr_cli.engines.diarizers import diarizer_for
from qasr_cli.errors import ModelMissing, UsageError
from qasr_cli.options import Options
from qasr_cli.serve.refusals import Refused
from qasr_cli.storage.documents import Fields

_CHANNELS = ("mix", "left", "right", "split")


def with_language(options: Options, value: str | None) -> Options:
    """The options with the language that a field names; "auto" and nothing detect it.

    Raises:
        Refused: the models do not know it.
    """
    if value is None:
        return options
    try:
        language = language_from_user(value.strip())
    except UsageError as error:
        message = str(error).removeprefix("--language ")
        raise Refused.bad_request(f"language {message}", param="language") from error
    return replace(options, engine=replace(options.engine, language=language))


def with_context(options: Options, text: str | None, hotwords: list[str]) -> Options:
    """The options with what the recogniser is told beforehand.

    Raises:
        Refused: it is too long.
    """
    words = tuple(dict.fromkeys(word for part in hotwords for word in hotwords_from_text(part)))
    if not words and text is None:
        return options
    try:
        context = Context(
            text=options.context.text if text is None else context_text(text),
            hotwords=words or options.context.hotwords,
        )
    except ValueError as error:
        raise Refused.bad_request(f"prompt: {error}", param="prompt") from error
    return replace(options, context=context)


def with_channels(options: Options, value: str | None) -> Options:
    """The options with the channels that a field names.

    Raises:
        Refused: there is no such choice.
    """
    if value is None:
        return options
    if value not in _CHANNELS:
        message = f"channels takes {', '.join(_CHANNELS)}"
        raise Refused.bad_request(message, param="channels")
    return replace(options, decode=replace(options.decode, channels=value))  # type: ignore[arg-type]  # one of these


def with_profile(options: Options, value: str | None) -> Options:
    """The options with the style of subtitles that a field names.

    Raises:
        Refused: there is none of that name.
    """
    if value is None:
        return options
    style = STYLES.get(value.strip())
    if style is None:
        raise Refused.bad_request(f"profile takes {', '.join(STYLES)}", param="profile")
    return replace(options, cue=replace(options.cue, style=style))


def with_speakers(
    options: Options, *, diarize: str | None, count: str | None, is_expected: bool = False
) -> Options:
    """The options with whether speakers are told apart, as fields say it.

    Args:
        is_expected: the answer has a place for speakers, so they are told apart where the model
            is here and channels do not say who speaks.

    Raises:
        Refused: it is no number of speakers, or the model is not here.
    """
    wanted = is_true(diarize) or count is not None
    if not wanted and (diarize is not None or not is_expected or options.speakers.diarize):
        is_off = diarize is not None and not is_expected
        return replace(options, speakers=SpeakerOptions()) if is_off else options
    if not wanted and options.decode.channels == "split":
        return options
    try:
        speakers = replace(options.speakers, diarize=True)
        diarizer_for(speakers, options.engine)
        if speakers.has_vectors:
            speaker_model(options.engine.model_dir)
        if count is not None:
            told = SpeakerOptions(diarize=True, count=int(count))
            speakers = replace(speakers, count=told.count, least=told.least, most=told.most)
        return replace(options, speakers=speakers)
    except ModelMissing as error:
        if not wanted:
            return options
        lack = f"the service lacks the model {error.model}"
        message = f"voices cannot be told apart here: {lack}"
        raise Refused(501, message, code="not_installed") from error
    except (UsageError, ValueError) as error:
        why = f": {error}" if isinstance(error, UsageError) else ""
        message = f"speakers takes a number of people{why}"
        raise Refused.bad_request(message, param="speakers") from error


def listed(values: list[str]) -> list[str]:
    """The members of a list as forms send it: a field each, separated by commas, or JSON."""
    found: list[str] = []
    for value in values:
        if value.lstrip().startswith("["):
            try:
                parsed = json.loads(value)
            except (ValueError, RecursionError):
                parsed = None
            if isinstance(parsed, list):
                found += [str(each) for each in parsed]
                continue
        found += [part.strip() for part in value.split(",") if part.strip()]
    return found


def is_true(value: str | None) -> bool:
    """Whether a field says yes."""
    return (value or "").strip().lower() in {"true", "1", "yes", "on"}


def with_asked(options: Options, fields: Fields) -> Options:
    """The options with the language and the style that JSON names.

    Raises:
        DamagedDocument: they are no names.
        Refused: there is no such language or style.
    """
    language = fields.or_none("language", Fields.text)
    profile = fields.or_none("profile", Fields.text)
    return with_profile(with_language(options, language), profile)
