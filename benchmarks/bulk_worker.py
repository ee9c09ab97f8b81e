"""A worker process of its own, whose memory and time are its own: plans one bulk, in turn with the raw baseline.

`python -m benchmarks.bulk_worker plan BULK TYPE RAW…` prints JSON; `… loop` works off bulks until it is ended.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import timedelta

TURN = 10_000  # recipients before the baseline has its turn: load on the machine strikes both alike


def plan(bulk: int, kind: str, owner: list[str]) -> dict[str, float]:
    """Plan the bulk to its end; returns recipients, seconds of both, CPU seconds of planning, and peak MiB."""
    from benchmarks.bulk_raw import Raw
    from bulk_send import planning
    from bulk_send.models import Bulk

    raw = Raw(*map(int, owner), text=Bulk.objects.get(pk=bulk).text)
    now = Bulk.objects.values_list("release_at", flat=True).get(pk=bulk) + timedelta(seconds=1)
    planned, since, taken = 0, 0, {"planning": 0.0, "raw": 0.0, "cpu": 0.0}
    while True:
        began, cpu = time.perf_counter(), time.process_time()
        count = planning.run(now)
        taken["planning"] += time.perf_counter() - began
        taken["cpu"] += time.process_time() - cpu
        planned, since = planned + count, since + count
        if since and (since >= TURN or not count):
            began = time.perf_counter()
            getattr(raw, kind)(planned - since + 1, planned)
            taken["raw"] += time.perf_counter() - began
            since = 0
        if not count:
            break
    return taken | {"count": planned, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def loop() -> None:
    """Do what a worker of the bulk queue does, over and over."""
    from bulk_send import tasks
    from notifications import tasks as engine

    while True:
        tasks.make_due()
        engine.dispatch_bulk()
        engine.send_channel("sms", "bulk")


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1] == "plan":
        print(json.dumps(plan(int(sys.argv[2]), sys.argv[3], sys.argv[4:])))
    else:
        loop()
