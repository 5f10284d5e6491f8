"""The rules of the filter, also for machines that are not here."""

import socket
import struct

import pytest

from qasr_cli.sandbox import seccomp
from qasr_cli.sandbox.machines import MACHINES

X86_64, AARCH64 = 0xC000003E, 0xC00000B7
I386, ARM = 0x40000003, 0x40000028
REFUSED, CALL_REFUSED, ALLOWED = "EACCES", "EPERM", "allow"


def _verdict(
    machine: str,
    *,
    arch: int,
    number: int,
    arguments: tuple[int, int] = (0, 0),
    is_decoder: bool = False,
) -> str:
    """What the program decides, run as the kernel runs it."""
    program = seccomp.program_of(MACHINES[machine], is_decoder=is_decoder)
    data = struct.pack("<IIQQQ", number, arch, 0, *arguments)
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
                machine, arch=arch, number=number, arguments=arguments, is_decoder=True
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
        found = _verdict(machine, arch=arch, number=numbers[name], is_decoder=True)
        assert found == CALL_REFUSED, name
    for pid, expected in ((0, ALLOWED), (1, CALL_REFUSED)):
        number = numbers["prlimit64"]
        arguments = (pid, 0)
        found = _verdict(machine, arch=arch, number=number, arguments=arguments, is_decoder=True)
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
