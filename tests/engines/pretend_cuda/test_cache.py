"""A cache on a GPU holds what was written in it, too; there one write fills keys and values."""

import pytest

from tests.engines.pretend_cuda.machine import Machine
from tests.engines.qwen.model.test_cache import Mirror, let_a_row_overflow, let_rows_come_and_go


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("takes_any_lengths", [False, True])
@pytest.mark.parametrize("bucket", [None, 4])
def test_rows_come_and_go_and_grow(bucket: int | None, takes_any_lengths: bool) -> None:
    """After any number of rows added, lengthened and dropped each row holds its own."""
    mirror = Mirror(bucket, "bfloat16", "cuda", takes_any_lengths=takes_any_lengths)
    let_rows_come_and_go(mirror, seed=1)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("bucket", [None, 8])
def test_what_overflowed_is_gone_with_its_row(bucket: int | None) -> None:
    """No later row in its place meets numbers that are none."""
    let_a_row_overflow(Mirror(bucket, "float32", "cuda"))


def test_keys_and_values_are_written_at_once(machine: Machine) -> None:
    """One launch a layer, for whole sequences as for single positions."""
    mirror = Mirror(None, "bfloat16", "cuda")
    machine.forget_seen()
    mirror.add([3, 5])
    mirror.step()

    assert machine.seen.kernels["aten::index_put_"] == 2 * 2
