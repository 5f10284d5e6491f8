"""Files of runs in place of locks."""

from pathlib import Path

import pytest

from qasr_cli.errors import LockHeld
from qasr_cli.storage.marker import Marker

ELSEWHERE = "p7h00000000"


@pytest.mark.parametrize(
    ("other", "shared", "is_held"),
    [
        ("alone", False, True),
        ("alone", True, True),
        ("shared", False, True),
        ("shared", True, False),
    ],
)
def test_only_parts_go_side_by_side(
    tmp_path: Path, other: str, shared: bool, is_held: bool
) -> None:
    """Parts of a batch do not mind each other; nothing else runs beside anything."""
    theirs = tmp_path / f"running-{other}-{ELSEWHERE}"
    theirs.touch()
    marker = Marker(str(tmp_path), of="out", shared=shared)

    if is_held:
        with pytest.raises(LockHeld, match=ELSEWHERE):
            marker.put()
    else:
        marker.put()
        marker.remove()

    assert list(tmp_path.iterdir()) == [theirs]


def test_the_way_out_can_be_pasted_into_a_shell() -> None:
    """The file to be removed is quoted where its folder has spaces or quotes."""
    assert str(LockHeld("out", "/my talks/.qasr/x")).endswith("rm '/my talks/.qasr/x'")


def test_an_earlier_run_with_the_same_number_is_over(tmp_path: Path) -> None:
    """In a container every run may have the number of the one that was killed before it."""
    Marker(str(tmp_path), of="out", shared=True).put()

    Marker(str(tmp_path), of="out", shared=False).put()

    assert [path.name.split("-")[1] for path in tmp_path.iterdir()] == ["alone"]
