"""A connection to a service that can be cut, as a network does it."""

import contextlib
import socket
import threading


class Cable:
    """Leads to a service, and can be pulled out. Close it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._ends: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept)]
        self.is_out = False
        self.port = self._listening.getsockname()[1]
        self._threads[0].start()

    def pull(self) -> None:
        """Cut every connection, and let none come about."""
        self.is_out = True
        for each in tuple(self._ends):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of all."""
        self.pull()
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in tuple(self._threads):
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                inner, _ = self._listening.accept()
                if self.is_out:
                    inner.close()
                    continue
                outer = socket.create_connection(("127.0.0.1", self._port))
                self._ends |= {inner, outer}
                thread = threading.Thread(target=self._carry_both, args=(inner, outer))
                self._threads.append(thread)
                thread.start()

    def _carry_both(self, inner: socket.socket, outer: socket.socket) -> None:
        back = threading.Thread(target=_carry, args=(outer, inner))
        back.start()
        _carry(inner, outer)
        back.join()
        for each in (inner, outer):
            self._ends.discard(each)
            each.close()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
