"""How fast are the models, beside their peers and beside what this machine can do?

    python -m tools.bench_engine [--shape demo|0.6b|1.7b] [--device cpu|cuda] [--quick]

Clips of 30 s (--quick: 10 s), 4 tokens and 2.5 words a second, random weights of the true shapes;
every system takes one batch of clips, as large as suits it best, stops every answer at the same
number of tokens, and lives in a process of its own, one at a time. One round runs all systems in
turn; ratios are medians over rounds of wall time within one round, so that what else the machine
does falls on all alike. What the machine can do is measured right before and after qasr's turn.
Ends with one line of JSON.

    python -m tools.bench_engine --shape 0.6b --weights DIR --only-peers --peer \
        'llama.cpp=llama-bench -m q4.gguf -t {threads} -p 408 -n {tokens} -r {count}'

--peer NAME=COMMAND runs whole processes, start included, beside qasr's: one clip, then several
(`tools/bench/peers.py` says what may stand in a command).

Systems: qasr, qasr --quantize int8 and int4 (CPU), qasr --cuda-graphs (CUDA), transformers' own
`generate` (--static: with a static cache and compiled), and the official qwen-asr package. That one
pins another transformers, so it gets an environment of its own beside ours, made with
--install-official DIR, or named by --official PYTHON.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import torch

from qasr_cli.engines.qwen.device import Placement, placement
from tools.bench.machine import CLOCKS, Machine, least_cost
from tools.bench.peers import compare, peer_from
from tools.bench.report import Ideal, figures_of, print_table
from tools.bench.shapes import ROLES, checkpoint_of
from tools.bench.systems import AT_ONCE, all_systems, few_bits_of, run_jobs, settings_of

CLIP_S = 30
QUICK_CLIP_S = 10  # every stage costs nearly as much a second of sound as in clips of 30 s
QUICK_S = 420.0  # --quick begins no round that would end later
ROUNDS = 5
KEPT = 0.95  # of the demo pair's, 99.5 % hold


def bench(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all systems round after round; print a table; the figures of the line of JSON."""
    folders = {role: checkpoint_of(given.shape, role, folder) for role in ROLES}
    place = placement(given.device, given.dtype)
    torch.set_num_threads(given.threads)
    clip_s = QUICK_CLIP_S if given.quick else CLIP_S
    systems = {system.name: system for system in all_systems(given, folders, folder)}
    ideal: Ideal = {name: [] for name in CLOCKS}
    began_s = time.perf_counter()
    for _ in range(given.rounds):
        round_began_s = time.perf_counter()
        for system in list(systems.values()):
            before = _measured(place)
            try:
                run_jobs(system, clip_s)
            except RuntimeError as error:
                if system.name != "official":
                    raise
                print(f"official: skipped: {error}", flush=True)
                del systems[system.name]
            if system.name == "qasr":
                for name, machine in _printed_means(before, place).items():
                    number_bytes = place.dtype.itemsize
                    least = least_cost(machine, folders, system.at_once, clip_s, number_bytes)
                    ideal[name].append(least)
        now_s = time.perf_counter()
        if given.quick and now_s - began_s + (now_s - round_began_s) > QUICK_S:
            break
    print_table(systems)
    return figures_of(systems, ideal)


def _beside_peers(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Figures of whole processes, in exact numbers and, with --int8 and --int4, in fewer bits."""
    folders = {role: checkpoint_of(given.shape, role, folder) for role in ROLES}
    clip_s = QUICK_CLIP_S if given.quick else CLIP_S
    settings = settings_of(given, folders) | {"system": "qasr", "aligner": None}
    ways = {"none": settings}
    for name in few_bits_of(given):
        ways[name] = settings | {"quantize": name, "dtype": "auto"}
    return {
        name: compare(given.peer, way, clip_s=clip_s, rounds=given.rounds)
        for name, way in ways.items()
    }


def _measured(place: Placement) -> dict[str, Machine]:
    """What the machine reaches now, by clock."""
    return {name: Machine.measured(place, clock) for name, clock in CLOCKS.items()}


def _printed_means(before: dict[str, Machine], place: Placement) -> dict[str, Machine]:
    """What the machine reached between an earlier measurement and now, printed, by clock."""
    means = {}
    for name, clock in CLOCKS.items():
        machine = before[name].mean(Machine.measured(place, clock))
        print(f"  {name}: {machine.bytes_a_s / 1e9:.1f} GB/s, {machine.flop_a_s / 1e9:.0f} GFLOP/s")
        means[name] = machine
    return means


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shape", choices=("demo", "0.6b", "1.7b"), default="demo")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--batch-size", type=int, help="clips at once; each system's own best")
    parser.add_argument("--int8", action="store_true", help="qasr --quantize int8, too (CPU)")
    parser.add_argument("--int4", action="store_true", help="qasr --quantize int4, too (CPU)")
    parser.add_argument(
        "--kept",
        type=float,
        default=KEPT,
        help="share of proposals that hold, of one to six clips (CPU, bfloat16)",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="few rounds: under ten minutes")
    parser.add_argument("--static", action="store_true", help="generate with a static cache too")
    parser.add_argument("--official", metavar="PYTHON", help="an interpreter that has qwen-asr")
    parser.add_argument("--install-official", metavar="DIR", help="make an environment for it")
    parser.add_argument("--weights", metavar="DIR", help="keep the random checkpoints here")
    parser.add_argument(
        "--peer", metavar="NAME=COMMAND", type=peer_from, action="append", default=[]
    )
    parser.add_argument("--only-peers", action="store_true", help="measure nothing but --peer")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(given.weights or folder)
        figures = {} if given.only_peers else bench(given, weights)
        if given.peer or given.only_peers:
            figures["whole_processes"] = _beside_peers(given, weights)
    how = {
        "kept": given.kept,
        "shape": given.shape,
        "device": given.device,
        "threads": given.threads,
        "batch": given.batch_size or AT_ONCE,
    }
    print(json.dumps(how | figures))


if __name__ == "__main__":
    main()
