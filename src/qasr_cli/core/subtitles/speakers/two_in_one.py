"""Short words of two people, one after the other, as one cue with a dash before each. Pure.

Where the speaker changes a cue ends, so a short question and its answer would each be gone before
they are read. Guides give them a line each of one cue.
Source: Netflix Timed Text Style Guides, "Dual Speakers": a hyphen, one speaker a line, two at most.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.subtitles.drafts import Draft
from qasr_cli.core.subtitles.retime import Slot, retime

_TWO = 2  # people, and lines


def two_in_one(drafts: Sequence[Draft], *, duration_ms: int) -> list[Draft]:
    """The drafts, where two short ones of different speakers are one, if either would be too short.

    Args:
        drafts: in order of time.
        duration_ms: of the media.
    """
    if len(drafts) > duration_ms:  # no time to show them one after the other
        return list(drafts)
    times = retime([draft.slot for draft in drafts], duration_ms=duration_ms)
    flashes = [
        end_ms - start_ms < draft.slot.limits.min_duration_ms
        for draft, (start_ms, end_ms) in zip(drafts, times, strict=True)
    ]
    joined: list[Draft] = []
    pairs = set(_pairs(drafts, flashes))
    for index, draft in enumerate(drafts):
        if index in pairs:
            joined.append(_cue_of_both(draft, drafts[index + 1]))
        elif index - 1 not in pairs:
            joined.append(draft)
    return joined


def _pairs(drafts: Sequence[Draft], flashes: Sequence[bool]) -> Iterator[int]:
    """Yield where those begin that share a cue: so that as few as can be are left too short."""
    gains = [0] * (len(drafts) + 1)  # how many fewer, at best, from a draft on
    shares = [False] * len(drafts)
    for index in range(len(drafts) - 2, -1, -1):
        gains[index] = gains[index + 1]
        gain = flashes[index] + flashes[index + 1]
        if gain and _can_share(drafts[index], drafts[index + 1]):
            shares[index] = gain + gains[index + 2] >= gains[index]
            gains[index] = max(gains[index], gain + gains[index + 2])
    index = 0
    while index < len(drafts):
        if shares[index]:
            yield index
        index += 1 + shares[index]


def _can_share(first: Draft, second: Draft) -> bool:
    limits = first.slot.limits
    pause_ms = second.slot.start_ms - first.slot.end_ms
    return (
        None not in (first.speaker, second.speaker)
        and first.speaker != second.speaker
        and first.language == second.language
        and limits.line_count >= _TWO
        and not limits.sentence
        and 0 <= pause_ms < limits.max_gap_ms
        and second.slot.end_ms - first.slot.start_ms <= limits.max_duration_ms
        and all(map(_is_brief, (first, second)))
    )


def _is_brief(draft: Draft) -> bool:
    """Whether it is a sentence that has no need of a cue: one line, spoken in a moment."""
    slot = draft.slot
    if not draft.is_whole or len(draft.lines) != 1 or speaker_dash(draft.lines[0]):
        return False  # of two dashes nobody knows which is the text's: "--5 degrees."
    # Its limits leave room for the name of its speaker; the dash comes on top.
    return (
        slot.end_ms - slot.start_ms <= 2 * slot.limits.min_duration_ms
        and _columns(_with_dash(draft), slot.limits) <= slot.limits.line_columns
    )


def _with_dash(draft: Draft) -> str:
    return f"-{' ' * draft.slot.limits.dash_space}{draft.lines[0]}"


def _columns(line: str, limits: Limits) -> int:
    return columns(line, is_full_width=limits.char_columns > 1)


def _cue_of_both(first: Draft, second: Draft) -> Draft:
    limits = first.slot.limits
    lines = (_with_dash(first), _with_dash(second))
    slot = Slot(
        start_ms=first.slot.start_ms,
        end_ms=second.slot.end_ms,
        read_ms=limits.read_ms(sum(_columns(line, limits) for line in lines)),
        limits=limits,
    )
    return replace(
        first,
        slot=slot,
        lines=lines,
        speaker=None,
        line_speakers=(first.speaker, second.speaker),
    )
