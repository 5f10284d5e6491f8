"""The sockets that a server answers on: opened before its walls stand, or passed by systemd."""

import contextlib
import errno
import ipaddress
import os
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from qasr_cli.errors import ListenError, UsageError
from qasr_cli.sandbox import descriptors

BACKLOG = 128
_LOCALHOST = "localhost"
_LOOPBACK = {"127.0.0.1": socket.AF_INET, "::1": socket.AF_INET6}
_IPV4 = 4
_MAX_PORT = 65_535
# Ports that are free in one family and taken in the other are rare: so many are never met in turn.
_TRIES = 32
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
# How a service manager says what it passes to a process (sd_listen_fds(3)).
_ACTIVATION = ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID")
_REASONS = {
    errno.EADDRINUSE: "another program has this port, perhaps a qasr serve; stop it, or take "
    "another --port (0 = any that is free)",
    errno.EACCES: "no right to it: Linux keeps the ports below 1024 for root; take another "
    "--port, or have systemd open it (ListenStream=)",
    errno.EADDRNOTAVAIL: "this machine has no such address; `ip addr` lists those it has",
    errno.EAFNOSUPPORT: "this machine has no addresses of this kind",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Sockets that listen. No child gets them.

    Attributes:
        urls: where each is reached, in the same order.
        are_passed: a service manager opened them; hosts and ports were not looked at.
    """

    sockets: tuple[socket.socket, ...]
    urls: tuple[str, ...]
    are_passed: bool = False

    @property
    def is_local(self) -> bool:
        """Whether only programs of this machine can reach them."""
        return all(_is_local(each) for each in self.sockets)

    @property
    def line(self) -> str:
        """What to tell whoever started the server."""
        passed = " (LISTEN_FDS; --host and --port are not used)" if self.are_passed else ""
        return f"listening on {', '.join(self.urls)}{passed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Address:
    """One address to open.

    Attributes:
        is_optional: a machine without it is served all the same.
    """

    host: str
    family: socket.AddressFamily
    is_optional: bool = False

    def at(self, port: int) -> str:
        """It and a port, as in a URL."""
        return f"{self.host}:{port}" if self.family == socket.AF_INET else f"[{self.host}]:{port}"


def open_sockets(*, hosts: Sequence[str] = (), ports: Sequence[int]) -> Listening:
    """Sockets that listen at every host and port, or those that a service manager has opened.

    Call it before the walls stand and before anything heavy is imported: whoever comes meanwhile
    waits, and is not refused.

    Args:
        hosts: addresses, no names; () and "localhost" = this machine alone, by IPv4 and IPv6.
        ports: 0 = any that is free, the same at every host.

    Raises:
        UsageError: a host is no address, or a port no port.
        ListenError: an address or a port is not to be had, or what was passed is nothing to
            answer on.
    """
    if passed := descriptors.passed_on_purpose():
        return _taken_over(passed)
    addresses = _addresses_of(hosts or (_LOCALHOST,))
    sockets: list[socket.socket] = []
    with contextlib.ExitStack() as until_all_are_open:
        for port in _checked(ports):
            try:
                together = _open_together(addresses, port)
            except OSError as error:
                raise _refused(error) from error
            for each in together:
                until_all_are_open.enter_context(each)
            sockets += together
        until_all_are_open.pop_all()
    return Listening(sockets=tuple(sockets), urls=tuple(map(_url_of, sockets)))


def _addresses_of(hosts: Iterable[str]) -> list[_Address]:
    """The addresses to open, each once; one that another of them covers is left out."""
    wanted: dict[str, _Address] = {}
    for host in hosts:
        if host.lower() == _LOCALHOST:
            for name, family in _LOOPBACK.items():
                wanted.setdefault(name, _Address(host=name, family=family, is_optional=True))
        else:
            address = _parsed(host)
            wanted[address.host] = address
    everywhere = {each.family for each in wanted.values() if _is_everywhere(each.host)}
    return [
        each
        for each in wanted.values()
        if each.family not in everywhere or _is_everywhere(each.host)
    ]


def _parsed(host: str) -> _Address:
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        # To look a name up, somebody else would have to be asked.
        raise UsageError(
            f"--host {host}: not an address; it takes localhost, an address of this machine, or "
            "0.0.0.0 and :: for all of them (a name is not looked up)"
        ) from None
    if isinstance(address, ipaddress.IPv4Address):
        return _Address(host=str(address), family=socket.AF_INET)
    if address.ipv4_mapped is not None:
        return _Address(host=str(address.ipv4_mapped), family=socket.AF_INET)
    if address.is_link_local and not address.scope_id:
        raise UsageError(f"--host {host}: every network has it; say which one: {address}%eth0")
    return _Address(host=str(address), family=socket.AF_INET6)


def _is_everywhere(host: str) -> bool:
    return ipaddress.ip_address(host).is_unspecified


def _checked(ports: Iterable[int]) -> list[int]:
    """Each port once; every 0 is another one."""
    distinct: list[int] = []
    for port in ports:
        if not 0 <= port <= _MAX_PORT:
            raise UsageError(f"--port {port}: ports are 1 to {_MAX_PORT}, and 0 for any free one")
        if not port or port not in distinct:
            distinct.append(port)
    return distinct


def _open_together(addresses: Sequence[_Address], port: int) -> list[socket.socket]:
    """A socket for each address, all with one port; with 0, one that is free for all of them.

    Raises:
        OSError: its filename is the address.
    """
    tries_left = 1 if port else _TRIES
    while True:
        tries_left -= 1
        try:
            return _open_at(addresses, port)
        except OSError as error:
            if not tries_left or error.errno != errno.EADDRINUSE:
                raise


def _open_at(addresses: Sequence[_Address], port: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    with contextlib.ExitStack() as until_all_are_open:
        for address in addresses:
            try:
                opened = _opened(address, port)
            except OSError as error:
                if not address.is_optional or error.errno not in _ABSENT:
                    raise
                missing = error
            else:
                sockets.append(until_all_are_open.enter_context(opened))
                port = opened.getsockname()[1]
        if missing is not None and not sockets:
            raise missing
        until_all_are_open.pop_all()
    return sockets


def _opened(address: _Address, port: int) -> socket.socket:
    # `create_server` keeps IPv6 to itself, so that both families can have one port; and lets a
    # port be taken again at once after a server's end, where the system means just that by it.
    try:
        return socket.create_server(
            (address.host, port), family=address.family, backlog=BACKLOG, dualstack_ipv6=False
        )
    except OSError as error:
        raise OSError(error.errno, error.strerror, address.at(port)) from error


def _refused(error: OSError) -> ListenError:
    number = error.errno or 0
    # Below 0 are those of name resolution, which is asked for the part after "%" alone.
    unknown = os.strerror(number) if number > 0 else "this machine has no such network interface"
    return ListenError(str(error.filename), _REASONS.get(number, unknown))


def _taken_over(descriptors_passed: Iterable[int]) -> Listening:
    """What a service manager opened; its variables go, for they concern no child."""
    sockets = tuple(map(_passed, descriptors_passed))
    for name in _ACTIVATION:
        os.environ.pop(name, None)
    return Listening(sockets=sockets, urls=tuple(map(_url_of, sockets)), are_passed=True)


def _passed(descriptor: int) -> socket.socket:
    with contextlib.suppress(OSError):  # closed, or no socket at all
        sock = socket.socket(fileno=descriptor)
        if _is_to_answer_on(sock):
            sock.set_inheritable(False)
            return sock
        sock.detach()
    # A datagram, say, goes to anybody: no filter keeps what would be sent on such a socket.
    reason = "it is no listening TCP or Unix stream socket; ListenStream= with Accept=no makes one"
    raise ListenError(f"descriptor {descriptor} of LISTEN_FDS", reason)


def _is_to_answer_on(sock: socket.socket) -> bool:
    if sock.type != socket.SOCK_STREAM or not sock.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        return False
    return sock.family == socket.AF_UNIX or (
        sock.family in _LOOPBACK.values() and sock.proto == socket.IPPROTO_TCP
    )


def _is_local(sock: socket.socket) -> bool:
    return sock.family == socket.AF_UNIX or _host_of(sock).is_loopback


def _host_of(sock: socket.socket) -> "ipaddress.IPv4Address | ipaddress.IPv6Address":
    return ipaddress.ip_address(sock.getsockname()[0])


def _url_of(sock: socket.socket) -> str:
    """As browsers and `curl` take it; a Unix socket as web servers write it."""
    name = sock.getsockname()
    if sock.family == socket.AF_UNIX:
        is_abstract = isinstance(name, bytes)
        return f"unix:@{os.fsdecode(name[1:])}" if is_abstract else f"unix:{name}"
    host, port = _host_of(sock), name[1]
    if host.version == _IPV4:
        return f"http://{host}:{port}"
    return f"http://[{str(host).replace('%', '%25')}]:{port}"  # RFC 6874
