"""Other names for the speakers of a transcript, and two that are one. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qasr_cli.core.types import Cue, Segment, Transcript


def names_given(
    transcript: Transcript, names: Sequence[str], *, defaults: Sequence[str], is_diarized: bool
) -> dict[str, str]:
    """What to call each speaker: by channel, or, where voices were told apart, in their order.

    Args:
        names: as somebody gave them; fewer than there are speakers leave the rest as they are.
        defaults: what they are where nobody gave any.
    """
    if not is_diarized:
        return dict(zip(defaults, names, strict=True))
    if tuple(names) == tuple(defaults):
        return {}
    return dict(zip(speakers_of(transcript), names, strict=False))


def speakers_of(transcript: Transcript) -> list[str]:
    """The speakers in their order: that of their numbers, where all have one, else of speaking."""
    speakers = speakers_in(transcript)
    parted = [speaker.rpartition(" ") for speaker in speakers]
    if not all(number.isdecimal() for _, _, number in parted):
        return speakers
    return sorted(speakers, key=lambda name: (name.rpartition(" ")[0], int(name.split(" ")[-1])))


def speakers_in(transcript: Transcript) -> list[str]:
    """The speakers in the order in which they first speak."""
    spoken = (each.speaker for each in _spoken(transcript))
    return list(dict.fromkeys(speaker for speaker in spoken if speaker is not None))


def _spoken(transcript: Transcript) -> Iterable[Segment | Cue]:
    return (*transcript.segments, *(transcript.cues or ()))


def with_speakers(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """The transcript with other names for its speakers; the same object where none changes.

    Args:
        names: old -> new; who is not in it keeps the name. Two that become one are merged.
    """
    changing = {old: new for old, new in names.items() if old != new}
    if not any(each.speaker in changing for each in _spoken(transcript)):
        return transcript

    def named(speaker: str | None) -> str | None:
        return None if speaker is None else changing.get(speaker, speaker)

    cues = transcript.cues
    return replace(
        transcript,
        segments=tuple(
            replace(segment, speaker=named(segment.speaker)) for segment in transcript.segments
        ),
        cues=None
        if cues is None
        else tuple(replace(cue, speaker=named(cue.speaker)) for cue in cues),
    )


def merging(transcript: Transcript, groups: Iterable[Sequence[str]]) -> dict[str, str]:
    """What to call each speaker so that those of a group are one: the first of it.

    Args:
        groups: numbers of speakers in their order, from 1, or names.

    Raises:
        ValueError: there is no such speaker, and who there is.
    """
    speakers = speakers_of(transcript)
    names: dict[str, str] = {}
    for group in groups:
        kept, *others = (_speaker(wanted, speakers) for wanted in group)
        names |= dict.fromkeys(others, names.get(kept, kept))
    return names


def _speaker(wanted: str, speakers: Sequence[str]) -> str:
    if wanted in speakers:
        return wanted
    if wanted.isdecimal() and 1 <= int(wanted) <= len(speakers):
        return speakers[int(wanted) - 1]
    known = ", ".join(f"{number} {name}" for number, name in enumerate(speakers, start=1))
    raise ValueError(f"there is no speaker {wanted}; there are {known or 'none'}")
