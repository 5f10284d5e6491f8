"""Tries what was built as its users would: its own user, no network, a root nobody can write."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.container_root.build import Built
from tools.container_root.chroot import Inside, Mount
from tools.container_root.containerfile import Containerfile

_RECORDING = Path(__file__).resolve().parents[2] / "examples" / "recordings" / "interview.wav"
# A number that no file of the image names, in the group that OpenShift gives it.
_NOBODY_KNOWN = "1234567:0"
_TERMINATED = 143
_PATIENCE_S = 180
_LAST_LINES = 8


class Trial:
    """Runs commands in an image's root.

    Args:
        root: all layers, read-only.
        say: prints a line.
    """

    def __init__(
        self,
        file: Containerfile,
        target: str,
        built: Built,
        root: Path,
        say: Callable[[str], None],
    ) -> None:
        own = {each.keyword: each for each in file.instructions(target)}  # the last one counts
        self._entrypoint = own["ENTRYPOINT"].words()
        self._command = own["CMD"].words()
        self._volumes = own["VOLUME"].words()
        self._health = own["HEALTHCHECK"].text.removeprefix("CMD ")
        self._built = built
        self._root = root
        self._say = say

    def passes(self) -> bool:
        """Whether all that is tried goes well; says of each."""
        recording = ("batch", ".", "--model", "demo", "--quiet")
        outcomes = [
            self._does("self-test", ["doctor", "--self-test", "--model", "demo"]),
            self._does("batch", recording, leaves="interview.srt"),
            self._does("another user", recording, leaves="interview.srt", user=_NOBODY_KNOWN),
            self._serves(),
        ]
        return all(outcomes)

    def _does(
        self, name: str, arguments: Sequence[str], *, leaves: str = "", user: str = ""
    ) -> bool:
        with self._inside(user or self._built.user) as (inside, workspace):
            ran = inside.run([*self._entrypoint, *arguments])
            is_well = not ran.returncode and (not leaves or (workspace / leaves).stat().st_size > 0)
        self._say(f"{'ok   ' if is_well else 'FAIL '} {name}: code {ran.returncode}")
        for line in ran.stdout.splitlines() if not is_well else ():
            self._say(f"      {line}")
        return is_well

    def _serves(self) -> bool:
        """The image's own command answers, is well, and ends at a signal as a first process."""
        with self._inside(self._built.user) as (inside, workspace):
            log = workspace.parent / "log"
            argv = inside.argv([*self._entrypoint, *self._command, "--model", "demo"])
            with log.open("wb") as said:
                process = subprocess.Popen(argv, stdout=said, stderr=said, stdin=subprocess.DEVNULL)
            try:
                is_well, health = self._healthy(inside, process)
            finally:
                first = _child_of(process.pid)
                if first:
                    os.kill(first, 15)
                code = process.wait(_PATIENCE_S)
            lines = log.read_text().splitlines()
        is_well = is_well and code == _TERMINATED
        self._say(f"{'ok   ' if is_well else 'FAIL '} serve: {health}, code {code} at SIGTERM")
        for line in lines[-_LAST_LINES:]:
            self._say(f"      {line}")
        return is_well

    def _healthy(self, inside: Inside, process: "subprocess.Popen[bytes]") -> tuple[bool, str]:
        """What the health check says, once it says that all is well, or at last."""
        deadline_s = time.monotonic() + _PATIENCE_S
        said = "it ended"
        while process.poll() is None and time.monotonic() < deadline_s:
            if first := _child_of(process.pid):
                spaces = ["nsenter", "--target", str(first), "--mount", "--pid", "--net"]
                ran = subprocess.run(
                    [*spaces, *inside.entering(self._health_command())],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                said = ran.stdout.strip()
                if not ran.returncode:
                    return True, said
            time.sleep(1)
        return False, said

    def _health_command(self) -> tuple[str, ...]:
        return tuple(json.loads(self._health))

    @contextmanager
    def _inside(self, user: str) -> Iterator[tuple[Inside, Path]]:
        """A container of the image, and its /workspace with a recording."""
        uid, gid = map(int, user.split(":"))
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            places = {"/workspace": folder / "workspace"}
            places |= {name: folder / name.strip("/") for name in self._volumes}
            for place in places.values():
                place.mkdir()
            shutil.copy(_RECORDING, places["/workspace"])
            for path in (folder, *places.values(), *places["/workspace"].iterdir()):
                os.chown(path, uid, gid)
            mounts = tuple(
                Mount(outside=str(place), inside=name, may_write=True)
                for name, place in places.items()
            )
            yield (
                Inside(
                    root=str(self._root),
                    environment=self._built.variables,
                    workdir=self._built.workdir,
                    user=user,
                    has_network=False,
                    mounts=mounts,
                ),
                places["/workspace"],
            )


def _child_of(process_id: int) -> int:
    """The first child of a process, or 0."""
    listed = Path(f"/proc/{process_id}/task/{process_id}/children")
    try:
        children = listed.read_text().split()
    except OSError:
        return 0
    return int(children[0]) if children else 0
