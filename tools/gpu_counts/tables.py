"""Counts as Markdown: those of an older source beside those of a newer one."""

from collections.abc import Callable, Iterator
from typing import Any

Found = dict[str, Any]

_GIGA = 10**9
_MEGA = 10**6
_STAGES = ("encoder", "prompts", "steps", "aligner encoder", "aligner reading")


def table_of(before: Found, now: Found) -> str:
    """All tables of two counts."""
    parts = (_calls(before, now), _rows(before, now), _stages(before, now))
    made = f"Made by `{before['made_by']}` ({before['commit']}) and `{now['made_by']}`."
    return "\n\n".join([*parts, made])


def window_of(found: Found, shape: str, gigabytes: int, *, captured: bool = True) -> Found:
    """The window of a pair on a GPU with that memory."""
    return next(
        window
        for window in found["windows"]
        if (window["shape"], window["gigabytes"], window["captured"])
        == (shape, gigabytes, captured)
    )


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _calls(before: Found, now: Found) -> str:
    rows = [[name, *(of(found) for found in (before, now))] for name, of in _ROWS_OF_CALLS]
    return markdown(["count", before["commit"], "now"], rows)


def _step(found: Found, name: str, *, captured: bool) -> str:
    step = window_of(found, "1.7b", 80, captured=captured)["step"]
    return f"{step[name]:,.0f}, {step[f'{name} a layer']:.0f}"


def _waits(found: Found) -> str:
    waits = {
        kind: count for kind, count in found["mixed"]["waits"].items() if "capture" not in kind
    }
    return f"{sum(waits.values())}, {found['mixed']['pageable_copies']}"


def _attention(found: Found) -> str:
    mixed = found["mixed"]
    return f"{mixed['attention_calls']:,} ({', '.join(mixed['attention_kernels'])})"


def _reached(found: Found) -> str:
    window = window_of(found, "1.7b", 80)
    return f"{window['clips']:,}, {window['audio_s']:,.0f}"


_ROWS_OF_CALLS: tuple[tuple[str, Callable[[Found], str]], ...] = (
    (
        "launches of an eager decode step of 1.7B: of all, of a layer",
        lambda found: _step(found, "launches", captured=False),
    ),
    (
        "kernels of a captured one, which is launched whole",
        lambda found: _step(found, "kernels", captured=True),
    ),
    ("calls of attention for 960 s of clips of 2 to 30 s, steps left out", _attention),
    (
        "distinct shapes among them",
        lambda found: f"{found['mixed']['attention_shapes']:,}",
    ),
    ("host waits for those, copies from memory that is not pinned", _waits),
    ("bytes a row of the cache, 30-s clips", lambda found: f"{found['row_bytes']:,}"),
    ("a window on 80 GB: clips of 30 s, seconds", _reached),
)


def _rows(before: Found, now: Found) -> str:
    sizes = [f"{entry['gigabytes']} GB" for entry in now["memory"] if entry["shape"] == "1.7b"]
    rows = [
        [f"{shape} and aligner, {found['commit'] if found is before else 'now'}"]
        + [_residence(entry) for entry in found["memory"] if entry["shape"] == shape]
        for shape in ("0.6b", "1.7b")
        for found in (before, now)
    ]
    return markdown(["answers at once on a GPU of", *sizes], rows)


def _residence(entry: Found) -> str:
    return f"{entry['rows']}" if entry["both_stay"] else f"{entry['rows']}, in turns"


def _stages(before: Found, now: Found) -> str:
    header = ["a second of sound, 80 GB, eager", "GFLOP", "MB", "launches"]
    header += ["GFLOP, now", "MB, now", "launches, now"]
    rows = []
    for name in _STAGES:
        row = [f"1.7b, {name}"]
        for found in (before, now):
            row += _per_second(window_of(found, "1.7b", 80, captured=False), name)
        rows.append(row)
    rows.append(["of them a step", *_a_step(before), *_a_step(now)])
    return markdown(header, rows)


def _per_second(window: Found, name: str) -> Iterator[str]:
    stage, audio_s = window["stages"][name], window["audio_s"]
    for number in (*_work(stage), stage["launch_count"]):
        yield f"{number / audio_s:,.1f}"


def _a_step(found: Found) -> list[str]:
    window = window_of(found, "1.7b", 80, captured=False)
    flops, moved = _work(window["stages"]["steps"])
    steps = window["steps"]
    count = f"{window['step']['launches']:,.0f} ({window['rows']} rows)"
    return [f"{flops / steps:,.0f}", f"{moved / steps:,.0f}", count]


def _work(stage: Found) -> tuple[float, float]:
    """GFLOP and MB."""
    works = stage["work"].values()
    flops, moved = (sum(work[name] for work in works) for name in ("flops", "bytes_moved"))
    return flops / _GIGA, moved / _MEGA
