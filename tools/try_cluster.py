"""One batch on two Ray nodes of this machine, while its workers, an actor and a node are killed.

    python -m tools.try_cluster [--files 121] [--no-kills] [--keep FOLDER]

Needs Ray (`pip install 'qasr-cli[cluster]'`), Linux, and the right to make a network namespace: all
of it happens in an empty one, with loopback alone, so nothing can leave, and every byte that Ray's
processes say to each other is looked at. One recording kills every process that hears it. Ends with
1 unless every file has one outcome and the bytes of a run in one process, the deadly one is left
out after exactly three deaths, nobody is blamed for the lost actor and node, nothing lies about,
and no word of a transcript was on the wire.
"""

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools import drill_worker
from tools.kill_workers import POISON, made_in, make_recordings, run

MARK = "QASR_RELAYED_BY"
_INSIDE = "QASR_TRY_CLUSTER_INSIDE"
_ALL_PROTOCOLS = 0x0003  # ETH_P_ALL of linux/if_ether.h
_SAID = b"word1"  # what the engine hears in every recording of two seconds
_GIVE_UP_S = 600.0
_STORE_BYTES = 80 << 20


@dataclass(slots=True)
class Wire:
    """All that goes over loopback, searched while it goes."""

    byte_count: int = 0
    has_words: bool = False
    has_paths: bool = False
    is_over: bool = False
    _before: bytes = field(default=b"", init=False)

    def listen(self, path: bytes) -> None:
        """Read packets until it is over.

        Args:
            path: what is known to go over it, so that hearing nothing means something.
        """
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as raw:
            raw.bind(("lo", 0))
            raw.settimeout(0.2)
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 25)
            while not self.is_over:
                try:
                    data = raw.recv(1 << 17)
                except TimeoutError:
                    continue
                self.byte_count += len(data)
                self.has_words |= _SAID in data
                self.has_paths |= path in data


@dataclass(slots=True)
class Killer:
    """Kills a worker, an actor and a node, each once so many files are done."""

    cluster: Any
    node: Any
    target: Path
    killed: list[str] = field(default_factory=list)

    def watch(self, batch: "subprocess.Popen[bytes]") -> None:
        """Kill until the batch ends."""
        due = [(20, "drill_worker"), (45, "ray::WorkerActor"), (70, "node")]
        deadline_s = time.monotonic() + _GIVE_UP_S
        while batch.poll() is None and time.monotonic() < deadline_s:
            done_count = len(list(self.target.glob("*.srt")))
            if due and done_count >= due[0][0]:
                self._kill(due.pop(0)[1])
            time.sleep(0.02)
        batch.kill()

    def _kill(self, what: str) -> None:
        if what == "node":
            self.cluster.remove_node(self.node, allow_graceful=False)
            self.cluster.add_node(num_cpus=2, object_store_memory=_STORE_BYTES)
            self.killed.append(what)
        else:
            for process in _processes(what)[:1]:
                os.kill(process, signal.SIGKILL)
                self.killed.append(what)


def _processes(words: str) -> list[int]:
    """Those of this network namespace whose command holds these words."""
    here = os.readlink("/proc/self/ns/net")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            if words in command and os.readlink(folder / "ns" / "net") == here:
                found.append(int(folder.name))
        except (OSError, UnicodeDecodeError):
            continue
    return sorted(set(found) - {os.getpid()})


def batch(source: Path, target: Path, address: str) -> int:
    """The batch itself: connected, it relays; started by that, it is the planner."""
    from qasr_cli.run.executor.relayed import RelayedExecutor

    if MARK in os.environ:
        from qasr_cli import sandbox

        sandbox.confine()
        with contextlib.closing(RelayedExecutor(address)) as executor:
            return int(run(source, target, executor=executor).exit_code)
    from qasr_cli.cluster.connection import Cluster
    from qasr_cli.cluster.relay import relay

    rules = json.dumps({"poison": POISON, "log": f"{target}.deaths"})
    command = [sys.executable, drill_worker.__file__, rules]
    return relay(Cluster(address, most_count=3, uses_gpus=False, command=command), mark=MARK)


def problems(base: Path, *, file_count: int, kills: bool) -> Iterator[str]:
    """Run it; a line for everything that is not as it should be."""
    source, target, alone = base / "in", base / "out", base / "alone"
    make_recordings(source, file_count)
    run(source, alone)
    wire = Wire()
    listener = threading.Thread(target=wire.listen, args=(f"{source}/0000.wav".encode(),))
    listener.start()
    killed = _on_two_nodes(source, target, kills=kills)
    wire.is_over = True
    listener.join()
    if kills and "node" not in killed:
        yield f"only {killed} were killed"
    yield from _wrong_report(target, file_count)
    yield from _wrong_files(target, alone)
    deaths = Path(f"{target}.deaths").read_text().splitlines()
    if len(deaths) != len(("first", "second", "third")):
        yield f"{len(deaths)} processes died over the deadly recording"
    yield from _wrong_words(wire, target)


def _on_two_nodes(source: Path, target: Path, *, kills: bool) -> list[str]:
    """Run the batch; what was killed."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster as Nodes

    head = {
        "num_cpus": 2,
        "include_dashboard": False,
        "node_ip_address": "127.0.0.1",
        "object_store_memory": _STORE_BYTES,
    }
    nodes = Nodes(initialize_head=True, head_node_args=head)
    node = nodes.add_node(num_cpus=2, object_store_memory=_STORE_BYTES)
    command = [sys.executable, "-m", "tools.try_cluster", "--batch", str(source), str(target)]
    began_s = time.monotonic()
    killer = Killer(nodes, node, target)
    with subprocess.Popen([*command, nodes.address]) as process:
        if kills:
            killer.watch(process)
        code = process.wait()
    wall_s = time.monotonic() - began_s
    print(f"code {code} after {wall_s:.0f} s; killed {killer.killed}", flush=True)
    nodes.shutdown()
    return killer.killed


def _wrong_words(wire: Wire, target: Path) -> Iterator[str]:
    print(f"{wire.byte_count / 1e6:.1f} MB went over the wire", flush=True)
    if wire.has_words:
        yield "words of a transcript went over the wire"
    if not wire.has_paths:
        yield "no path was seen on the wire, so nothing was"
    if not any(_SAID in path.read_bytes() for path in target.glob("*.srt")):
        yield "nobody said what was looked for on the wire"


def _wrong_report(target: Path, file_count: int) -> Iterator[str]:
    report = json.loads((target / "processing_report.json").read_text())
    statuses = Counter(detail["status"] for detail in report["details"])
    print(f"{dict(statuses)}; sandbox {report['sandbox']}", flush=True)
    for line in report.get("warnings", ()):
        print(f"  {line}", flush=True)
    if statuses["done"] + statuses["skipped"] != file_count - 1 or statuses["quarantined"] != 1:
        yield f"outcomes are {dict(statuses)}"
    if report["sandbox"] != "on":
        yield f"the sandbox of a worker, or of the planner, is {report['sandbox']}"


def _wrong_files(target: Path, alone: Path) -> Iterator[str]:
    made, wanted = made_in(target), made_in(alone)
    for name in sorted(made.keys() ^ wanted.keys()):
        yield f"{name} is {'too much' if name in made else 'missing'}"
    yield from (f"{name} has other bytes" for name in made if made[name] != wanted.get(name))
    yield from (f"{path.name} lies about" for path in target.rglob(".qasr-*"))


def main() -> int:
    """Everything in an empty network; 0 where all went as it should."""
    asked = _arguments()
    if asked.batch:
        return batch(Path(asked.batch[0]), Path(asked.batch[1]), asked.batch[2])
    if _INSIDE not in os.environ:
        inside = ["unshare", "-n", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
        command = [*inside, *sys.orig_argv]
        return subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="qasr-cluster-") as temporary:
        base = Path(asked.keep or temporary)
        found = list(problems(base, file_count=asked.files, kills=not asked.no_kills))
    print("\n".join(found) or "as it should be")
    return min(len(found), 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--files", type=int, default=121)
    parser.add_argument("--no-kills", action="store_true")
    parser.add_argument("--keep", help="folder that stays")
    parser.add_argument("--batch", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
