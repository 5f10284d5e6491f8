"""Sockets to listen on: which are opened, and what is said where one cannot be."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from qasr_cli.errors import ExitCode, ListenError, UsageError
from qasr_cli.serve.sockets import Listening, open_sockets

NOT_OURS = "192.0.2.1"  # for documentation: no machine has it


def _has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no ::1")
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@contextlib.contextmanager
def _opened(*hosts: str, ports: tuple[int, ...] = (0,)) -> Iterator[Listening]:
    listening = open_sockets(hosts=hosts, ports=ports)
    try:
        yield listening
    finally:
        for each in listening.sockets:
            each.close()


def _free_port() -> int:
    with _opened() as listening:
        port: int = listening.sockets[0].getsockname()[1]
        return port


@needs_ipv6
@pytest.mark.parametrize("hosts", [(), ("localhost",), ("LocalHost", "127.0.0.1")])
def test_this_machine_is_reached_by_both_families(hosts: tuple[str, ...]) -> None:
    """Without a host, 127.0.0.1 and ::1 listen on one port; no child gets either socket."""
    with _opened(*hosts) as listening:
        first, second = listening.sockets
        port = first.getsockname()[1]

        assert (first.getsockname(), second.getsockname()[:2]) == (
            ("127.0.0.1", port),
            ("::1", port),
        )
        assert second.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
        assert listening.urls == (f"http://127.0.0.1:{port}", f"http://[::1]:{port}")
        assert listening.line == f"listening on http://127.0.0.1:{port}, http://[::1]:{port}"
        assert listening.is_local
        assert not listening.are_passed
        for each in listening.sockets:
            assert not each.get_inheritable()
            assert each.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            with socket.create_connection(each.getsockname()[:2]):  # it listens
                pass


@needs_ipv6
def test_every_port_is_opened_at_every_host_once() -> None:
    """Ports may be several, a port that is named twice is one, and each 0 is another."""
    port = _free_port()

    with _opened("127.0.0.1", "::1", ports=(port, 0, port, 0)) as listening:
        names = [each.getsockname()[:2] for each in listening.sockets]

    assert [host for host, _ in names] == ["127.0.0.1", "::1"] * 3
    ports = [number for _, number in names]
    assert ports[0::2] == ports[1::2]
    assert len(set(ports)) == 3
    assert ports[0] == port


@needs_ipv6
@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
def test_a_port_that_is_taken_in_one_family_is_an_error(taken: str) -> None:
    """It says which address has it and what to do, and leaves nothing open in the other one."""
    with _opened(taken) as other:
        port = other.sockets[0].getsockname()[1]
        spare = _free_port()
        with pytest.raises(ListenError) as refused:
            open_sockets(ports=[spare, port])
        place = f"[{taken}]:{port}" if ":" in taken else f"{taken}:{port}"

        assert str(refused.value) == (
            f"cannot listen on {place}: another program has this port, perhaps a qasr serve; "
            "stop it, or take another --port (0 = any that is free)"
        )
        assert refused.value.exit_code == ExitCode.ENVIRONMENT
        with _opened(ports=(spare,)):
            pass


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (("0.0.0.0",), ["0.0.0.0"]),  # noqa: S104  # what is tested
        (("127.0.0.1", "0.0.0.0"), ["0.0.0.0"]),  # noqa: S104
        pytest.param(("localhost", "0.0.0.0"), ["::1", "0.0.0.0"], marks=needs_ipv6),  # noqa: S104
        pytest.param(("::", "0.0.0.0", "::1"), ["::", "0.0.0.0"], marks=needs_ipv6),  # noqa: S104
    ],
)
def test_every_address_of_a_family_includes_each(
    hosts: tuple[str, ...], expected: list[str]
) -> None:
    """0.0.0.0 and :: each stand for their family; other machines reach them, and that is said."""
    with _opened(*hosts) as listening:
        assert [each.getsockname()[0] for each in listening.sockets] == expected
        assert not listening.is_local


@needs_ipv6
def test_an_address_may_be_spelt_in_several_ways() -> None:
    """IPv6 as in a URL, or around an IPv4 address, is taken, too; so is any address of 127/8."""
    with _opened("[::1]", "::ffff:127.0.0.9") as listening:
        assert [each.getsockname()[0] for each in listening.sockets] == ["::1", "127.0.0.9"]
        assert listening.is_local


@pytest.mark.parametrize("host", ["", "example.org", "127.1", "0127.0.0.1", "1.2.3.4:80", "*"])
def test_a_name_is_no_address(host: str) -> None:
    """No name is looked up: somebody would have to be asked."""
    with pytest.raises(UsageError, match="not an address; it takes localhost") as refused:
        open_sockets(hosts=[host], ports=[0])

    assert str(refused.value).startswith(f"--host {host}: ")


def test_a_link_local_address_needs_its_network() -> None:
    """Each network has such an address, so it is none by itself."""
    with pytest.raises(UsageError, match="say which one: fe80::1%eth0"):
        open_sockets(hosts=["fe80::1"], ports=[0])


@pytest.mark.parametrize("port", [-1, 65_536, 99_999_999_999])
def test_a_port_has_16_bits(port: int) -> None:
    """Any other number is a mistake of the command line."""
    with pytest.raises(UsageError, match=f"--port {port}: ports are 1 to 65535"):
        open_sockets(ports=[port])


@pytest.mark.parametrize(
    ("host", "place", "reason"),
    [
        (NOT_OURS, f"{NOT_OURS}:8000", "this machine has no such address; `ip addr` lists"),
        pytest.param(
            "fe80::1%nowhere",
            "[fe80::1%nowhere]:8000",
            "this machine has no such network interface",
            marks=needs_ipv6,
        ),
    ],
)
def test_an_address_of_another_machine_is_an_error(host: str, place: str, reason: str) -> None:
    """What this machine does not have, is told as a device that it does not have."""
    with pytest.raises(ListenError) as refused:
        open_sockets(hosts=[host], ports=[8000])

    assert str(refused.value).startswith(f"cannot listen on {place}: {reason}")


_WITHOUT_RIGHTS = """
import os
from qasr_cli.errors import ListenError
from qasr_cli.serve.sockets import open_sockets
if os.getuid() == 0:
    os.setuid(65534)
try:
    open_sockets(hosts=["127.0.0.1"], ports=[1])
except ListenError as error:
    print(error)
"""


@pytest.mark.skipif(
    not os.path.exists("/proc/sys/net/ipv4/ip_unprivileged_port_start"), reason="Linux has it"
)
def test_low_ports_are_root_s() -> None:
    """Whoever has no right to a port is told who gives it."""
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as file:
        if int(file.read()) <= 1:
            pytest.skip("every port is everybody's here")

    ran = subprocess.run([sys.executable, "-c", _WITHOUT_RIGHTS], check=True, capture_output=True)

    assert ran.stdout.startswith(b"cannot listen on 127.0.0.1:1: no right to it: Linux keeps the")


_OPEN = """
import json
from qasr_cli.errors import ListenError
from qasr_cli.serve.sockets import open_sockets
try:
    found = open_sockets(ports=[0])
except ListenError as error:
    print(json.dumps([str(error)]))
else:
    print(json.dumps([each.getsockname()[:2] for each in found.sockets]))
"""


def _opened_with(fault: str) -> list[tuple[str, int]]:
    """What is opened where the kernel gives an answer that it does not give here."""
    ran = subprocess.run(
        [
            *("strace", "-f", "-qq", "-o", os.devnull, "-e", f"inject={fault}"),
            *(sys.executable, "-c", _OPEN),
        ],
        check=True,
        capture_output=True,
    )
    found: list[tuple[str, int]] = json.loads(ran.stdout)
    return found


@needs_strace
@needs_ipv6
@pytest.mark.parametrize("error", ["EADDRNOTAVAIL", "EAFNOSUPPORT"])
def test_one_family_will_do_for_this_machine(error: str) -> None:
    """Where IPv6 or IPv4 is switched off, the other is served; where both are, that is said."""
    without_ipv6 = _opened_with(f"bind:error={error}:when=2")
    without_ipv4 = _opened_with(f"bind:error={error}:when=1")
    without = _opened_with(f"bind:error={error}")

    assert [host for host, _ in without_ipv6] == ["127.0.0.1"]
    assert [host for host, _ in without_ipv4] == ["::1"]
    assert str(without[0]).startswith("cannot listen on [::1]:0: this machine has no")


@needs_strace
@needs_ipv6
def test_any_free_port_is_free_in_both_families() -> None:
    """A port that the kernel chose for one and that is taken in the other is not kept."""
    (first, port), (second, same) = _opened_with("bind:error=EADDRINUSE:when=2")

    assert (first, second, port) == ("127.0.0.1", "::1", same)
