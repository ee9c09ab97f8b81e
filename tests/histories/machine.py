"""Random histories of two clinics, and what must hold after every step."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from hypothesis.stateful import invariant

from notifications.models import Notification
from tests.histories import model
from tests.histories.conditions import Conditions
from tests.histories.facts import Tick
from tests.histories.house import ZONES, Sent

REASONS = {
    "module_off": "module off",
    "type_off": "type off",
    "too_late": "too late",
    "no_consent": "no consent",
    "consent_withdrawn": "no consent",
    "no_contact": "not possible",
    "appointment_cancelled": "untrue",
    "appointment_restored": "untrue",
}


class Histories(Conditions):
    """The machine that Hypothesis drives."""

    @invariant()
    def messages_are_the_expected_ones(self) -> None:
        """Exactly the expected messages went out, each to the right card's address, telling the right time."""
        if not self.facts or not isinstance(self.facts[-1], Tick):
            return
        expected = {hop_key(hop): hop for hop in model.hops(self.log)}
        went = Counter((s.clinic, s.patient, s.notice, s.channel, s.address, s.at) for s in self.house.sent)
        assert went == Counter(expected.keys()), difference(went, Counter(expected.keys()))
        for sent in self.house.sent:
            hop = expected[sent.clinic, sent.patient, sent.notice, sent.channel, sent.address, sent.at]
            local = hop.start.astimezone(ZONES[hop.clinic])
            words = f"{sent.message.subject}\n{sent.message.text}"
            for said in (f"{local:%d.%m.%Y}", f"kl. {local:%H.%M}", hop.practitioner):
                assert said in words, (said, words)

    @invariant()
    def stopped_notices_have_the_expected_reasons(self) -> None:
        """What did not go out says why, in a word of the closed list."""
        if not self.facts or not isinstance(self.facts[-1], Tick):
            return
        outcomes = {outcome.notice: outcome for outcome in model.outcomes(self.log) if outcome.reasons}
        judged = set()
        for row in Notification.objects.exclude(state__in=["waiting", "dispatched"]):
            assert row.reason, f"{row.kind} was {row.state} without a reason"
            notice = self.house.notice(row)
            if row.state in ("suppressed", "expired"):
                assert notice in outcomes, f"{notice} was {row.state} ({row.reason})"
                assert REASONS[row.reason] in outcomes[notice].reasons, f"{notice}: {row.reason}, {outcomes[notice]}"
            judged.add(notice)
        assert not set(outcomes) - judged, f"not in the history: {set(outcomes) - judged}"

    @invariant()
    def news_waits_once(self) -> None:
        """At most one piece of news waits per appointment (spec D5), and nobody gets two reminders of a start (D6)."""
        if not self.facts or isinstance(self.facts[-1], Tick):
            return
        rows = Notification.objects.filter(slot="news", state="waiting").values_list("subject_id", flat=True)
        waiting = Counter(self.house.appointments.index(pk) + 1 for pk in rows)
        numbers = range(1, len(self.house.appointments) + 1)
        expected = Counter({number: model.waiting_news(self.log, number) for number in numbers})
        assert waiting == expected, (waiting, expected)
        assert all(count <= 1 for count in waiting.values())

    @invariant()
    def nobody_is_reminded_twice(self) -> None:
        """One reminder an appointment and start and channel (spec D6); by what was said, not by any plan."""
        if not self.facts:
            return
        reminders = Counter(
            (sent.notice[0], sent.channel, self.start_at(sent)) for sent in self.house.sent if "reminder" in sent.notice
        )
        assert all(count == 1 for count in reminders.values()), reminders

    def start_at(self, sent: Sent) -> datetime:
        """Return the appointment's start when a message was sent."""
        place = next(i for i in range(self.last, -1, -1) if self.facts[i].at <= sent.at)
        return self.log.terms(sent.notice[0], place).start


def hop_key(hop: model.Hop) -> tuple:
    """Return what identifies a message."""
    return (hop.clinic, hop.patient, hop.notice, hop.channel, hop.address, hop.at)


def difference(went: Counter, expected: Counter) -> str:
    """Say what went out unexpectedly and what is missing."""
    return f"unexpected: {list((went - expected).elements())}, missing: {list((expected - went).elements())}"
