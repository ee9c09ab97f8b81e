"""A wall clock that a test moves while every part of the product runs: preloaded into each process (clockshim.c)."""

from __future__ import annotations

import struct
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.rig import require


class MovedClock:
    """The clock of one house. Sleeps and time-outs stay real."""

    def __init__(self, folder: Path, start: datetime) -> None:
        require("gcc")
        self.library, self.file = folder / "clockshim.so", folder / "clock"
        source = Path(__file__).with_name("clockshim.c")
        subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)
        self.offset = timedelta()
        self.move_to(start)

    @property
    def env(self) -> dict[str, str]:
        """What a process needs to live by this clock."""
        return {"LD_PRELOAD": str(self.library), "CLOCKSHIM": str(self.file)}

    def now(self) -> datetime:
        """What the product's clock shows, in UTC."""
        return datetime.now(UTC) + self.offset

    def move_to(self, moment: datetime) -> None:
        """Set the clock; time goes on from there."""
        self.offset = moment - datetime.now(UTC)
        # offset, anchor and speed as little-endian doubles; speed 1 leaves the anchor unread
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("<3d", self.offset.total_seconds(), time.time(), 1.0))

    def pass_time(self, **delta: float) -> None:
        """Let time pass at once."""
        self.move_to(self.now() + timedelta(**delta))
