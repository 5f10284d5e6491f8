"""How the speakers of an input sound, kept where somebody asked for it.

A voice is a person's as a fingerprint is: nobody else may read it, it stands in no result and no
report, and one command removes all of it.
"""

import base64
import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qasr_cli.core.voice_types import VECTOR_BYTES
from qasr_cli.run.state.layout import digest_of_name
from qasr_cli.storage.documents import DamagedDocument, Fields
from qasr_cli.storage.files import os_errors_as_output_errors
from qasr_cli.storage.jsonl import append_line, whole_lines

_PRIVATE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownVoice:
    """How one speaker of an input sounds.

    Attributes:
        speaker: before anybody gave names.
        speech_ms: how long they speak.
        vector: as in `HeardVoices`.
    """

    speaker: str
    speech_ms: int
    vector: bytes


def voices_folder(state_folder: str) -> str:
    """Where the voices of all inputs lie."""
    return os.path.join(state_folder, "voices")


def keep(state_folder: str, name: str, voices: Sequence[KnownVoice], *, model: str) -> None:
    """Keep the voices of an input; those of an earlier run go.

    Args:
        model: the fingerprint of what heard them: those of another cannot be compared.

    Raises:
        OutputError: it could not be written.
    """
    folder = voices_folder(state_folder)
    path = os.path.join(folder, _file_of(name))
    with os_errors_as_output_errors(path):
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
    append_line(path, {"file": name, "model": model}, durable=False, mode=_PRIVATE)
    for voice in voices:
        line = {
            "speaker": voice.speaker,
            "speech_ms": voice.speech_ms,
            "vector": base64.b64encode(voice.vector).decode("ascii"),
        }
        append_line(path, line, durable=False, mode=_PRIVATE)


def kept(state_folder: str, name: str, *, model: str) -> tuple[KnownVoice, ...]:
    """The voices of an input that this model heard; what is damaged is none."""
    path = os.path.join(voices_folder(state_folder), _file_of(name))
    lines = whole_lines(path)
    if next(lines, None) != {"file": name, "model": model}:
        return ()
    try:
        return tuple(_voices_from(lines))
    except (DamagedDocument, ValueError):
        return ()


def kept_by_model(state_folder: str, name: str) -> tuple[str, tuple[KnownVoice, ...]] | None:
    """The fingerprint of the model that heard the voices of an input, and these; None without."""
    head = next(whole_lines(os.path.join(voices_folder(state_folder), _file_of(name))), {})
    model = head.get("model")
    if not isinstance(model, str):
        return None
    voices = kept(state_folder, name, model=model)
    return (model, voices) if voices else None


def _file_of(name: str) -> str:
    return f"{digest_of_name(name)}.jsonl"


def _voices_from(lines: Iterator[dict[str, object]]) -> Iterator[KnownVoice]:
    for line in lines:
        fields = Fields(line)
        vector = base64.b64decode(fields.text("vector"), validate=True)
        if len(vector) != VECTOR_BYTES:
            raise DamagedDocument("a vector has another size")
        yield KnownVoice(
            speaker=fields.text("speaker"), speech_ms=fields.whole("speech_ms"), vector=vector
        )


def forget(state_folder: str) -> int:
    """Remove all voices; how many inputs had some.

    Raises:
        OutputError: they could not be removed.
    """
    folder = voices_folder(state_folder)
    with os_errors_as_output_errors(folder):
        try:
            names = os.listdir(folder)
        except FileNotFoundError:
            return 0
        for name in names:
            os.unlink(os.path.join(folder, name))
        os.rmdir(folder)
    return len(names)
