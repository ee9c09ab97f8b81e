"""The manager's test of a neighbour: our own call signed as theirs would be, and a question to their address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from clinics.models import Clinic
from integrations import calls, gateways, keys, signing, way_in
from integrations.neighbour_models import Neighbour, Result, Why
from integrations.signing import Knock
from notifications.providers.base import LookupFailed

PING = b'{"type":"ping","data":{}}'


class Tried(NamedTuple):
    """One line of the test's outcome."""

    is_ok: bool
    words: str


def try_out(clinic: Clinic, neighbour: Neighbour, now: datetime) -> Sequence[Tried]:
    """Try the way in with the key pair there is, and the way out where there is one."""
    lines = [try_in(clinic, neighbour, now)]
    if neighbour in settings.GATEWAYS:
        lines.append(try_out_there(clinic, neighbour, now))
    return lines


def try_in(clinic: Clinic, neighbour: Neighbour, now: datetime) -> Tried:
    """Call ourselves as the neighbour would."""
    pair = keys.of(clinic, neighbour)
    if pair is None:
        return Tried(False, _("Klinikken har ikke laget noe nøkkelpar."))
    event_id, timestamp = f"test.{token_hex(8)}", str(int(now.timestamp()))
    signature = signing.sign(keys.secrets_of(pair, now)[0], event_id, timestamp, PING)
    reply = way_in.take(neighbour, Knock(pair.key_id, event_id, timestamp, signature, PING), now)
    if reply.status == 200:
        return Tried(True, _("Et kall signert med nøkkelparet blir godtatt."))
    why = Why(reply.body["code"]) if reply.body["code"] in Why.values else Why.BAD_SIGNATURE
    return Tried(False, _("Et kall signert med nøkkelparet blir avvist: %(why)s.") % {"why": why.label.lower()})


def try_out_there(clinic: Clinic, neighbour: Neighbour, now: datetime) -> Tried:
    """Ask the neighbour's address whether our token is right; nothing of the clinic's is told."""
    why = ask_status(neighbour)
    calls.note(clinic, neighbour, "status", Result.FAILED if why else Result.DONE, why, now)
    who = {"who": neighbour.label}
    if why is None:
        return Tried(True, _("%(who)s svarer, og godtar nøkkelen vår.") % who)
    return Tried(False, f"{why.label}.")


def ask_status(neighbour: Neighbour) -> Why | None:
    """Return why the neighbour cannot be reached, None when it can."""
    gateway = gateways.made(neighbour)
    if not gateway.is_set_up:
        return Why.NO_ADDRESS
    try:
        status, _answer = gateway.ask("GET", "/status")
    except LookupFailed:
        return Why.NO_CONTACT
    if status in (401, 403):
        return Why.OUR_KEY
    return None if status == 200 else Why.THEIR_ERROR
