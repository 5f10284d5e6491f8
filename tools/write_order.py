"""Whether a run writes in an order that a power cut cannot harm, from the log of its system calls.

No killed process shows a missing fsync: what it wrote stays with the system. The log shows it. Only
the main thread is looked at; no other one writes files.
"""

import re
import subprocess
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

# A question mark: no error on a processor without that call. strace counts each call by itself.
OPENS = "?open,openat,?openat2,?creat"
WRITES = "write,writev,pwrite64,pwritev,?pwritev2,ftruncate"
SYNCS = "fsync,fdatasync"
RENAMES = "?rename,?renameat"
CAREFUL_RENAMES = "renameat2"  # that replace nothing, or change places
LINKS = "?link,linkat"
REMOVALS = "?unlink,unlinkat"

_TEXT_CHARS = 20_000  # of what is written: the names in a journal line, and in a mark
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<(.*)>)?")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DESCRIPTOR = re.compile(r"\d+<(.*?)>(?:, |$)")
_FOR_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_TRUNC|\bcreat\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that succeeded.

    Attributes:
        paths: that it is about; of a naming the old one and the new one.
        text: all that stands between its brackets.
    """

    name: str
    paths: tuple[str, ...]
    text: str


def traced(command: Sequence[str], log: Path, *, calls: str) -> list[str]:
    """The command, run so that its calls are logged with the files that they are about."""
    return [
        *("strace", "-qq", "-y", "-s", str(_TEXT_CHARS), "-o", str(log)),
        *("-e", f"trace={calls}", "-e", "signal=none", *command),
    ]


def calls_of_run(command: Sequence[str], log: Path) -> list[Call]:
    """Every call of an undisturbed run that concerns what it writes.

    Raises:
        subprocess.CalledProcessError: it did not end with 0.
    """
    calls = f"{OPENS},{WRITES},{SYNCS},{RENAMES},{CAREFUL_RENAMES},{LINKS},{REMOVALS}"
    subprocess.run(traced(command, log, calls=calls), check=True, stderr=subprocess.DEVNULL)
    return list(_calls(log.read_text(errors="replace").splitlines()))


def _calls(lines: Sequence[str]) -> Iterator[Call]:
    for line in lines:
        found = _CALL.match(line)
        if found is None or found[3].startswith("-"):
            continue
        name, arguments, _, opened = found.groups()
        quoted = tuple(_QUOTED.findall(arguments))
        descriptor = _DESCRIPTOR.match(arguments)
        if opened is not None:
            yield Call(name=name, paths=(opened,), text=f"{name} {arguments}")
        elif name.startswith(("rename", "link", "unlink")):
            yield Call(name=name, paths=quoted, text=arguments)
        elif descriptor is not None:
            yield Call(name=name, paths=(descriptor[1],), text=arguments)


def complaints_of_order(calls: Sequence[Call], folder: Path, outputs: Collection[str]) -> list[str]:
    """What a power cut at the wrong moment could harm; [] when nothing.

    Args:
        outputs: their paths below the folder.
    """
    watch = _Watch(folder=folder, outputs=frozenset(outputs))
    for call in calls:
        watch.see(call)
    watch.end()
    return watch.complaints


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What is on the disk for sure after each call.

    Attributes:
        unsynced: files that were written to since their last fsync.
        unsure: folder -> names in it that are not on the disk for sure.
        texts: file -> what was written to it.
        promised: lines of the journal on the disk.
    """

    folder: Path
    outputs: frozenset[str]
    complaints: list[str] = field(default_factory=list)
    unsynced: set[str] = field(default_factory=set)
    unsure: dict[str, set[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    promised: str = ""
    named: set[str] = field(default_factory=set)

    def see(self, call: Call) -> None:
        """Take in the next call."""
        if call.name.startswith(("rename", "link")):
            self._naming(*call.paths)
        elif call.name in SYNCS.split(","):
            self._sync(call.paths[0])
        elif call.name.startswith(("open", "creat")):
            if _FOR_WRITING.search(call.text):
                self._check_in_place(call.paths[0])
        elif call.name in WRITES:
            self._write(call.paths[0], call.text)

    def end(self) -> None:
        """The run is over: all must be sure now."""
        for names in self.unsure.values():
            self._complain("its folder was never synced", *names)
        self._complain("no rename or link gave it its name", *(self.outputs - self.named))

    def _write(self, path: str, text: str) -> None:
        self._check_in_place(path)
        self.unsynced.add(path)
        self.texts[path] = self.texts.get(path, "") + text
        if PurePath(path).name == "journal.jsonl":
            for names in self.unsure.values():
                self._complain("the journal went on before its folder was synced", *names)

    def _check_in_place(self, path: str) -> None:
        if self._below(path) in self.outputs:
            self._complain("opened or written under its own name", self._below(path))

    def _sync(self, path: str) -> None:
        self.unsynced.discard(path)
        self.unsure.pop(path, None)
        if PurePath(path).name == "journal.jsonl":
            self.promised += self.texts.pop(path, "")

    def _naming(self, old: str, new: str) -> None:
        name = self._below(new)
        if name is None:
            return
        if old in self.unsynced:
            self._complain("got its name before it was synced", name)
        if name in self.outputs and name not in self.promised:
            self._complain("not in the journal before it got its name", name)
        if name.startswith(".qasr/results/"):
            told = self.texts.get(old, "")
            early = {output for output in self.outputs - self.named if output in told}
            self._complain("marked as done before it was there", *early)
            for names in self.unsure.values():
                self._complain("marked as done before its folder was synced", *names)
        self.named.add(name)
        self.unsure.setdefault(str(PurePath(new).parent), set()).add(name)

    def _below(self, path: str) -> str | None:
        pure = PurePath(path)
        return (
            pure.relative_to(self.folder).as_posix() if pure.is_relative_to(self.folder) else None
        )

    def _complain(self, what: str, *names: str | None) -> None:
        for name in sorted(filter(None, names)):
            if f"{name}: {what}" not in self.complaints:
                self.complaints.append(f"{name}: {what}")
