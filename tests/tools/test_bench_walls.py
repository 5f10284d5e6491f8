from tools.bench_walls import lines


def test_it_measures_both_ways() -> None:
    """There is a line with walls and one without, and each says what it measured."""
    found = list(lines(2))

    assert [line.split(" walls")[0] for line in found] == ["without", "with"]
    assert all("ms of the processor" in line for line in found)
