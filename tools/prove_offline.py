"""Prove that no packet leaves: count the sockets of a run, then repeat it without a network.

    python -m tools.prove_offline [FOLDER] [--no-sandbox]

Subtitles FOLDER (default: the bundled recordings, as `make demo` does) with the demo pair, under
`strace`, following every thread and child; then once more in an empty network namespace. Ends with
1 when an Internet socket was opened or merely asked for, or when an output differs by a byte.
`--no-sandbox` shows that nothing asks even where the kernel would allow it. Needs Linux, strace
and, for the second half, the right to make a namespace; without it says so.
"""

import argparse
import collections
import re
import subprocess
import sys
import tempfile
from pathlib import Path

RECORDINGS = Path(__file__).resolve().parent.parent / "examples" / "recordings"
FORMATS = "srt,json,simple,vtt"
_SOCKET = re.compile(r"\bsocket(?:pair)?\((AF_\w+)")
# Netlink talks to the kernel: it is what the report asks the filter for.
_LOCAL = {"AF_UNIX", "AF_NETLINK"}
_NO_NETWORK = ("unshare", "--map-root-user", "--net")


def command_of(folder: Path, output_dir: Path, *extra: str) -> list[str]:
    """A whole run of qasr over a folder, with every process it starts."""
    return [
        *(sys.executable, "-m", "qasr_cli", "batch", str(folder), "--model", "demo"),
        *("--format", FORMATS, "--output-dir", str(output_dir), "--quiet", *extra),
    ]


def sockets_of(command: list[str], log: Path) -> collections.Counter[str]:
    """How often a command and its children asked for a socket of which family."""
    trace = ("strace", "-f", "-qq", "-e", "trace=socket,socketpair", "-o", str(log))
    subprocess.run([*trace, *command], check=False)
    matches = (_SOCKET.search(line) for line in log.read_text(errors="replace").splitlines())
    return collections.Counter(match[1] for match in matches if match)


def can_leave_the_network() -> bool:
    """Whether this user may make a network namespace."""
    tried = subprocess.run([*_NO_NETWORK, "true"], check=False, capture_output=True)
    return tried.returncode == 0


def outputs_of(folder: Path) -> dict[str, bytes]:
    """The subtitles and results below a folder. The report and the state hold clock times."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".qasr" not in path.parts and path.name != "processing_report.json"
    }


def main() -> int:
    """Run twice, count, compare."""
    parser = argparse.ArgumentParser(description="Does a run of qasr touch the network?")
    parser.add_argument("folder", type=Path, nargs="?", default=RECORDINGS)
    parser.add_argument("--no-sandbox", action="store_true")
    arguments = parser.parse_args()
    extra = ("--no-sandbox",) if arguments.no_sandbox else ()
    with tempfile.TemporaryDirectory() as scratch:
        watched, cut_off = Path(scratch) / "watched", Path(scratch) / "cut-off"
        families = sockets_of(
            command_of(arguments.folder, watched, *extra), Path(scratch) / "strace.log"
        )
        outputs = outputs_of(watched)
        network_count = sum(n for family, n in families.items() if family not in _LOCAL)
        print(f"{len(outputs)} outputs; network sockets asked for: {network_count}; {families}")
        if not can_leave_the_network():
            print("not repeated without a network: this user may make no namespace")
            return int(network_count > 0 or not outputs)
        command = command_of(arguments.folder, cut_off, *extra)
        subprocess.run([*_NO_NETWORK, *command], check=False)
        again = outputs_of(cut_off)
    names = outputs.keys() | again.keys()
    differing = sorted(name for name in names if outputs.get(name) != again.get(name))
    print(f"in an empty network namespace: {len(again)} outputs, differing: {differing or 'none'}")
    return int(network_count > 0 or not outputs or bool(differing))


if __name__ == "__main__":
    sys.exit(main())
