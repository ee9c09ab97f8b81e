"""Patients' sessions, on the server, under a cookie of their own (threat 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from clinics.hashing import hashed
from clinics.models import Clinic
from patients.models import Patient, Person
from portal.cards import cards_of
from portal.models import LogIn, Session, new_key
from post.models import Dialog, Party

SEEN_STEP = timedelta(seconds=30)  # how exact the idle time-out is: not every request writes


@dataclass
class Visit:
    """Who is logged in, and whose card at which clinic they look at."""

    session: Session
    cards: list[Patient]  # those they may see; never empty on a page
    place: str = ""  # the entry of the bottom navigation: the path's first part under /min/
    is_top: bool = False  # one of the five entries' own pages: there the choice of clinic stands

    @property
    def person(self) -> Person:
        """The one who logged in."""
        return self.session.person

    @cached_property
    def card(self) -> Patient:
        """The chosen card, or the first: one that is no longer theirs is not gone back to."""
        return next((card for card in self.cards if card.pk == self.session.card_id), self.cards[0])

    def look_at(self, card: Patient) -> None:
        """Show another of the cards on this page alone, in its clinic's time; the choice itself stays."""
        self.card = card
        timezone.activate(card.clinic.zone)

    @property
    def own(self) -> list[Patient]:
        """The person's own cards: contact values, consent and insight are theirs alone, whomever they act for."""
        return [card for card in self.cards if card.person_id == self.person.pk]

    @property
    def is_own(self) -> bool:
        """Whether the chosen card is the person's own."""
        return self.card.person_id == self.person.pk

    @property
    def clinic(self) -> Clinic:
        """The chosen card's clinic."""
        return self.card.clinic

    @cached_property
    def unread_by_card(self) -> dict[int, int]:
        """How many dialogs have something new from the clinic, by the card's pk. One query for them all."""
        rows = Dialog.objects.filter(patient__in=self.cards, messages__party=Party.STAFF, messages__read_at=None)
        return dict(rows.values_list("patient").annotate(Count("pk", distinct=True)))

    @property
    def unread(self) -> int:
        """How many of the chosen card's dialogs have something new."""
        return self.unread_by_card.get(self.card.pk, 0)

    @property
    def choices(self) -> list[tuple[Patient, int]]:
        """Every card, and how many of its dialogs have something new."""
        return [(card, self.unread_by_card.get(card.pk, 0)) for card in self.cards]

    def tell(self, text: object) -> None:
        """Say something on the next page, once. The text must carry no patient data: it rests in the session."""
        self.keep(told=[*dict.fromkeys([*self.session.told, str(text)])])

    def messages(self) -> list[str]:
        """Return what is to be said, once."""
        told: list[str] = self.session.told
        if told:
            self.keep(told=[])
        return told

    def keep(self, **fields: Any) -> None:
        """Write fields of the session; one that has ended meanwhile stays ended, and the next page asks for log-in."""
        for name, value in fields.items():
            setattr(self.session, name, value)
        Session.objects.filter(pk=self.session.pk).update(**fields)


def visit_of(request: HttpRequest, now: datetime | None = None) -> Visit | None:
    """Return the session that the browser's cookie opens, and note that it was used; None without a living one."""
    now = now or timezone.now()
    session = session_of(request)
    if session is None:
        return None
    if is_over(session, now):
        session.delete()
        return None
    if now - session.seen_at > SEEN_STEP:
        session.seen_at = now
        if not Session.objects.filter(pk=session.pk).update(seen_at=now):
            return None  # logged out elsewhere meanwhile
    return Visit(session, list(cards_of(session.person)))


def session_of(request: HttpRequest) -> Session | None:
    """Return the row of the browser's cookie, however old."""
    key = request.COOKIES.get(settings.PORTAL_COOKIE_NAME, "")
    return Session.objects.select_related("person").filter(key_hash=hashed(key)).first() if key else None


def is_over(session: Session, now: datetime) -> bool:
    """Whether it has been idle too long, or lasted too long."""
    idle, age = now - session.seen_at, now - session.began_at
    return idle.total_seconds() > settings.PORTAL_IDLE_AGE or age.total_seconds() > settings.PORTAL_ABSOLUTE_AGE


@transaction.atomic
def begin(person: Person, *, provider: str, method: str = "", provider_session: str = "") -> tuple[str, Session]:
    """Log the person in; return the cookie's new value, and the session. Sessions long over are forgotten."""
    forget_old(timezone.now())
    key = new_key()
    log_in = LogIn.objects.create(person=person, provider=provider, method=method[:40])
    session = Session.objects.create(
        key_hash=hashed(key), person=person, log_in=log_in, provider_session=provider_session
    )
    return key, session


def forget_old(now: datetime) -> None:
    """Delete the sessions that nobody can use any more."""
    Session.objects.filter(seen_at__lt=now - timedelta(seconds=settings.PORTAL_IDLE_AGE)).delete()


@transaction.atomic
def end(session: Session, how: LogIn.Ending) -> None:
    """Delete the session; its line tells when and how."""
    LogIn.objects.filter(pk=session.log_in_id).update(ending=how, ended_at=timezone.now())
    session.delete()


def set_cookie(response: HttpResponse, key: str) -> None:
    """Give the browser its key; it is forgotten when the browser closes."""
    response.set_cookie(
        settings.PORTAL_COOKIE_NAME, key, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax", path="/"
    )


def delete_cookie(response: HttpResponse) -> None:
    """Take the browser's key away."""
    response.set_cookie(
        settings.PORTAL_COOKIE_NAME,
        "",
        max_age=0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )
