"""Results of clips of an unfinished file, so that a killed run loses one batch of clips at most.

A result is taken from here only for the very same sound under the same settings and models. Lines
are not forced to the disk one by one: they survive the process, and a power cut takes the last
half-minute. What was said stands in them, so nobody else may read them.
"""

import base64
import contextlib
import hashlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from qasr_cli.core.outcomes import ClipOutcome
from qasr_cli.core.types import Channel, Clip, ClipDone, ClipFailed, HeardToken, Span, Timing, Word
from qasr_cli.core.voice_types import HeardVoices
from qasr_cli.run.state.kept_listening import KeptListener, discard_kept, kept_path
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.jsonl import append_line, whole_lines

if TYPE_CHECKING:
    from qasr_cli.engines.diarizers import Listener

_PRIVATE = 0o600
_CHECK = "check"  # a digest of the rest of a line; the first releases wrote none


class Spool:
    """The results of clips that are kept for one file.

    Args:
        path: of its file.
        fingerprint: of what decides what is heard; what was spooled under another is dropped.
        older: the fingerprint of the same as the first releases would have it.
    """

    def __init__(self, path: str, *, fingerprint: str, older: str | None = None) -> None:
        self._path = path
        self._fingerprint = fingerprint
        self._found: dict[str, dict[str, Any]] = {}
        lines = whole_lines(path)
        known = [{"fingerprint": each} for each in (fingerprint, older) if each is not None]
        self._is_open = next(lines, None) in known
        if self._is_open:
            # A span that is no text is that of no clip.
            self._found = {
                line["span"]: line for line in lines if isinstance(line.get("span"), str)
            }
        else:
            self.remove()

    @property
    def _header(self) -> dict[str, Any]:
        return {"fingerprint": self._fingerprint}

    def find(self, clip: Clip) -> ClipOutcome | None:
        """What an earlier run heard in this clip, or None. Ask once."""
        found = self._peeked(clip)
        self._found.pop(_span_text(clip), None)
        return found

    def voices_in(self, clip: Clip) -> HeardVoices | None:
        """How the voices in this clip sounded to an earlier run, or None."""
        found = self._peeked(clip)
        return None if found is None else found.voices

    def _peeked(self, clip: Clip) -> ClipOutcome | None:
        line = self._found.get(_span_text(clip))
        if line is None or line.get("pcm_sha256") != _digest_of(clip) or not _is_whole(line):
            return None
        try:
            fields = Fields(line)
            return ClipOutcome(
                span=clip.span,
                result=done_from_fields(fields.inner("result"), clip.clip_id),
                attempts=fields.whole("attempts", least=1),
                speaker=clip.channel,
                voices=_voices_from(fields),
            )
        except DamagedDocument:
            return None  # it is heard again

    def add(self, clip: Clip, heard: ClipOutcome) -> None:
        """Keep what was heard in a clip, if anything was; what failed is tried again.

        Raises:
            OutputError: it could not be written.
        """
        if isinstance(heard.result, ClipFailed):
            return
        if not self._is_open:
            with os_errors_as_output_errors(self._path):
                os.makedirs(os.path.dirname(self._path), exist_ok=True)
            append_line(self._path, self._header, durable=False, mode=_PRIVATE)
            self._is_open = True
        line = {
            "span": _span_text(clip),
            "pcm_sha256": _digest_of(clip),
            "attempts": heard.attempts,
            "result": done_to_json(heard.result),
            **_voices_to_json(heard.voices),
        }
        checked = line | {_CHECK: _check_of(line)}
        append_line(self._path, checked, durable=False, mode=_PRIVATE)

    def remove(self) -> None:
        """Remove it: the file is done, or is done anew."""
        self._found.clear()
        self._is_open = False
        discard(self._path)

    def kept_listener(
        self, listener: "Listener", channel: Channel | None, *, media_path: str
    ) -> KeptListener:
        """One that goes on where an earlier run was, and keeps how far it is."""
        return KeptListener(
            listener,
            path=kept_path(self._path, channel),
            fingerprint=self._fingerprint,
            media_path=media_path,
        )


def _is_whole(line: dict[str, Any]) -> bool:
    """Whether a line says what was written; else that clip is heard again."""
    rest = {name: value for name, value in line.items() if name != _CHECK}
    return _CHECK not in line or line[_CHECK] == _check_of(rest)


def _check_of(line: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(line, sort_keys=True).encode()).hexdigest()


def spooled_clips(path: str) -> tuple[str, tuple[ClipOutcome, ...]]:
    """What some run heard of a file, whatever its sound is now, and the fingerprint of that.

    Raises:
        DamagedDocument: there is no spool, or nothing in it.
    """
    lines = whole_lines(path)
    first = next(lines, None)
    if first is None:
        raise DamagedDocument("nothing that was heard of it waits here")
    fingerprint = Fields(first).text("fingerprint")
    heard = []
    for line in lines:
        with contextlib.suppress(ValueError):  # a damaged line is none
            if _is_whole(line):
                heard.append(_outcome_of(Fields(line)))
    if not heard:
        raise DamagedDocument("nothing of it was heard")
    return fingerprint, tuple(heard)


def _outcome_of(fields: Fields) -> ClipOutcome:
    channel, _, span = fields.text("span").rpartition(" ")
    first, _, end = span.partition("-")
    return ClipOutcome(
        span=Span(start_sample=int(first), end_sample=int(end)),
        result=done_from_fields(fields.inner("result"), span),
        attempts=fields.whole("attempts", least=1),
        speaker=channel or None,
        voices=_voices_from(fields),
    )


def discard(path: str) -> None:
    """Remove a spool, if there is one, unread."""
    with os_errors_as_output_errors(path), contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    discard_kept(path)


def _span_text(clip: Clip) -> str:
    channel = "" if clip.channel is None else f"{clip.channel} "
    return f"{channel}{clip.span.start_sample}-{clip.span.end_sample}"


def _digest_of(clip: Clip) -> str:
    # The first releases cut off what is past full scale; what they heard of it still counts.
    return hashlib.sha256(clip.pcm.clip(-1.0, 1.0).tobytes()).hexdigest()


def _voices_to_json(voices: HeardVoices | None) -> dict[str, Any]:
    if voices is None:
        return {}
    stretches = " ".join(f"{start_ms}-{end_ms}" for start_ms, end_ms in voices.stretches)
    vectors = base64.b64encode(voices.vectors).decode("ascii")
    return {"voices": {"stretches_ms": stretches, "vectors": vectors}}


def _voices_from(fields: Fields) -> HeardVoices | None:
    if not fields.has("voices"):
        return None
    kept = fields.inner("voices")
    edges = [stretch.partition("-") for stretch in kept.text("stretches_ms").split()]
    try:
        return HeardVoices.of(
            ((int(start_ms), int(end_ms)) for start_ms, _, end_ms in edges),
            base64.b64decode(kept.text("vectors"), validate=True),
        )
    except ValueError as error:
        raise DamagedDocument("its voices are none") from error


def done_to_json(done: ClipDone) -> dict[str, Any]:
    """Its fields, but for those that say nothing new: as it was before there were any."""
    values = asdict(done)
    for name in ("languages", "tokens", "token_ids"):
        if not values[name]:
            del values[name]
    for word in values["words"]:
        if word["time_probability"] is None:
            del word["time_probability"]
    return values


def done_from_fields(fields: Fields, clip_id: str) -> ClipDone:
    """A result from the JSON of its `asdict`, under the name that its clip has now."""
    return ClipDone(
        clip_id=clip_id,
        language=fields.or_none("language", Fields.text),
        text=fields.text("text"),
        words=tuple(
            Word(
                start_ms=word.signed("start_ms"),
                end_ms=word.signed("end_ms"),
                text=word.text("text"),
                time_probability=word.or_none("time_probability", _probability),
            )
            for word in fields.each("words")
        ),
        timing=Timing(fields.choice("timing", tuple(Timing))),
        truncated=fields.flag("truncated", default=False),
        repetition=fields.flag("repetition", default=False),
        warnings=fields.texts("warnings", default=()),
        repairs=fields.texts("repairs", default=()),
        languages=fields.texts("languages", default=()),
        tokens=_tokens_from(fields) if fields.has("tokens") else (),
    )


def _tokens_from(fields: Fields) -> tuple[HeardToken, ...]:
    tokens = tuple(
        HeardToken(
            char_start=token.whole("char_start"),
            char_end=token.whole("char_end"),
            probability=_probability(token, "probability"),
        )
        for token in fields.each("tokens")
    )
    char_count = len(fields.text("text"))
    if not all(token.char_start < token.char_end <= char_count for token in tokens):
        raise DamagedDocument("tokens are not in the text")
    return tokens


def _probability(fields: Fields, name: str) -> float:
    value = fields.number(name)
    if value > 1:
        raise DamagedDocument(f"{name} is no probability")
    return value
