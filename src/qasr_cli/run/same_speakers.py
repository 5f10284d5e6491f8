"""One name for one voice in all recordings of a batch, once all are heard. No model, no sound."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qasr_cli.errors import InputError, OutputRefused
from qasr_cli.run.file_policy import FilePolicies
from qasr_cli.run.plan.jobs import Job
from qasr_cli.run.plan.plan import Plan
from qasr_cli.run.state.store import Store
from qasr_cli.run.state.voices import KnownVoice
from qasr_cli.storage.documents import DamagedDocument, Fields, read_json

SPEAKERS_NAME = "speakers.json"
_SCHEMA_VERSION = 1
# Of less speech the vector is too rough to be compared over recordings.
_LEAST_MS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """What came of it.

    Attributes:
        renamed_count: recordings whose outputs were written with other names.
        voice_count: people who have one name over all recordings.
        notes: what could not be done, a line each.
    """

    renamed_count: int = 0
    voice_count: int = 0
    notes: tuple[str, ...] = ()


def name_over_files(plan: Plan, policies: FilePolicies, store: Store) -> Linking:
    """Give each voice that speaks for long enough one name over the recordings of a store.

    Args:
        store: its lock is held by nobody.

    Raises:
        LockHeld: another run is at work there.
        OutputError: the disk takes no more.
    """
    with store.lock(is_needed=False):
        jobs = [job for job in plan.jobs if job.store is store]
        known = [policies.of(job.media).kept_voices(job) for job in jobs]
        names = _names(known, told=[policies.of(job.media).names_told for job in jobs])
        renamed_count, notes = 0, []
        for job, own in zip(jobs, names, strict=True):
            try:
                renamed_count += policies.of(job.media).renamed(job, own)
            except InputError as error:
                notes.append(str(error))
        notes += _write(store, jobs, known, names)
    voice_count = len({name for own in names for name in own.values()})
    return Linking(renamed_count=renamed_count, voice_count=voice_count, notes=tuple(notes))


def _names(
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


def _write(
    store: Store,
    jobs: Sequence[Job],
    known: Sequence[Sequence[KnownVoice]],
    names: Sequence[Mapping[str, str]],
) -> list[str]:
    """Write who speaks where, without how anybody sounds; a note where that has no place."""
    path = os.path.join(store.root, SPEAKERS_NAME)
    if os.path.lexists(path) and not _is_ours(path):
        return [f"{path} is somebody else's, so who speaks where is not written"]
    found: dict[str, list[dict[str, Any]]] = {}
    for job, voices, own in zip(jobs, known, names, strict=True):
        for voice in voices:
            if voice.speaker in own:
                place = {"file": job.name, "speaker": voice.speaker, "speech_ms": voice.speech_ms}
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
