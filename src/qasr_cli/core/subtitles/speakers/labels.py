"""Who speaks, in the text of subtitles whose format has no other place for it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from qasr_cli.core.cue_types import speaker_dash
from qasr_cli.core.language.limits import Limits
from qasr_cli.core.subtitles.atoms import columns
from qasr_cli.core.text import canonical
from qasr_cli.core.types import Cue


def labelled_lines(cues: Sequence[Cue]) -> Iterator[tuple[str, ...]]:
    """The lines of each cue; the name of its speaker before them where another spoke before."""
    before: str | None = None
    for cue in cues:
        lines = list(cue.lines)
        for place, speaker in enumerate(cue.line_speakers or (cue.speaker,)):
            if speaker is not None and speaker != before:
                dash = speaker_dash(lines[place]) if cue.line_speakers else ""
                lines[place] = f"{dash}{_label(speaker)}{lines[place][len(dash) :]}"
            before = speaker
        yield tuple(lines)


def with_room(limits: Limits, speaker: str | None) -> Limits:
    """The limits of text that leaves room for its speaker's name, but half a line at least."""
    if speaker is None:
        return limits
    width = columns(_label(speaker), is_full_width=limits.char_columns > 1)
    room_chars = -(-width // limits.char_columns)
    return replace(limits, line_chars=limits.line_chars - min(room_chars, limits.line_chars // 2))


def _label(speaker: str) -> str:
    return f"{canonical(speaker).strip()}: "
