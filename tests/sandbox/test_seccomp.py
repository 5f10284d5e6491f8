"""The rules of the filter, also for machines that are not here."""

import socket
import struct

import pytest

from qasr_cli.sandbox import seccomp
from qasr_cli.sandbox.machines import MACHINES
from qasr_cli.sandbox.seccomp import Confined

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
I386, ARM = 0x40000003, 0x40000028
REFUSED, CALL_REFUSED, ALLOWED = "EACCES", "EPERM", "allow"


def _verdict(
    machine: str,
    *,
    arch: int,
    number: int,
    arguments: tuple[int, ...] = (),
    whom: Confined = Confined.PROCESS,
) -> str:
    """What the program decides, run as the kernel runs it."""
    program = seccomp.program_of(MACHINES[machine], whom)
    data = struct.pack("<IIQ6Q", number, arch, 0, *arguments, *[0] * (6 - len(arguments)))
    word, position = 0, 0
    while True:
        code, if_true, if_false, operand = program[position]
        position += 1
        match code:
            case 0x20:
                (word,) = struct.unpack_from("<I", data, operand)
            case 0x15:
                position += if_true if word == operand else if_false
            case 0x35:
                position += if_true if word >= operand else if_false
            case 0x45:
                position += if_true if word & operand else if_false
            case 0x06:
                names = {0x7FFF_0000: ALLOWED, 0x0005_000D: REFUSED, 0x0005_0001: CALL_REFUSED}
                return names[operand]
            case _:
                raise AssertionError(f"unknown instruction {code:#x}")


@pytest.mark.parametrize(
    ("machine", "arch", "socket_number", "pair_number"),
    [("x86_64", X86_64, 41, 53), ("aarch64", AARCH64, 198, 199)],
)
def test_only_local_sockets_are_allowed(
    machine: str, arch: int, socket_number: int, pair_number: int
) -> None:
    """Of all families only AF_UNIX may be opened; bits above the family's 32 change nothing."""
    for number in (socket_number, pair_number):
        for family in range(64):
            expected = ALLOWED if family == socket.AF_UNIX else REFUSED
            found = _verdict(machine, arch=arch, number=number, arguments=(family, 0))
            assert found == expected
        hidden = 1 << 32 | socket.AF_INET
        assert _verdict(machine, arch=arch, number=number, arguments=(hidden, 0)) == REFUSED


@pytest.mark.parametrize(
    ("machine", "arch", "socket_number", "pair_number"),
    [("x86_64", X86_64, 41, 53), ("aarch64", AARCH64, 198, 199)],
)
def test_a_decoder_gets_no_socket_at_all(
    machine: str, arch: int, socket_number: int, pair_number: int
) -> None:
    """An ffmpeg child may open no socket of any family, Unix ones included."""
    for number in (socket_number, pair_number):
        for family in range(64):
            arguments = (family, 0)
            found = _verdict(
                machine, arch=arch, number=number, arguments=arguments, whom=Confined.DECODER
            )
            assert found == REFUSED


# ptrace, process_vm_readv, process_vm_writev, kcmp, perf_event_open; pidfd_getfd; add_key,
# request_key, keyctl; mount, fsopen; bpf, userfaultfd; io_uring's three.
_REFUSED_CALLS = {
    "x86_64": {*(101, 310, 311, 312, 298, 438, 248, 249, 250, 165, 430, 321, 323, 425, 426, 427)},
    "aarch64": {*(117, 270, 271, 272, 241, 438, 217, 218, 219, 40, 430, 280, 282, 425, 426, 427)},
}


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_ways_around_are_refused_and_the_rest_is_left_alone(machine: str, arch: int) -> None:
    """Ways into other processes, and what the kernel would fetch for us, are refused; no more."""
    numbers = MACHINES[machine].numbers
    asked = {numbers["socket"], numbers["socketpair"]}
    for number in set(range(600)) - asked:
        is_refused = number in _REFUSED_CALLS[machine]
        expected = CALL_REFUSED if is_refused else ALLOWED
        arguments = (socket.AF_INET, 0)
        assert _verdict(machine, arch=arch, number=number, arguments=arguments) == expected


# connect, bind.
_TURNING_CALLS = {"x86_64": {42, 49}, "aarch64": {203, 200}}
# sendto, sendmsg, sendmmsg; which argument, from 0, holds their flags.
_SENDING_CALLS = {
    "x86_64": {44: 3, 46: 2, 307: 3},
    "aarch64": {206: 3, 211: 2, 269: 3},
}


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_a_server_turns_no_socket_to_anybody_else(machine: str, arch: int) -> None:
    """A server gets all that others get, but for `connect`, `bind` and packets that connect."""
    families = {MACHINES[machine].numbers[name] for name in ("socket", "socketpair")}
    for number in range(600):
        for arguments in ((), (socket.AF_INET,) * 6, (socket.AF_UNIX,) * 6, (0x5412,) * 6):
            found = _verdict(
                machine, arch=arch, number=number, arguments=arguments, whom=Confined.SERVER
            )
            expected = _verdict(machine, arch=arch, number=number, arguments=arguments)
            assert found == (REFUSED if number in _TURNING_CALLS[machine] else expected)
            assert number not in families or (socket.AF_UNIX in arguments) == (found == ALLOWED)


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_a_server_sends_no_packet_that_connects(machine: str, arch: int) -> None:
    """The flag of TCP Fast Open is refused alone and among others, in its own argument only."""
    fast_open, others = 0x2000_0000, 0x4000 | 0x40  # MSG_NOSIGNAL, MSG_DONTWAIT
    for number, position in _SENDING_CALLS[machine].items():
        for flags, expected in (
            (fast_open, REFUSED),
            (fast_open | others, REFUSED),
            (0xFFFF_FFFF, REFUSED),
            (1 << 63 | fast_open, REFUSED),  # the kernel reads the lower half
            (fast_open << 32, ALLOWED),
            (others, ALLOWED),
            (0, ALLOWED),
        ):
            for elsewhere in (0, 0x2000_0000):
                arguments = [elsewhere] * 6
                arguments[position] = flags
                found = _verdict(
                    machine,
                    arch=arch,
                    number=number,
                    arguments=tuple(arguments),
                    whom=Confined.SERVER,
                )
                assert found == expected


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_nothing_is_typed_into_the_terminal(machine: str, arch: int) -> None:
    """Of a terminal's requests only those are refused that make words appear as if typed."""
    number = MACHINES[machine].numbers["ioctl"]
    for request, expected in ((0x5412, CALL_REFUSED), (0x541C, CALL_REFUSED), (0x5413, ALLOWED)):
        for hidden in (0, 1 << 32):
            arguments = (0, hidden | request)
            assert _verdict(machine, arch=arch, number=number, arguments=arguments) == expected


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86_64), ("aarch64", AARCH64)])
def test_a_decoder_changes_no_file_and_signals_nobody(machine: str, arch: int) -> None:
    """What Landlock does not see is refused to an ffmpeg: attributes, signals, others' limits."""
    numbers = MACHINES[machine].numbers
    names = ("fchmod", "fchown", "utimensat", "fsetxattr", "truncate", "kill", "tgkill", "shmat")
    for name in names:
        found = _verdict(machine, arch=arch, number=numbers[name], whom=Confined.DECODER)
        assert found == CALL_REFUSED, name
    for pid, expected in ((0, ALLOWED), (1, CALL_REFUSED)):
        number = numbers["prlimit64"]
        arguments = (pid, 0)
        found = _verdict(
            machine, arch=arch, number=number, arguments=arguments, whom=Confined.DECODER
        )
        assert found == expected


@pytest.mark.parametrize(
    ("machine", "arch", "number"),
    [
        ("x86_64", I386, 102),  # socketcall
        ("x86_64", I386, 359),
        ("x86_64", I386, 41),
        ("x86_64", AARCH64, 198),
        ("x86_64", X86_64, 0x4000_0000 + 41),  # x32
        ("x86_64", X86_64, 0x4000_0000 + 425),
        ("aarch64", ARM, 281),
        ("aarch64", X86_64, 41),
    ],
)
def test_no_way_round_through_other_numbers(machine: str, arch: int, number: int) -> None:
    """System calls by the numbers of another architecture are refused, whatever they ask for."""
    for argument in (1, 2, socket.AF_INET6):
        arguments = (argument, 0)
        assert _verdict(machine, arch=arch, number=number, arguments=arguments) == REFUSED
