"""What came of a trial, for a terminal."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from tools.gpu_trial.settings import Found

_MOST_CHARACTERS = 60
_MARKS = {"ok": "ok", "skipped": "-"}


def one_line(outcome: Found) -> str:
    """A step that is over."""
    mark = _MARKS.get(outcome["state"], "FAIL")
    line = f"{mark:<4} {outcome['name']:<14} {outcome['wall_s']:6.1f} s"
    reason = outcome["error"] or ("" if mark != "FAIL" else outcome["state"])
    return f"{line}  {_short(reason)}" if reason else line


def lines_of(outcomes: Sequence[Found]) -> Iterator[str]:
    """Yield a short table of what was measured."""
    for outcome in outcomes:
        found = outcome["found"]
        for row in found.get("runs", []):
            yield f"{outcome['name']:<14} {row['rows']:>4} rows  {_speed(row)}"
        for name in ("planned", "ladder"):
            if name in found:
                yield f"{outcome['name']:<14} {name:<9}  {_speed(found[name])}"
        if outcome["name"] == "facts":
            yield from _facts(found)
        if outcome["name"] == "demo pair":
            yield from _equalities(found)


def _facts(found: Found) -> Iterator[str]:
    gpu, torch = found.get("gpu"), found.get("torch", {})
    here = "no GPU" if gpu is None else f"{gpu['name']}, {gpu['total_bytes'] / 1e9:.0f} GB"
    yield f"{here}, torch {torch.get('version', '?')}"


def _equalities(found: Found) -> Iterator[str]:
    compared = {"cpu, generate": found.get("cpu"), "generate here": found.get("library")}
    compared |= found.get("tokens", {})
    compared |= {f"whole, {name}": one for name, one in found.get("texts_and_times", {}).items()}
    for name, one in compared.items():
        if one is not None:
            equal = one.get("error") or f"{one['equal']} of {one['of']} equal"
            yield f"{'demo pair':<14} {name:<18} {_short(equal)}"


def _speed(row: Any) -> str:  # noqa: ANN401  # JSON
    if "error" in row:
        return _short(row["error"])
    if "again" not in row:
        return f"{row['rtfx']:8.1f} x"
    how = ", cuDNN's attention" if row.get("cudnn_sdpa") else ""
    if not row.get("varlen", True):
        how = f", attention length by length{how}"
    return f"{row['again']['rtfx']:8.1f} x (at first {row['first']['rtfx']:.1f}{how})"


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return textwrap.shorten(line, _MOST_CHARACTERS, placeholder=" ...")
