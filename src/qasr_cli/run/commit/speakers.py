"""Who speaks in a transcript, from how the voices in its clips sound."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from qasr_cli.core.counts import counted
from qasr_cli.core.speakers.diarized import diarized
from qasr_cli.core.speakers.names import with_speakers
from qasr_cli.core.speakers.speaker_options import SpeakerOptions
from qasr_cli.core.types import Transcript
from qasr_cli.core.voice_types import VECTOR_BYTES, HeardVoices, VoiceActivity
from qasr_cli.run.state.voices import KnownVoice
from qasr_cli.system.memory import give_back_freed_memory

if TYPE_CHECKING:
    from qasr_cli.voices.recording import Voices


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A transcript whose sentences have their speakers, and how these sound."""

    transcript: Transcript
    voices: tuple[KnownVoice, ...] = ()


def told_apart(
    transcript: Transcript,
    heard: Iterable[HeardVoices | None],
    options: SpeakerOptions,
    *,
    name: str = "Speaker",
    known: Sequence[KnownVoice] = (),
    activity: VoiceActivity | None = None,
) -> Told:
    """The transcript with its speakers told apart, if that is wanted.

    Args:
        heard: of its clips, in any order.
        name: what stands before the number of a speaker.
        known: people who get their names in place of a number.
        activity: who speaks when, where somebody heard all of the sound for that.
    """
    if not options.diarize:
        return Told(transcript=transcript)
    found = _found([voices for voices in heard if voices is not None], activity, options)
    result = diarized(transcript, found.turns, name=name)
    voices = tuple(
        KnownVoice(
            speaker=f"{name} {number}",
            speech_ms=found.speech_ms[voice],
            vector=found.vectors[voice * VECTOR_BYTES : (voice + 1) * VECTOR_BYTES],
        )
        for number, voice in enumerate(result.voices, start=1)
    )
    notes = tuple(_notes(found, options, len(result.voices)))
    told = Told(
        transcript=replace(result.transcript, warnings=(*result.transcript.warnings, *notes)),
        voices=voices,
    )
    is_once = (options.count or options.least) > 1
    return _named(told, known, is_once=is_once) if known else told


def _found(
    heard: Sequence[HeardVoices], activity: VoiceActivity | None, options: SpeakerOptions
) -> "Voices":
    from qasr_cli.voices.activity import voices_at_work
    from qasr_cli.voices.recording import VoiceCount, voices_in

    # What decoded and listened left holes into which no table of hundreds of voices fits.
    give_back_freed_memory()
    count = VoiceCount(least=options.count or options.least, most=options.count or options.most)
    if activity is None:
        return voices_in(heard, count)
    return voices_at_work(activity, count, heard)


def _named(told: Told, known: Sequence[KnownVoice], *, is_once: bool) -> Told:
    """The same with the names of those who are known; of what counts were told none changes."""
    from qasr_cli.voices.matching import matched

    found = matched(
        [voice.vector for voice in told.voices],
        [person.vector for person in known],
        is_once=is_once,
    )
    names = {
        voice.speaker: known[person].speaker
        for voice, person in zip(told.voices, found, strict=True)
        if person is not None
    }
    return Told(
        transcript=with_speakers(told.transcript, names),
        voices=tuple(
            replace(voice, speaker=names.get(voice.speaker, voice.speaker)) for voice in told.voices
        ),
    )


def _notes(found: "Voices", options: SpeakerOptions, speaker_count: int) -> Iterable[str]:
    wanted = options.count or options.least
    if found.turns and wanted > 1 and speaker_count < wanted:
        option = "--min-speakers" if options.count is None else "--speakers"
        voices = counted(speaker_count, "voice")
        yield f"{option} {wanted}: only {voices} could be told apart in what was said"
    if found.joined_ms:
        yield (
            f"{found.joined_ms / 1000:.1f} s of voices too short to be told apart count as other "
            f"speakers'"
        )
