"""Wake a Celery task without ever making the caller wait: a lost hint costs one tick, never a message."""

from __future__ import annotations

import logging
import os
import queue
import threading

from celery import current_app
from django.conf import settings

log = logging.getLogger(__name__)
EXPIRES = 10  # seconds; by then a tick has done the work


class Hinter:
    """A bounded queue and one thread per process that talks to the broker. A full queue drops: the ticks remain."""

    def __init__(self) -> None:
        self.names: queue.Queue[str] = queue.Queue(maxsize=64)
        self.pid = 0
        self.lock = threading.Lock()

    def offer(self, name: str) -> None:
        """Leave a hint and return at once."""
        self.ensure_thread()
        try:
            self.names.put_nowait(name)
        except queue.Full:
            log.info("hint dropped: the broker is slow")

    def ensure_thread(self) -> None:
        """Start the thread in this process; a fork has the object but not the thread."""
        with self.lock:
            if self.pid != os.getpid():
                self.pid = os.getpid()
                self.names = queue.Queue(maxsize=64)
                threading.Thread(target=self.publish, name="hints", daemon=True).start()

    def publish(self) -> None:
        """Publish hints for ever; a broker that refuses or is silent is logged and forgotten."""
        while True:
            name = self.names.get()
            try:
                current_app.send_task(name, expires=EXPIRES, retry=False)
            except Exception as error:  # noqa: BLE001 - whatever the broker does, the row is the promise
                log.warning("no hint for %s: %s", name, type(error).__name__)


HINTER = Hinter()


def offer(name: str) -> None:
    """Hint that the task has work. Fire and forget."""
    if settings.ENGINE_HINTS:
        HINTER.offer(name)
