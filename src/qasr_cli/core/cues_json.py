"""Subtitles as JSON: what clients of the service send, and what a result keeps of edits by hand.

And where the picture is cut, which a result keeps for subtitles to come.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

from qasr_cli.core.cue_types import Cue, ShotChanges, are_turns


def cues_to_json(cues: Iterable[Cue]) -> list[dict[str, Any]]:
    """One object for each."""
    return [
        {
            "start_ms": cue.start_ms,
            "end_ms": cue.end_ms,
            "text": "\n".join(cue.lines),
            "speaker": cue.speaker,
            **(
                {"line_speakers": [name or "" for name in cue.line_speakers]}
                if cue.line_speakers
                else {}
            ),
        }
        for cue in cues
    ]


def cues_from_json(values: list[object] | None, *, duration_ms: int) -> tuple[Cue, ...] | None:
    """Read back what `cues_to_json` wrote; None where there is nothing.

    Raises:
        ValueError: it is none, and why in one line.
    """
    if values is None:
        return None
    cues = tuple(_cue(value) for value in values)
    before_ms = 0
    for index, cue in enumerate(cues):
        if not before_ms <= cue.start_ms < cue.end_ms <= duration_ms:
            raise ValueError(f"cues[{index}] is out of order, or outside the file")
        before_ms = cue.start_ms
    return cues


def _cue(value: object) -> Cue:
    match value:
        case {"start_ms": int(start_ms), "end_ms": int(end_ms), "text": str(text), **more}:
            speaker, names = more.get("speaker"), more.get("line_speakers", [])
            lines = tuple(line.strip() for line in text.splitlines() if line.strip())
            if lines and (speaker is None or isinstance(speaker, str)) and _are_names(names):
                return Cue(
                    start_ms=start_ms,
                    end_ms=end_ms,
                    lines=lines,
                    speaker=speaker or None,
                    line_speakers=line_speakers(names, lines, speaker),
                )
        case _:
            pass
    raise ValueError(f"a cue should stand in place of {value!r:.40}")


def _are_names(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def line_speakers(
    names: Sequence[str], lines: Sequence[str], speaker: str | None
) -> tuple[str | None, ...]:
    """Who says each line of a cue of two people, from JSON, where "" is nobody who is known.

    () where it is a cue of one: with a speaker, or since somebody took a line or its dash away.
    """
    is_of_two = not speaker and len(names) == len(lines) and are_turns(lines)
    return tuple(name or None for name in names) if is_of_two else ()


def subtitles_to_json(
    cues: Iterable[Cue] | None, shot_changes: ShotChanges | None
) -> dict[str, Any]:
    """The fields of a result that holds them; none for what it does not."""
    fields: dict[str, Any] = {}
    if cues is not None:
        fields["cues"] = cues_to_json(cues)
    if shot_changes is not None:
        times_ms = list(shot_changes.times_ms)
        fields["shot_changes"] = {"fps": shot_changes.fps, "times_ms": times_ms}
    return fields


def shot_changes_from_json(value: object) -> ShotChanges | None:
    """Read back the field of a result; None where there is nothing.

    Raises:
        ValueError: it is none, and why in one line.
    """
    match value:
        case None:
            return None
        case {"fps": float() | int() | None as fps, "times_ms": list(times_ms)} if (
            all(isinstance(time_ms, int) and time_ms >= 0 for time_ms in times_ms)
            and all(before_ms < after_ms for before_ms, after_ms in pairwise(times_ms))
            and (fps is None or fps > 0)
        ):
            return ShotChanges(times_ms=tuple(times_ms), fps=fps)
        case _:
            raise ValueError(f"shot changes should stand in place of {value!r:.40}")
