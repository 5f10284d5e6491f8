"""What `bench_engine` prints of the measured systems, and the figures of its line of JSON."""

from statistics import median
from typing import Any

from tools.bench.jobs import TOKENS_A_S
from tools.bench.systems import FEW_BITS, System

# By clock: what `least_cost` gives in each round.
Ideal = dict[str, list[dict[str, float]]]

_BOTH = ("recognise", "align")


def ratio(system: System, to: System, *kinds: str, clock: str = "wall_s") -> float:
    """How many times as fast as another one it is; the median of rounds."""
    pairs = zip(system.cost(*kinds, clock=clock), to.cost(*kinds, clock=clock), strict=True)
    return round(median(theirs_s / ours_s for ours_s, theirs_s in pairs), 2)


def share(system: System, ideal: Ideal, *kinds: str, clock: str = "wall_s") -> float:
    """How much of what the machine could do in a round it reached; the median of rounds."""
    pairs = zip(ideal[clock], system.cost(*kinds, clock=clock), strict=True)
    return round(median(sum(least[kind] for kind in kinds) / cost for least, cost in pairs), 2)


def print_table(systems: dict[str, System]) -> None:
    """Print the medians of every system, and of its stages."""
    for system in systems.values():
        both = median(system.cost(*_BOTH))
        cpu_ms = 1e3 * median(system.cost(*_BOTH, clock="cpu_s"))
        hear = median(system.cost("recognise"))
        print(
            f"{system.name:16} recognise {1 / hear:6.2f} x  "
            f"align {1 / median(system.cost('align')):6.2f} x  both {1 / both:6.2f} x  "
            f"{cpu_ms:6.1f} CPU ms/audio s  {TOKENS_A_S / hear:6.1f} tokens/s  "
            f"peak {system.answers['align'][-1]['peak_mb']:6.0f} MB  start {system.load_s:4.1f} s"
        )
        for kind, answers in system.answers.items():
            for stage in answers[0]["stages"]:
                us = 1e6 * median(a["stages"][stage] / a["audio_s"] for a in answers)
                print(f"    {kind:10} {stage:8} {us:9.0f} us/audio s")


def figures_of(systems: dict[str, System], ideal: Ideal) -> dict[str, Any]:
    """The figures of the line of JSON."""
    ours, generate = systems["qasr"], systems["generate"]
    figures: dict[str, Any] = {
        "rtfx": round(1 / median(ours.cost(*_BOTH)), 2),
        "rtfx_recognise": round(1 / median(ours.cost("recognise")), 2),
        "vs_generate": ratio(ours, generate, *_BOTH),
        "vs_generate_recognise": ratio(ours, generate, "recognise"),
        "vs_generate_cpu_time": ratio(ours, generate, *_BOTH, clock="cpu_s"),
        "vs_generate_recognise_cpu_time": ratio(ours, generate, "recognise", clock="cpu_s"),
        "vs_official": None,
        "roofline": share(ours, ideal, *_BOTH),
        "roofline_recognise": share(ours, ideal, "recognise"),
        "roofline_cpu_time": share(ours, ideal, *_BOTH, clock="cpu_s"),
        "roofline_recognise_cpu_time": share(ours, ideal, "recognise", clock="cpu_s"),
    }
    return figures | _figures_of_optional(systems)


def _figures_of_optional(systems: dict[str, System]) -> dict[str, Any]:
    """Ratios with systems that not every machine can run."""
    ours, generate = systems["qasr"], systems["generate"]
    figures: dict[str, Any] = {}
    for way in FEW_BITS:
        quick = systems.get(f"qasr {way}")
        if quick is None:
            continue
        for name, some in (("", _BOTH), ("_recognise", ("recognise",))):
            key = f"vs_generate{name}_{way}"
            figures[key] = ratio(quick, generate, *some)
            figures[f"{key}_cpu_time"] = ratio(quick, generate, *some, clock="cpu_s")
        if "official" in systems:
            figures[f"vs_official_{way}"] = ratio(quick, systems["official"], *_BOTH)
    if "official" in systems:
        figures["vs_official"] = ratio(ours, systems["official"], *_BOTH)
        figures["vs_official_cpu_time"] = ratio(ours, systems["official"], *_BOTH, clock="cpu_s")
    if "generate static" in systems:
        figures["vs_generate_static"] = ratio(ours, systems["generate static"], *_BOTH)
    return figures
