"""What is made beside other work is there, or why it is not."""

import subprocess
import sys
from threading import Event, current_thread

import pytest

from qasr_cli.engines.qwen.loading.begun import begun


def test_it_is_made_beside_other_work() -> None:
    """Who needs it waits."""
    may_end = Event()

    made = begun(lambda: may_end.wait() and current_thread().name, "maker")

    assert not made.done()
    may_end.set()
    assert made.result() == "maker"


def test_why_it_was_not_made_is_raised_where_it_is_needed() -> None:
    """As it was raised."""

    def make() -> None:
        raise MemoryError("no room")

    with pytest.raises(MemoryError, match="no room"):
        begun(make, "maker").result()


@pytest.mark.usefixtures("no_more_threads")
def test_where_no_more_threads_may_be_it_is_made_at_once() -> None:
    """Later than it might be, but for nobody in vain."""
    assert begun(lambda: 7, "maker").done()


def test_an_interpreter_waits_for_it() -> None:
    """One that ended in the middle of native code would abort."""
    program = (
        "import time\n"
        "from qasr_cli.engines.qwen.loading.begun import begun\n"
        "begun(lambda: time.sleep(.3) or print('made'), 'maker')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "made\n"
