"""Programs beside qasr get the same clips, and are timed from start to end."""

import json
import sys
from pathlib import Path

import pytest

from qasr_cli.checkpoints.locate import demo_folder
from tools.bench.peers import compare, peer_from

COUNTING = (
    "import sys,wave; seconds, tokens, count, *clips = sys.argv[1:]; "
    "assert len(clips) == int(count); "
    "assert all(wave.open(c).getnframes() == 16000 * int(seconds) for c in clips); "
    "assert int(tokens) == 4 * int(seconds); "
    "sum(range(5_000_000))"  # what takes less than a tick of the system's clock has no CPU time
)


def test_words_of_a_command_are_filled_in() -> None:
    """Each clip is an argument of its own, whatever its name holds."""
    peer = peer_from("a peer=run -t {threads} --ask={tokens}/{seconds} {count} '{clips}' \"x y\"")

    arguments = peer.arguments([Path("/a b.wav"), Path("/c.wav")], 30, 2)

    assert peer.name == "a peer"
    assert arguments == ["run", "-t", "2", "--ask=120/30", "2", "/a b.wav", "/c.wav", "x y"]


@pytest.mark.parametrize("text", ["", "name", "name=", "=command", "name=  "])
def test_a_peer_needs_name_and_command(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match="NAME=COMMAND"):
        peer_from(text)


def test_whole_processes_are_compared() -> None:
    """One clip and several, qasr and a peer, with ratios by wall and by CPU time."""
    settings = {
        "system": "qasr",
        "recogniser": str(demo_folder("recogniser")),
        "aligner": None,
        "device": "cpu",
        "dtype": "float32",
        "quantize": "none",
        "cuda_graphs": False,
        "static": False,
        "threads": 1,
    }
    command = (
        f'counting={sys.executable} -c "{COUNTING}" {{seconds}} {{tokens}} {{count}} {{clips}}'
    )

    found = compare([peer_from(command)], settings, clip_s=1, rounds=1)

    assert json.loads(json.dumps(found)) == found
    assert found["qasr"]["alone"]["qasr_is_times_as_fast"] == 1
    assert found["counting"]["together"]["cpu_ms"] > 0
    assert 0 < found["counting"]["alone"]["by_cpu_time"] < 1


def test_a_peer_that_fails_ends_the_comparison() -> None:
    """It is named, with what it said."""
    peer = peer_from(f"bad={sys.executable} -c 'raise SystemExit(\"no such model\")'")

    with pytest.raises(RuntimeError, match="no such model"):
        compare(
            [peer],
            {
                "system": "qasr",
                "recogniser": str(demo_folder("recogniser")),
                "aligner": None,
                "device": "cpu",
                "dtype": "float32",
                "quantize": "none",
                "cuda_graphs": False,
                "threads": 1,
            },
            clip_s=1,
            rounds=1,
        )
