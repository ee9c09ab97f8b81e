"""What changes under the appointments: switches, consent, contact values, time, workers and providers' reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from notifications import why
from notifications.kinds import SubjectType
from patients import consent, contact, preference
from patients.models import ConsentChange
from tests.histories.acts import Acts
from tests.histories.draws import (
    DAY,
    HOUR,
    MINUTE,
    REPORTS,
    SECOND,
    chosen,
    crashes,
    nearest,
    picks,
    ticking,
    who,
)
from tests.histories.facts import (
    Consent,
    Contact,
    Module,
    Preference,
    Report,
    Restored,
    Tick,
    Type,
)
from tests.histories.house import CARDS, KARIS, PRACTITIONERS, ZONES, Sent
from timebook.switching import switch_type


class Conditions(Acts):
    """Switch, withdraw, edit, wait, run, report."""

    @precondition(lambda self: self.house.appointments)
    @rule(pick=picks, module=st.sampled_from([False, False, True]), crash=crashes)
    def switch(self, pick: int, module: bool, crash: bool) -> None:
        """Support switches the module, or the clinic the type, of an appointment."""
        number = chosen(range(len(self.house.appointments), 0, -1), pick)
        if module:
            self.switch_module(self.log.birth(number).clinic, crash)
        else:
            self.switch_type(self.log.birth(number).clinic, self.terms(number).type, crash)

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, off=st.sampled_from([-SECOND, timedelta(), -HOUR, HOUR]), module=st.booleans())
    def switch_on_late(self, pick: int, off: timedelta, module: bool) -> None:
        """Notices come on about midnight, one local day before an appointment's (spec D8)."""
        number = chosen(self.numbers(standing=True), pick)
        clinic, terms = self.log.birth(number).clinic, self.terms(number)
        day = terms.start.astimezone(ZONES[clinic]).date() - DAY
        midnight = datetime.combine(day, time(0), tzinfo=ZONES[clinic]).astimezone(UTC)
        self.coordinates.move_to(max(midnight + off, self.now), tick=False)
        if not self.log.module_on(clinic, self.last) or module:
            self.switch_module(clinic, False)
        if not self.log.type_on(clinic, terms.type, self.last) or not module:
            self.switch_type(clinic, terms.type, False)
        if not self.log.module_on(clinic, self.last):
            self.switch_module(clinic, False)
        if not self.log.type_on(clinic, terms.type, self.last):
            self.switch_type(clinic, terms.type, False)
        self.tick("")

    def switch_type(self, clinic: str, kind: str, crash: bool) -> None:
        """Turn the type's switch over."""
        row, user = self.house.type(clinic, kind), self.house.staff[clinic]
        on = not self.log.type_on(clinic, kind, self.last)
        if self.tried(lambda: switch_type(row, on=on, by=user), refused=False, crash=crash):
            self.facts.append(Type(self.now, clinic, kind, on))

    def switch_module(self, clinic: str, crash: bool) -> None:
        """Turn the module's switch over."""
        row, on = self.house.clinic(clinic), not self.log.module_on(clinic, self.last)
        row.timebook_notices = on

        def save() -> bool:
            row.save()
            return True

        if self.tried(save, refused=False, crash=crash):
            self.facts.append(Module(self.now, clinic, on))

    @rule(name=who, says=st.sampled_from(["consent", "", "email", "sms", "both"]), crash=crashes)
    def answer(self, name: str, says: str, crash: bool) -> None:
        """Consent is withdrawn, or given again; or staff choose a method for a patient."""
        card, user = self.house.patient(name), self.house.staff[CARDS[name][0]]
        given = not self.log.consents(name, self.last) or says != "consent"
        said = "given" if given else "withdrawn"

        def record() -> bool:
            consent.record(card, said, how=ConsentChange.How.STAFF, by=user, now=self.now)
            if says != "consent":
                preference.choose(card, says, by=user, now=self.now)
            return True

        if self.tried(record, refused=False, crash=crash):
            self.facts.append(Consent(self.now, name, given))
            self.facts += [Preference(self.now, name, says)] if says != "consent" else []

    @rule(name=who, channel=st.sampled_from(["email", "sms"]), value=st.integers(0, 3), portal=st.booleans())
    def edit(self, name: str, channel: str, value: int, portal: bool) -> None:
        """Staff edit a card, or Kari hers in the portal, which reaches all her cards (spec B1)."""
        text = (f"ny{value}@example.com" if channel == "email" else f"+474200010{value}") if value else ""
        field = {"email": "email", "sms": "mobile"}[channel]
        card = self.house.patient(name)
        cards = KARIS if portal and name in KARIS else (name,)
        if len(cards) > 1:
            contact.change_contact_as_person(card.person, now=self.now, **{field: text})
        else:
            contact.change_contact(card, by=self.house.staff[CARDS[name][0]], now=self.now, **{field: text})
        for card_name in cards:
            if self.log.address(card_name, channel, self.last) != text:
                self.facts.append(Contact(self.now, card_name, channel, text))

    # What time and the engine do

    def boundaries(self) -> list[datetime]:
        """Return the moments to come at which a rule changes its mind."""
        found: set[datetime] = set()
        for number in range(1, len(self.house.appointments) + 1):
            zone, start = ZONES[self.log.birth(number).clinic], self.terms(number).start
            day = start.astimezone(zone).date()
            midnights = (datetime.combine(day - back * DAY, time(0), tzinfo=zone).astimezone(UTC) for back in (0, 1, 2))
            found |= {start, start - 48 * HOUR, *midnights}
            for place in self.log.own(number):
                found |= {self.facts[place].at + 5 * MINUTE, self.facts[place].at + 5 * MINUTE + DAY}
        return sorted(moment for moment in found if moment > self.now)

    @rule(pick=nearest, off=st.sampled_from([timedelta(), timedelta(), -SECOND, SECOND]), runs=ticking)
    def wait_for(self, pick: int, off: timedelta, runs: bool) -> None:
        """Time passes until a boundary; the engine runs then, unless every worker is down."""
        until = chosen(self.boundaries() or [self.now + 5 * MINUTE], pick) + off
        self.coordinates.move_to(max(until, self.now), tick=False)
        if runs:
            self.tick("")

    @precondition(lambda self: self.house.appointments)
    @rule(dying=st.sampled_from(["", "", "email", "sms"]), minutes=st.sampled_from([5, 5, 6, 60]))
    def settle(self, dying: str, minutes: int) -> None:
        """Nothing happens for so long that all news is told."""
        self.coordinates.shift(minutes * MINUTE)
        self.tick(dying)

    @precondition(lambda self: self.numbers(standing=True))
    @rule(pick=picks, off=st.sampled_from([timedelta(), SECOND, HOUR]))
    def wait_for_reminder(self, pick: int, off: timedelta) -> None:
        """Time passes until a reminder may be due."""
        number = chosen(self.numbers(standing=True), pick)
        self.coordinates.move_to(max(self.terms(number).start - 48 * HOUR + off, self.now), tick=False)
        self.tick("")

    @rule(seconds=st.sampled_from([1, 60, 150, 240, 299, 300]))
    def wait(self, seconds: int) -> None:
        """Time passes, and no tick comes."""
        self.coordinates.shift(timedelta(seconds=seconds))

    @rule(dying=st.sampled_from(["", "", "", "email", "sms", "push"]))
    def tick(self, dying: str) -> None:
        """The engine runs; the worker of a channel may die after the hand-over, before the answer is written."""
        self.facts.append(Tick(self.now))
        self.house.run(self.now, dying=dying)
        self.coordinates.shift(SECOND)

    @precondition(lambda self: self.reportable())
    @rule(pick=picks, said=st.sampled_from(REPORTS), then=st.booleans())
    def report(self, pick: int, said: tuple[str, ...], then: bool) -> None:
        """A provider reports on a message; late, again, or otherwise than before (spec J2). Perhaps another follows."""
        sent = chosen(self.reportable(), pick)
        for word in said:
            failed, dead = word != "delivered", word == "dead"
            self.house.report(sent, failed=failed, dead=dead, now=self.now)
            self.facts.append(Report(self.now, sent.notice, sent.channel, sent.address, failed, dead))
        number = sent.notice[0]
        if then and number in self.numbers(standing=True):
            old = self.terms(number)
            self.change(number, replace(old, practitioner=next(d for d in PRACTITIONERS if d != old.practitioner)))
            self.settle("", 5)

    def reportable(self) -> list[Sent]:
        """Return what was sent on channels that report, the latest first."""
        return [sent for sent in reversed(self.house.sent) if sent.channel != "push"]

    @precondition(lambda self: self.house.appointments)
    @rule(pick=picks)
    def ask_why(self, pick: int) -> None:
        """Everything that happened to an appointment has an answer (spec J3)."""
        number = chosen(range(len(self.house.appointments), 0, -1), pick)
        birth = self.log.birth(number)
        patient = self.house.patient(birth.patient)
        pk = self.house.appointments[number - 1]
        told = why.about(patient.clinic, patient, SubjectType.APPOINTMENT, pk)
        moments = {answer.at for answer in told}
        happened = [self.facts[place] for place in self.log.own(number)]
        # An undone cancellation that leaves nothing to tell is told of by the cancellation's own row.
        untold = [fact for fact in happened if fact.at not in moments and not isinstance(fact, Restored)]
        assert not untold, f"no answer to: {untold}"
        assert all(answer.outcome for answer in told)
