"""Something that is made in a thread of its own, beside other work."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

_Made = TypeVar("_Made")


def begun(make: Callable[[], _Made], name: str) -> Future[_Made]:
    """What will be made, or why it was not.

    An interpreter waits for it before it ends: in the middle of native code it would abort.

    Args:
        name: of the thread; where no more of them may be, it is made before this returns.
    """
    made: Future[_Made] = Future()

    def run() -> None:
        try:
            made.set_result(make())
        except BaseException as error:  # noqa: BLE001  # raised again where the result is taken
            made.set_exception(error)

    try:
        Thread(target=run, name=name).start()
    except RuntimeError:
        run()
    return made
