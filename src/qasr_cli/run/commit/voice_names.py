"""One name for one voice in several recordings, from how it sounds, and where that is written."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from qasr_cli.errors import OutputRefused
from qasr_cli.run.state.store import Store
from qasr_cli.run.state.voices import KnownVoice
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json

SPEAKERS_NAME = "speakers.json"
_SCHEMA_VERSION = 1
# Of less speech the vector is too rough to be compared over recordings.
_LEAST_MS = 20_000


def names_over_files(
    known: Sequence[Sequence[KnownVoice]], *, told: Sequence[Collection[str]]
) -> list[dict[str, str]]:
    """Of each recording, what to call whom: one name for one voice.

    Args:
        told: names that came with somebody's voice (`--voices`); they stay, and reach whoever
            has the same voice.
    """
    from qasr_cli.voices.linking import linked

    long = [
        [voice for voice in _longest_of_each(voices) if voice.speech_ms >= _LEAST_MS]
        for voices in known
    ]
    numbers = linked([[voice.vector for voice in voices] for voices in long])
    people: dict[int, tuple[int, str]] = {}
    for voices, own, fixed in zip(long, numbers, told, strict=True):
        for voice, number in zip(voices, own, strict=True):
            if voice.speaker in fixed:
                found = (voice.speech_ms, voice.speaker)
                people[number] = max(people.get(number, found), found)
    unknown = sorted({number for own in numbers for number in own} - people.keys())
    called = {number: f"Voice {place}" for place, number in enumerate(unknown, start=1)}
    called |= {number: name for number, (_, name) in people.items()}
    return [
        _own_names(voices, told=fixed)
        | {
            voice.speaker: called[number]
            for voice, number in zip(some, own, strict=True)
            if voice.speaker not in fixed and called[number] not in _own_names(voices, told=fixed)
        }
        for voices, some, own, fixed in zip(known, long, numbers, told, strict=True)
    ]


def _own_names(voices: Sequence[KnownVoice], *, told: Collection[str]) -> dict[str, str]:
    """Those in a recording who have their names already."""
    return {voice.speaker: voice.speaker for voice in voices if voice.speaker in told}


def _longest_of_each(voices: Sequence[KnownVoice]) -> list[KnownVoice]:
    """The voices without those of speakers who have a longer one: two may be one known person."""
    longest: dict[str, KnownVoice] = {}
    for voice in voices:
        before = longest.get(voice.speaker)
        if before is None or voice.speech_ms > before.speech_ms:
            longest[voice.speaker] = voice
    return list(longest.values())


def write_speakers(
    store: Store,
    files: Sequence[str],
    known: Sequence[Sequence[KnownVoice]],
    names: Sequence[Mapping[str, str]],
) -> list[str]:
    """Write who speaks where, without how anybody sounds; a note where that has no place.

    Args:
        files: names of the recordings.
        known, names: of each, its voices and what to call them.
    """
    path = os.path.join(store.root, SPEAKERS_NAME)
    if os.path.lexists(path) and not _is_ours(path):
        return [f"{path} is somebody else's, so who speaks where is not written"]
    found: dict[str, list[dict[str, Any]]] = {}
    for file, voices, own in zip(files, known, names, strict=True):
        for voice in voices:
            if voice.speaker in own:
                place = {"file": file, "speaker": voice.speaker, "speech_ms": voice.speech_ms}
                found.setdefault(own[voice.speaker], []).append(place)
    ordered = sorted(found, key=_order)
    document = {
        "schema_version": _SCHEMA_VERSION,
        "speakers": [{"name": name, "in": found[name]} for name in ordered],
    }
    content = json.dumps(document, ensure_ascii=True, indent=2) + "\n"
    try:
        store.writer.write(path, content.encode())
    except OutputRefused as error:
        return [str(error)]
    return []


def _order(name: str) -> tuple[bool, int, str]:
    """Those with a name first, then the others by their number."""
    number = name.removeprefix("Voice ")
    return (number.isdecimal(), int(number) if number.isdecimal() else 0, name)


def _is_ours(path: str) -> bool:
    try:
        fields = Fields(read_json(path))
        fields.each("speakers")
        return fields.whole("schema_version") == _SCHEMA_VERSION
    except (OSError, DamagedDocument):
        return False
