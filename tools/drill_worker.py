"""A worker process whose engine dies, waits or fails as a test wants it.

Its arguments are RULES and the number of its parent. RULES is a JSON object:
`poison`: what the name of a file holds that kills the process which hears it;
`poison_count`: how many it kills; without it, all;
`loses_device`: what the name of a file holds that takes the GPU away;
`log`: a file that gets a line for each of these;
`sleep_s`: how long a second of sound takes;
`fails`: why no model loads;
`number_formats`: device -> in which numbers it computes.
"""

import json
import math
import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from qasr_cli import sandbox
from qasr_cli.core.timing import SAMPLE_RATE_HZ
from qasr_cli.core.types import Clip, ClipResult
from qasr_cli.engines.fake import FakeEngine
from qasr_cli.errors import DeviceLost, ModelLoadError
from qasr_cli.run.executor.worker import work
from qasr_cli.system.processes import die_with_parent


class DrillEngine(FakeEngine):
    """The fake engine, which some recordings kill."""

    def __init__(self, rules: dict[str, Any]) -> None:
        super().__init__()
        self._rules = rules
        self._most_kills = rules.get("poison_count", math.inf)

    def run(self, clips: Iterable[Clip], /) -> Iterator[ClipResult]:
        """As the fake does, unless the rules say something else of a clip."""
        return super().run(self._drilled(clips))

    def _drilled(self, clips: Iterable[Clip]) -> Iterator[Clip]:
        for clip in clips:
            time.sleep(self._rules.get("sleep_s", 0.0) * clip.span.sample_count / SAMPLE_RATE_HZ)
            if self._is_of("poison", clip) and self._logged_count() < self._most_kills:
                self._log(clip)
                os.kill(os.getpid(), signal.SIGKILL)
            if self._is_of("loses_device", clip):
                self._log(clip)
                raise DeviceLost("cuda:0", "an illegal memory access")
            yield clip

    def _is_of(self, rule: str, clip: Clip) -> bool:
        return rule in self._rules and self._rules[rule] in clip.clip_id

    def _logged_count(self) -> int:
        try:
            with open(self._rules["log"], encoding="utf-8") as log:
                return len(log.readlines())
        except FileNotFoundError:
            return 0

    def _log(self, clip: Clip) -> None:
        with open(self._rules["log"], "a", encoding="utf-8") as log:
            log.write(f"{clip.clip_id}\n")


def _engine(rules: dict[str, Any]) -> DrillEngine:
    if "fails" in rules:
        raise ModelLoadError("/models/broken", rules["fails"])
    return DrillEngine(rules)


if __name__ == "__main__":
    sandbox.confine()
    die_with_parent(int(sys.argv[2]))
    given = json.loads(sys.argv[1])
    formats = given.get("number_formats", {})
    sys.exit(
        work(lambda _: _engine(given), number_format=lambda o: formats.get(o.engine.device, ""))
    )
