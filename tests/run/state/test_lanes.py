"""The journals of dead lanes go into that of their run."""

from pathlib import Path

import pytest

from qasr_cli.run.state.lanes import fold_dead_lanes
from qasr_cli.run.state.layout import JOURNAL_NAME, lane_folder

LANE = "p1h0123456789abcdefn01234567"


@pytest.mark.parametrize("line_count", [0, 1, 30_000])
@pytest.mark.parametrize("end", [b"", b"\n", b'{"event": "tor'])
@pytest.mark.parametrize("before", [b"", b'{"event": "run"}\n', b'{"event": "ru'])
def test_every_whole_line_is_there_once(
    tmp_path: Path, line_count: int, end: bytes, before: bytes
) -> None:
    """However long it is, and wherever either of them was torn, only a torn line is lost."""
    lane = Path(lane_folder(str(tmp_path), LANE))
    lane.mkdir(parents=True)
    lines = [b'{"event": "outcome", "file": "%05d.wav"}' % n for n in range(line_count)]
    (lane / JOURNAL_NAME).write_bytes(b"".join(line + b"\n" for line in lines) + end)
    (tmp_path / JOURNAL_NAME).write_bytes(before)

    fold_dead_lanes(str(tmp_path))

    folded = (tmp_path / JOURNAL_NAME).read_bytes()
    whole = [line for line in folded.split(b"\n") if line.endswith(b"}")]
    assert whole == [*before.splitlines()[: before.count(b"\n")], *lines]
    assert folded == b"" or folded.endswith(b"\n") or not (line_count or end)
    assert not lane.exists()
