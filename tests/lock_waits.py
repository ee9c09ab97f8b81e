"""A second one who is seen to wait for the first one's locks, on PostgreSQL: no sleeps, and no luck."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def begun(act: Callable[[], Any]) -> threading.Thread:
    """Start it in a thread of its own; return when it is done, or waits for a lock of ours."""

    def run() -> None:
        act()
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"  # pg_stat_activity stands still in a transaction
    is_waiting = False
    while thread.is_alive() and not is_waiting:
        with connection.cursor() as cursor:
            cursor.execute(waiting)
            is_waiting = bool(cursor.fetchone()[0])
    return thread
