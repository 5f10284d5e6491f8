"""Which walls stand on this machine: tried, not believed."""

from collections.abc import Iterator

from qasr_cli import sandbox
from qasr_cli.errors import UsageError
from qasr_cli.machine.check import Check
from qasr_cli.machine.serve_trial import ServeFindings
from qasr_cli.media.decoding.confinement import Reach, confinement_of
from qasr_cli.media.decoding.ffmpeg import ffmpeg_path
from qasr_cli.sandbox import descriptors, landlock
from qasr_cli.system import limits

_NETWORK, _OTHERS, _FFMPEG = "sandbox", "sandbox: others", "sandbox: ffmpeg"
_SERVE = "sandbox: serve"
_REPORT_IT = "please report it"
_HAS_FILTERS = "Linux 4.17 or later on x86-64 or aarch64 has it"

_LIMITED = "limits on memory and time" if limits.ARE_SET else "a limit on its silence"

# What an ffmpeg that a file took over could still do, and what would help.
_FFMPEG_REACH = {
    Reach.OWN_INPUT: (
        "it reads its own input alone, changes no file, opens no socket, sends no signal",
        "",
    ),
    Reach.READING: (
        "it changes no file and opens no socket, but can read any: it is a script",
        "set QASR_FFMPEG to the program itself",
    ),
    Reach.FILES: (
        "it opens no socket, sends no signal; files are not kept from it: no Landlock here",
        "Linux 5.13 or later has it, where neither its start nor a container forbids it",
    ),
    Reach.ALL: (
        f"{_LIMITED} alone; nothing here refuses it files or sockets",
        "Linux on x86-64 or aarch64 can; an ffmpeg in a sandbox of its own (snap) may not start so",
    ),
}


def check_walls(of_serve: ServeFindings) -> Iterator[Check]:
    """The network, other processes, a server, ffmpeg: what the kernel refuses, a line each."""
    state = sandbox.state()
    if state is sandbox.State.ON:
        yield _tried_network()
        yield _tried_others()
    else:
        yield _no_filter(state)
    yield _found_of_serve(of_serve)
    try:
        yield _tried_ffmpeg(ffmpeg_path())
    except UsageError:
        return  # its own check says so


def _no_filter(state: sandbox.State) -> Check:
    if state is sandbox.State.OFF:
        remedy = "leave --no-sandbox out; a container's own rules may forbid it, too"
    else:
        remedy = f"{_HAS_FILTERS}; or run in `unshare -rn`"
    detail = f"{state}: the network is kept shut by qasr's own care alone"
    return Check(name=_NETWORK, state="warn", detail=detail, remedy=remedy)


def _tried_network() -> Check:
    from qasr_cli.machine.sandbox_trial import processes_that_open_sockets

    try:
        leaks = processes_that_open_sockets()
    except UsageError as error:  # its own check says more
        return Check(name=_NETWORK, state="warn", detail=f"on; not tried: {error}")
    if leaks:
        detail = f"on, and yet a network socket could be opened by {', '.join(leaks)}"
        return Check(name=_NETWORK, state="fail", detail=detail, remedy=_REPORT_IT)
    detail = "on: tried here, in a Python child and in ffmpeg, every network socket is refused"
    if given := descriptors.ways_out():
        numbers = ", ".join(map(str, given))
        detail += f"; but this process was given network sockets as descriptors {numbers}"
        return Check(name=_NETWORK, state="warn", detail=detail)
    if landlock.version() >= landlock.TCP_FROM:
        detail += "; TCP once more by Landlock"
    return Check(name=_NETWORK, state="ok", detail=detail)


def _tried_others() -> Check:
    from qasr_cli.machine.sandbox_trial import ways_into_others

    refused = "tried: other processes' memory and descriptors, keys, mounts, io_uring are refused"
    ways = ways_into_others()
    if not ways:
        detail = f"{refused}; so are signals and abstract sockets to them"
        return Check(name=_OTHERS, state="ok", detail=detail)
    detail = f"{refused}, but for {', '.join(ways)}"
    remedy = "Linux 6.12 or later refuses all of it, where Landlock is on"
    return Check(name=_OTHERS, state="warn", detail=detail, remedy=remedy)


def _found_of_serve(found: ServeFindings) -> Check:
    if found.failure:
        remedy = "like qasr serve it listens on 127.0.0.1 or ::1, which something here may forbid"
        detail = f"not tried: {found.failure}"
        return Check(name=_SERVE, state="warn", detail=detail, remedy=remedy)
    if not found.are_up:
        detail = "no filter here: what listens could also reach out"
        return Check(name=_SERVE, state="warn", detail=detail, remedy=_HAS_FILTERS)
    if found.ways_out:
        detail = f"on, and yet a process that listens got out by {', '.join(found.ways_out)}"
        return Check(
            name=_SERVE, state="fail", detail=detail, remedy=_REPORT_IT, tried=found.answers
        )
    detail = (
        "tried: what listens can answer only; no socket that it holds connects or binds anew "
        f"({len(found.answers)} ways)"
    )
    return Check(name=_SERVE, state="ok", detail=detail, tried=found.answers)


def _tried_ffmpeg(binary: str) -> Check:
    from qasr_cli.machine.sandbox_trial import powers_of_ffmpeg

    reach = confinement_of(binary).reach
    detail, remedy = _FFMPEG_REACH[reach]
    try:
        powers = powers_of_ffmpeg()
    except OSError as error:  # no folder to try it in
        return Check(name=_FFMPEG, state="warn", detail=f"not tried ({error}), but: {detail}")
    if powers:
        detail = f"{detail}; and yet it could {', '.join(powers)}"
        return Check(name=_FFMPEG, state="fail", detail=detail, remedy=_REPORT_IT)
    detail = f"tried: {detail}"
    return Check(name=_FFMPEG, state="warn" if remedy else "ok", detail=detail, remedy=remedy)
