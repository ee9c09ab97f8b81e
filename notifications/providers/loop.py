"""An event loop in a thread of its own, so that synchronous workers can keep many requests in flight."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Loop:
    """Started at first use in each process; a fork gets a loop of its own, for threads do not survive forks.

    The loop runs between batches too: a connection that the provider closes meanwhile is seen and dropped, not written
    to. Writing to a dead connection is an outcome nobody knows.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pid = 0
        self.loop: asyncio.AbstractEventLoop | None = None

    def run(self, job: Coroutine[Any, Any, Result]) -> Result:
        """Run the coroutine in the loop and wait for its result; any thread may call."""
        return asyncio.run_coroutine_threadsafe(job, self._running()).result()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self.lock:
            if self.loop is None or self.pid != os.getpid():
                self.loop, self.pid = asyncio.new_event_loop(), os.getpid()
                threading.Thread(target=self.loop.run_forever, name="providers", daemon=True).start()
            return self.loop

    @property
    def is_running(self) -> bool:
        """Whether this process has started the loop."""
        return self.loop is not None and self.pid == os.getpid()


LOOP = Loop()
os.register_at_fork(after_in_child=lambda: setattr(LOOP, "lock", threading.Lock()))
