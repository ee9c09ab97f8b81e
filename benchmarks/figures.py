"""One line a figure, and how it is printed."""

from __future__ import annotations

import operator
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

COMPARE = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


def report(name: str, value: float, unit: str, target: tuple[str, float] | None = None) -> None:
    """Print `bench <name> <value> <unit> target <op> <value> ok|short`; without a target it is a measure only."""
    shown = f"{value:,.0f}".replace(",", "") if value >= 100 else f"{value:.3g}"
    line = f"bench {name} {shown} {unit}"
    if target:
        op, wanted = target
        line += f" target {op} {wanted:g} {'ok' if COMPARE[op](value, wanted) else 'short'}"
    print(line, flush=True)


@dataclass
class Watch:
    """Wall and CPU seconds of a block, this process only."""

    wall: float = 0.0
    cpu: float = 0.0
    marks: list[float] = field(default_factory=list)


@contextmanager
def watch() -> Iterator[Watch]:
    """Time a block."""
    seen = Watch()
    wall, cpu = time.perf_counter(), time.process_time()
    yield seen
    seen.wall, seen.cpu = time.perf_counter() - wall, time.process_time() - cpu


def p95(call: Callable[[], object], times: int = 60) -> float:
    """Return the 95th percentile of a call in milliseconds, after a warm-up."""
    for _ in range(3):
        call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(taken, n=20)[-1]


def children_peak() -> float:
    """Return the largest memory any finished child has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def scale(count: int) -> int:
    """Shrink or grow a count by BENCH_SCALE, for a quick look."""
    return max(20, int(count * float(os.environ.get("BENCH_SCALE", "1"))))
