"""Brings status callbacks to the product: in order, late, twice, shuffled or with forged ones among them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from sandbox.log import GroundTruth
from sandbox.modes import ChannelMode

LATE_SECONDS = 5.0
IN_FLIGHT = 32
TIMEOUT = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Call:
    """One callback; `before` brings the message into the state it reports."""

    channel: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    status: str
    forged: bool = False
    before: Callable[[], None] | None = None


@dataclass
class Courier:
    """Posts callbacks to the product and to nobody else: whatever host they name, they go to `base`."""

    base: str
    log: GroundTruth
    dice: random.Random
    answered: int = 0
    lost: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    session: aiohttp.ClientSession | None = None
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(IN_FLIGHT))

    def deliver(self, mode: ChannelMode, calls: Sequence[Call], forged: Sequence[Call]) -> None:
        """Bring the calls of one message as the channel's mode says, without waiting for it."""
        delay = mode.callback_delay or (LATE_SECONDS if mode.callbacks == "late" else 0.0)
        task = asyncio.get_running_loop().create_task(self._bring(delay, self._arranged(mode.callbacks, calls, forged)))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _arranged(self, how: str, calls: Sequence[Call], forged: Sequence[Call]) -> list[Call]:
        match how:
            case "duplicate":
                return [call for call in calls for _ in range(2)]
            case "shuffled":
                return self.dice.sample(list(calls)[::-1], k=len(calls)) if len(calls) > 2 else list(calls)[::-1]
            case "forged":
                return [*forged, *calls]
            case _:
                return list(calls)

    async def _bring(self, delay: float, calls: Sequence[Call]) -> None:
        await asyncio.sleep(delay)
        async with self.slots:
            for call in calls:
                await self._post(call)

    async def _post(self, call: Call) -> None:
        if call.before:
            call.before()
        status = 0
        try:
            async with self._open().post(self._local(call.url), data=call.body, headers=dict(call.headers)) as response:
                status = response.status
                self.answered += 1
        except (aiohttp.ClientError, TimeoutError):
            self.lost += 1  # a provider tries once and gives up; polling has to repair it
        line = {"kind": "callback", "channel": call.channel, "url": call.url, "status": call.status}
        self.log.write({"t": time.time(), **line, "forged": call.forged, "answer": status})

    def _open(self) -> aiohttp.ClientSession:
        if self.session is None:
            self.session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self.session

    def _local(self, url: str) -> str:
        parts = urlsplit(url)
        return self.base + parts.path + (f"?{parts.query}" if parts.query else "")

    async def close(self) -> None:
        """Drop what is under way."""
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        if self.session:
            await self.session.close()


COURIER = web.AppKey("courier", Courier)
