"""The ffmpeg child: which program, which command line, which limits, how its output is read.

Media files come from anywhere, so the child gets as little as it needs: an open descriptor in
place of a name, allow-lists of protocols and formats, limits on memory and processor time, a
session of its own, walls around it (`confinement`). Nothing here knows what the output means.
"""

import functools
import os
import selectors
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Self

from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.errors import UsageError
from qasr_cli.media.decoding.confinement import confinement_of, environment
from qasr_cli.media.decoding.file_parts import WHOLE_FILE, FilePart
from qasr_cli.sandbox.child import Process
from qasr_cli.system import limits, pipes, processes, signals

# Demuxers that hold sound and read nothing but their own file. Left out on purpose: what opens
# other files or addresses (hls, concat, dash, sdp), devices (lavfi), still pictures, and ape, dsf
# and iamf for their history of memory errors.
FORMATS = (
    "wav,w64,aiff,flac,mp3,aac,ogg,mov,matroska,asf,avi,mpegts,mpeg,flv,caf,amr,wv,ac3,eac3,au,tta,"
    "mxf,rm"
)
PIECE_BYTES = 1 << 16  # what a Linux pipe holds
_MEMORY_LIMIT_BYTES = 2 << 30
_STARTUP_LIMIT_S = 60.0


# --- which ffmpeg -------------------------------------------------------------------------------


def ffmpeg_path() -> str:
    """The ffmpeg to run: `QASR_FFMPEG`, else the one that imageio-ffmpeg brings.

    Raises:
        UsageError: there is none.
    """
    chosen = os.environ.get("QASR_FFMPEG")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise UsageError(f"QASR_FFMPEG={chosen}: not a program that can be run")
        return found
    try:
        import imageio_ffmpeg  # distributions with an ffmpeg of their own leave it out

        with signals.children_deaf_to_terminals():  # one that Ctrl-C ended would look like none
            return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise UsageError("there is no ffmpeg here; install one, set QASR_FFMPEG to it") from error


def ffmpeg_version(binary: str) -> str:
    """What the program says about itself, such as "7.1.4".

    Raises:
        UsageError: it does not run.
    """
    words = _output_of(binary, "-version").split(maxsplit=3)
    return words[2] if words[:2] == ["ffmpeg", "version"] else "unknown"


@functools.cache
def takes_descriptors(binary: str) -> bool:
    """True where the `fd:` protocol exists (ffmpeg 6.0 and later)."""
    return "fd" in _output_of(binary, "-protocols").split()


def _output_of(binary: str, option: str) -> str:
    try:
        return subprocess.run(  # noqa: S603  # the user's own ffmpeg, a fixed option
            [binary, "-hide_banner", option],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_STARTUP_LIMIT_S,
            check=True,
            start_new_session=True,  # one that Ctrl-C ended would pass for no ffmpeg
            env=environment(),
        ).stdout.decode(errors="replace")
    except (OSError, subprocess.SubprocessError) as error:
        raise UsageError(f"{binary}: does not run as ffmpeg; set QASR_FFMPEG to one") from error


def input_arguments(
    binary: str,
    fd: int,
    *,
    verbosity: str,
    seek_s: float | None = None,
    part: FilePart = WHOLE_FILE,
) -> list[str]:
    """Command line up to the input: an open descriptor, so no name is ever parsed.

    `concat:a|b.mp3`, `-y.mp3` and the like are only names; and what was checked is what is read.
    Without `-xerror`: it would give up a whole recording for one damaged frame, or for a few
    bytes after the last one, which many mp3 files carry.
    """
    if takes_descriptors(binary):
        number = processes.number_in_child(fd)
        protocols, options, address = ["fd"], ["-fd", str(number)], "fd:"
    elif not processes.PASSES_DESCRIPTORS:
        raise UsageError(f"{binary}: is older than ffmpeg 6.0; set QASR_FFMPEG to a newer one")
    else:
        protocols, options, address = ["file"], [], f"file:/dev/fd/{fd}"
    if not part.is_whole_file:
        protocols.append("subfile")
        address = f"subfile,,start,{part.start_byte},end,{part.end_byte or 0},,:{address}"
    return [
        *(binary, "-nostdin", "-hide_banner", "-v", verbosity),
        *("-protocol_whitelist", ",".join(protocols), "-format_whitelist", FORMATS),
        # One thread each: more would not fit the memory limit on machines with many cores.
        *("-filter_threads", "1", "-threads", "1"),
        *(() if seek_s is None else ("-ss", f"{seek_s:.3f}")),
        *(("-f", "wav", "-ignore_length", "1") if part.ignores_size else ()),
        *(*options, "-i", address),
    ]


def stream_arguments(binary: str, fd: int) -> list[str]:
    """Command line for a pipe whose sound is wanted as it comes: samples of 16 bits, 16 kHz, mono.

    Gaps in its time stamps become silence, so that samples count its time.
    """
    *before, flag, address = input_arguments(binary, fd, verbosity="level+error")
    return [
        *before,
        # Not `-fflags nobuffer`, which drops the sound that was read to find out what it is.
        *("-probesize", "1M", "-analyzeduration", "1M"),
        *(flag, address, "-map", "0:a:0", "-vn", "-sn", "-dn"),
        *("-af", "aresample=async=1", "-ac", "1", "-ar", str(SAMPLE_RATE_HZ)),
        *("-flush_packets", "1", "-f", "s16le", "-"),
    ]


# --- the child ----------------------------------------------------------------------------------


class Child:
    """A running ffmpeg. Leaving the context kills and reaps it, whatever state it is in.

    Neither of its pipes can fill up unread while `read` or `finish` waits.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        fd: int,
        cpu_limit_s: int,
        other_fds: Sequence[int] = (),
        written_limit_bytes: int = 0,
        merge_errors: bool = False,
        on_error_output: Callable[[bytes], None] = lambda _: None,
    ) -> None:
        """Start it.

        Args:
            arguments: begins with the program.
            fd: the descriptor that the arguments name; a file is read from its beginning.
            cpu_limit_s: bounds a child that nobody is left to kill.
            other_fds: more that the arguments name, each at its place.
            written_limit_bytes: of a file among them; 0 = it writes to its pipes alone.
            merge_errors: standard error comes out of `read`, too.
            on_error_output: is given what the child writes to standard error; b"" at its end. What
                it wrote before some output is given before that output is.
        """
        self._on_error_output = on_error_output
        self._process = _started(arguments, fd, other_fds, merge_errors=merge_errors)
        limits.limit(
            self._process.pid,
            memory_bytes=_MEMORY_LIMIT_BYTES,
            cpu_s=cpu_limit_s,
            written_bytes=written_limit_bytes,
        )
        self._selector = pipes.selector_of_pipes()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                self._selector.register(stream, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            processes.end_session(self._process)
        self._process.wait()
        self._selector.close()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    @property
    def pid(self) -> int:
        """Process id, also of its session."""
        return self._process.pid

    def end(self) -> None:
        """End it now; whoever reads, perhaps in another thread, comes to the end of its output."""
        processes.end_session(self._process)

    def read(self, timeout_s: float) -> bytes:
        """The next piece of its standard output, `PIECE_BYTES` at most; b"" at the end.

        Raises:
            TimeoutError: no output came for so long, whatever was written to standard error.
        """
        deadline_s = time.monotonic() + timeout_s
        while True:
            piece = self._read_ready(deadline_s)
            if piece is not None:
                return piece

    def finish(self, timeout_s: float) -> int:
        """Exit status, after the end of its output; negative = killed by that signal.

        Raises:
            TimeoutError: it does not end.
        """
        deadline_s = time.monotonic() + timeout_s
        while self._selector.get_map():
            self._read_ready(deadline_s)
        try:
            return self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise TimeoutError from error

    def _read_ready(self, deadline_s: float) -> bytes | None:
        ready = self._selector.select(max(0.0, deadline_s - time.monotonic()))
        if not ready:
            raise TimeoutError
        output: bytes | None = None
        for key, _ in ready:
            if key.fileobj is self._process.stdout:
                output = self._taken(key)
        if output is not None:  # what was said of it may have come only after the look above
            ready = self._selector.select(0)
        while errors := [key for key, _ in ready if key.fileobj is self._process.stderr]:
            self._on_error_output(self._taken(errors[0]))
            ready = self._selector.select(0)
        return output

    def _taken(self, key: selectors.SelectorKey) -> bytes:
        piece = os.read(key.fd, PIECE_BYTES)
        if not piece:
            self._selector.unregister(key.fileobj)
        return piece


def _started(
    arguments: Sequence[str], fd: int, other_fds: Sequence[int], *, merge_errors: bool
) -> Process:
    is_file = stat.S_ISREG(os.fstat(fd).st_mode)
    if is_file:
        os.lseek(fd, 0, os.SEEK_SET)
    with open(os.devnull, "rb") as nothing:

        def open_process() -> Process:
            return subprocess.Popen(  # noqa: S603  # a list, no shell; see input_arguments
                arguments,
                stdin=nothing if processes.PASSES_DESCRIPTORS else fd,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if merge_errors else subprocess.PIPE,
                pass_fds=processes.passed((fd, *other_fds)),
                start_new_session=True,  # Ctrl-C is ours to handle; a file may be finished first
                creationflags=processes.OWN_GROUP,
                env=environment(),
            )

        # A pipe has no place in any file system that walls could open.
        return confinement_of(arguments[0]).start(fd if is_file else None, open_process)
