"""How a fault looks on the wire: late, slow, cut off, or not an answer at all."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable

from aiohttp import web

from sandbox.modes import ChannelMode, Fault

Complaint = Callable[[int, str], web.Response]  # (status, code) -> the dialect's own error answer


async def refusal(request: web.Request, fault: Fault, complain: Complaint) -> web.StreamResponse:
    """Answer a request that is not accepted."""
    match fault.mode:
        case "429":
            answer = complain(429, "20429")
            answer.headers["Retry-After"] = str(fault.retry_after)
            return answer
        case "500" | "401":
            return complain(int(fault.mode), "")
        case "hang":
            await asyncio.sleep(fault.seconds)
            return complain(500, "")
        case "reset":
            return reset(request)
        case _:
            return complain(400, fault.code)


async def answered(request: web.Request, fault: Fault, body: bytes, complain: Complaint) -> web.StreamResponse:
    """Answer a request that was accepted; `body` is the honest JSON."""
    match fault.mode:
        case "500-accepted":
            return complain(500, "")
        case "hang-accepted":
            await asyncio.sleep(fault.seconds)
            return complain(500, "")
        case "drip":
            return await _drip(request, fault, body)
        case "reset-accepted":
            return reset(request)
        case "malformed":
            return web.Response(body=body[: len(body) // 2], content_type="application/json")
        case "no-id":
            return web.Response(body=b"{}", content_type="application/json")
        case _:
            return web.Response(body=body, status=201, content_type="application/json")


async def pause(channel: ChannelMode) -> None:
    """Wait as long as the channel's latency says."""
    if channel.delay:
        await asyncio.sleep(channel.delay)


async def looked_up(request: web.Request, channel: ChannelMode, body: bytes, complain: Complaint) -> web.Response:
    """Answer a look-up or a list as the channel's `reads` says; `body` is the honest JSON."""
    await pause(channel)
    match channel.reads:
        case "500" | "429" | "401":
            return complain(int(channel.reads), "")
        case "hang":
            await asyncio.sleep(channel.seconds)
            return complain(500, "")
        case "reset":
            return reset(request)
        case "malformed":
            body = body[: len(body) // 2]
    return web.Response(body=body, content_type="application/json")


def reset(request: web.Request) -> web.Response:
    """Cut the connection with a RST, as a crashing server does."""
    transport = request.transport
    if transport is not None:
        wire = transport.get_extra_info("socket")
        if wire is not None:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def _drip(request: web.Request, fault: Fault, body: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    for byte in body:
        try:
            await response.write(bytes([byte]))
        except ConnectionError:
            break  # the caller gave up, which is what a drip is for
        await asyncio.sleep(fault.seconds / len(body))
    return response
