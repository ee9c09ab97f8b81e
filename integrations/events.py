"""What each neighbour may tell us, and what carries it out: the code's side of docs/api/*.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinics.models import Clinic
from integrations.neighbour_models import Neighbour, Why
from integrations.reading import Reader, parse

Apply = Callable[[Clinic, datetime], Mapping[str, Any]]
Read = Callable[[Neighbour, Reader], Apply]


class Refused(Exception):
    """The event cannot be carried out as things are; nothing has been changed."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Event:
    """One event that follows the contract, ready to be carried out; `apply` raises Refused."""

    type: str
    apply: Apply


READERS: dict[tuple[str, str], Read] = {}  # (neighbour, type)


def register(neighbour: Neighbour, type_: str, reader: Read) -> None:
    """Say who reads the type's data; the reader raises Malformed."""
    READERS[neighbour, type_] = reader


def types_of(neighbour: str) -> list[str]:
    """Return what the neighbour may tell."""
    return [type_ for who, type_ in READERS if who == neighbour]


def read(neighbour: Neighbour, body: bytes) -> Event:
    """Read a body. Raises Malformed, and Refused for a type that the neighbour may not tell."""
    said = parse(body)
    type_ = said.text("type", 32)
    if (neighbour, type_) not in READERS:
        raise Refused(Why.UNKNOWN_TYPE)
    inner = said.part("data")
    said.close()
    apply = READERS[neighbour, type_](neighbour, inner)
    inner.close()
    return Event(type_, apply)


def ping(neighbour: Neighbour, said: Reader) -> Apply:
    """Read the neighbour's own test of its key: nothing to do."""
    return lambda clinic, now: {"result": "pong"}


for one in Neighbour:
    register(one, "ping", ping)
