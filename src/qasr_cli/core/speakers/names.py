"""Other names for the speakers of a transcript, and two that are one. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.types import Cue, Transcript


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


def is_diarized(transcript: Transcript) -> bool:
    """Whether its speakers were told apart by their voices."""
    return "speakers" in transcript.settings


def speakers_of(transcript: Transcript) -> list[str]:
    """The speakers in their order: that of their numbers, where all have one, else of speaking."""
    speakers = speakers_in(transcript)
    parted = [speaker.rpartition(" ") for speaker in speakers]
    if not all(number.isdecimal() for _, _, number in parted):
        return speakers
    return sorted(speakers, key=lambda name: (name.rpartition(" ")[0], int(name.split(" ")[-1])))


def speakers_in(transcript: Transcript) -> list[str]:
    """The speakers in the order in which they first speak."""
    return list(dict.fromkeys(name for name in _spoken(transcript) if name is not None))


def _spoken(transcript: Transcript) -> Iterator[str | None]:
    """Yield who says each sentence, and then each cue or line of one."""
    yield from (segment.speaker for segment in transcript.segments)
    for cue in transcript.cues or ():
        yield from cue.line_speakers or (cue.speaker,)


def with_speakers(transcript: Transcript, names: Mapping[str, str]) -> Transcript:
    """The transcript with other names for its speakers; the same object where none changes.

    Args:
        names: old -> new; who is not in it keeps the name. Two that become one are merged.
    """
    changing = {old: new for old, new in names.items() if old != new}
    if not any(speaker in changing for speaker in _spoken(transcript)):
        return transcript

    def named(speaker: str | None) -> str | None:
        return None if speaker is None else changing.get(speaker, speaker)

    cues = transcript.cues
    return replace(
        transcript,
        segments=tuple(
            replace(segment, speaker=named(segment.speaker)) for segment in transcript.segments
        ),
        cues=None if cues is None else tuple(_renamed(cue, named) for cue in cues),
    )


def _renamed(cue: Cue, named: Callable[[str | None], str | None]) -> Cue:
    """A cue with other names; where its two people become one, it needs no dashes."""
    speakers = tuple(map(named, cue.line_speakers))
    if len(set(speakers)) != 1:
        return replace(cue, speaker=named(cue.speaker), line_speakers=speakers)
    lines = tuple(line.removeprefix(speaker_dash(line)) for line in cue.lines)
    return replace(cue, lines=lines, speaker=speakers[0], line_speakers=())


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
