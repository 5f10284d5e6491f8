"""What the service has done, in numbers without names, as Prometheus reads them.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_BUCKETS_S = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)


@dataclass(slots=True)
class Histogram:
    """How long something took, in buckets."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(_BUCKETS_S) + 1))
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(_BUCKETS_S, seconds)] += 1
        self.sum_s += seconds

    def lines(self, name: str) -> Iterator[str]:
        """As text."""
        yield f"# TYPE {name} histogram"
        total = 0
        for most_s, count in zip((*_BUCKETS_S, math.inf), self.counts, strict=True):
            total += count
            most = "+Inf" if math.isinf(most_s) else f"{most_s:g}"
            yield f'{name}_bucket{{le="{most}"}} {total}'
        yield f"{name}_sum {self.sum_s:g}"
        yield f"{name}_count {total}"


@dataclass(slots=True)
class Metrics:
    """Counters of one process. Belongs to the event loop."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)  # by route and status
    request_s: Histogram = field(default_factory=Histogram)
    upload_bytes: int = 0

    def count(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self.requests[route, status] += 1
        self.request_s.add(seconds)

    def text(self, gauges: Mapping[str, float], counters: Mapping[str, float]) -> str:
        """All of it.

        Args:
            gauges: what is just now, by name.
            counters: what only grows, by name.
        """
        return "".join(f"{line}\n" for line in self._lines(gauges, counters))

    def _lines(self, gauges: Mapping[str, float], counters: Mapping[str, float]) -> Iterator[str]:
        yield "# TYPE qasr_requests_total counter"
        for (route, status), count in sorted(self.requests.items()):
            yield f'qasr_requests_total{{route="{route}",status="{status}"}} {count}'
        yield from self.request_s.lines("qasr_request_seconds")
        for kind, values in (("gauge", gauges), ("counter", counters)):
            for name, value in values.items():
                yield f"# TYPE qasr_{name} {kind}"
                yield f"qasr_{name} {value:g}"
