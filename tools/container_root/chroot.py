"""Runs commands inside a root folder, with devices, /proc and whatever else is mounted there."""

import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_NO_PRIVILEGES = ("--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A folder or a file of the machine, seen inside.

    Attributes:
        inside: where, below the root.
        may_write: else it is read-only.
    """

    outside: str
    inside: str
    may_write: bool = False

    def script(self, root: str) -> str:
        """Shell commands that mount it."""
        place = shlex.quote(root + self.inside)
        source = shlex.quote(self.outside)
        made = f"if [ -d {source} ]; then mkdir -p {place}; else touch {place}; fi"
        lines = [f"[ -e {place} ] || {{ {made}; }}", f"mount --bind {source} {place}"]
        if not self.may_write:
            lines.append(f"mount -o remount,ro,bind {place}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """How a command runs inside.

    Attributes:
        user: "uid:gid"; without it the command is root, with all that root may do.
        has_network: that of the machine; else only a loopback of its own.
    """

    root: str
    environment: Mapping[str, str]
    workdir: str = "/"
    user: str = ""
    has_network: bool = True
    mounts: Sequence[Mount] = ()

    def argv(self, command: Sequence[str]) -> list[str]:
        """The whole command line: the command is the first process in there."""
        spaces = ["--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
        if not self.has_network:
            spaces.append("--net")
        lines = ["set -e", *self._mounting()]
        if not self.has_network:
            lines.append("ip link set lo up")
        lines.append("exec " + shlex.join(self.entering(command)))
        return ["unshare", *spaces, "sh", "-c", "\n".join(lines)]

    def entering(self, command: Sequence[str]) -> list[str]:
        """The command line once all is mounted."""
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        shell = f'cd {shlex.quote(self.workdir)} && exec "$@"'
        called = ["env", "-i", *variables, "sh", "-c", shell, "sh", *command]
        if not self.user:
            return ["chroot", self.root, *called]
        uid, _, gid = self.user.partition(":")
        given_up = [f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *_NO_PRIVILEGES]
        return ["chroot", self.root, "setpriv", *given_up, *called]

    def run(self, command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        """What it says, both streams in one, and its code."""
        return subprocess.run(
            self.argv(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )

    def _mounting(self) -> Iterable[str]:
        root = shlex.quote(self.root)
        yield f"mount -t proc proc {root}/proc"
        yield f"mount -t tmpfs -o mode=755,size=64k dev {root}/dev"
        for name in _DEVICES:
            yield f"touch {root}/dev/{name} && mount --bind /dev/{name} {root}/dev/{name}"
        yield f"ln -s /proc/self/fd {root}/dev/fd"
        for place in ("dev/shm", "tmp"):
            yield f"mkdir -p {root}/{place} && mount -t tmpfs -o mode=1777 tmp {root}/{place}"
        for mount in self.mounts:
            yield mount.script(self.root)
