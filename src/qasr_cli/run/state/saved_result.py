"""What an earlier run heard, read back from its result, to be written in another way."""

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qasr_cli.core.clips.context import Context
from qasr_cli.core.speakers.names import with_speakers
from qasr_cli.core.transcript.hand_edits import transcript_from_edited
from qasr_cli.core.transcript.schema import heard_from_document, transcript_from_document
from qasr_cli.core.types import Transcript
from qasr_cli.fingerprints import Fingerprints
from qasr_cli.options import DEFAULT_SPEAKERS
from qasr_cli.run.state.kinds import free_name
from qasr_cli.run.state.marks import Mark, read_document, read_head
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.files import os_errors_of_one_output


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedResult:
    """What an earlier run heard.

    Attributes:
        mark: of the result.
        transcript: to go on from.
        is_corrected: it has the corrections and names that are wanted already.
        heard: as it was before those; None where there is no other.
    """

    mark: Mark
    transcript: Transcript
    is_corrected: bool
    heard: Transcript | None = None


def hears_the_same(mark: Mark, wanted: Fingerprints) -> bool:
    """Whether a result may hold what would be heard today; of the first ones only it tells."""
    return mark.parts is None or mark.parts.heard in wanted.heard_enough


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """A result as it lies there, and still is one.

    Attributes:
        document: its JSON.
        is_edited: somebody changed it since it was written.
    """

    document: Any
    is_edited: bool


def read_back(path: str, mark: Mark) -> ReadBack | None:
    """A result, read once; None where it is none any more.

    Args:
        mark: of that very result.
    """
    try:
        document, is_as_written = read_document(path, mark)
        if mark.parts is None:
            is_edited = _has_cues(document) or _differs(document)
            return ReadBack(document=document, is_edited=is_edited)
        if not is_as_written:
            transcript_from_edited(document)
    except (OSError, ValueError, RecursionError):
        return None
    return ReadBack(document=document, is_edited=not is_as_written or _has_cues(document))


def set_damage_aside(path: str) -> str | None:
    """Rename what stands in place of a result and is none, or not what was written; its new name.

    It may be somebody's work, with a slip in it.

    Raises:
        OutputRefused, OutputError: it could not be renamed.
    """
    if not os.path.lexists(path):
        return None
    head = read_head(path)
    if head is not None:
        with contextlib.suppress(OSError, DamagedDocument):
            _, is_as_written = read_document(path, head.mark)
            if is_as_written:
                return None
    aside = free_name(path)
    with os_errors_of_one_output(path):
        os.rename(path, aside)
    return aside


def _has_cues(document: object) -> bool:
    """Whether somebody cut its subtitles by hand: no run writes them into a result."""
    return isinstance(document, dict) and document.get("cues") is not None


def _differs(document: object) -> bool:
    """Whether one of the first results, which bear no digest, says something twice in two ways."""
    edited = transcript_from_edited(document)
    try:
        return edited != transcript_from_document(document)
    except ValueError:
        return True


def saved_result(
    found: ReadBack,
    *,
    mark: Mark,
    wanted: Fingerprints,
    engine_fingerprint: str,
    text_settings: Mapping[str, Any],
) -> SavedResult | None:
    """What is saved in a result, where today's models and settings would hear just that.

    Args:
        mark: of that very result.
        wanted: of the input.
        engine_fingerprint: of today's models.
        text_settings: corrections and names that are wanted, as `settings_of` has them.

    Returns:
        None where it would be heard otherwise, is damaged or edited, or lacks what it was before
        its corrections.
    """
    if found.is_edited or not hears_the_same(mark, wanted):
        return None
    try:
        transcript = transcript_from_document(found.document)
        heard = heard_from_document(found.document)
        settings = Fields(found.document).inner("settings")
        if mark.parts is None and not _is_of_today(
            transcript.settings, settings, mark, wanted, engine_fingerprint
        ):
            return None
        then = _Wording.of(transcript.settings)
        return _saved(
            transcript,
            heard,
            mark,
            then,
            _Wording.of({**transcript.settings, "text": text_settings}),
        )
    except (ValueError, RecursionError):
        return None


def _is_of_today(
    named: Mapping[str, Any],
    settings: Fields,
    mark: Mark,
    wanted: Fingerprints,
    engine_fingerprint: str,
) -> bool:
    """Whether one of the first results was made by today's models, and heard as is wanted.

    Its fingerprint says so: it follows from the settings beside it.
    """
    told = settings.inner("context")
    context = Context(text=told.text("text"), hotwords=told.texts("hotwords"))
    others = {name: value for name, value in named.items() if name != "context"}
    found = Fingerprints.of_settings(others, engine_fingerprint).with_context(context)
    return (found.whole, found.heard) == (mark.fingerprint, wanted.heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wording:
    """How what was heard is worded: digest of the corrections, names of the speakers, script."""

    corrections: str | None
    names: tuple[str, ...]
    is_diarized: bool
    script: str | None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "_Wording":
        fields = Fields(settings).inner("text")
        names = fields.texts("speaker_names")
        is_diarized = "speakers" in settings
        if len(names) != len(DEFAULT_SPEAKERS) and not is_diarized:
            raise DamagedDocument("speaker_names are not two")
        corrections = fields.or_none("corrections", Fields.text)
        script = fields.or_none("script", Fields.text)
        return cls(corrections=corrections, names=names, is_diarized=is_diarized, script=script)


def _saved(
    transcript: Transcript, heard: Transcript | None, mark: Mark, then: _Wording, now: _Wording
) -> SavedResult | None:
    if then == now:
        return SavedResult(mark=mark, transcript=transcript, is_corrected=True, heard=heard)
    if then.is_diarized:  # where nothing else is saved, names and corrections changed nothing
        heard = heard or transcript
    if heard is not None:
        return SavedResult(mark=mark, transcript=heard, is_corrected=False)
    # One of the first results, or nothing was changed in it.
    if len(set(then.names)) < len(then.names) and any(s.speaker for s in transcript.segments):
        return None  # nobody knows which of them speaks
    if not transcript.changes:
        plain = with_speakers(transcript, dict(zip(then.names, DEFAULT_SPEAKERS, strict=True)))
        return SavedResult(mark=mark, transcript=plain, is_corrected=False)
    if (then.corrections, then.script) == (now.corrections, now.script):
        named = with_speakers(transcript, dict(zip(then.names, now.names, strict=True)))
        return SavedResult(mark=mark, transcript=named, is_corrected=True)
    return None
