"""«Hvorfor?»: what an event led to, rule by rule with the values as they were; what would have turned it (spec J3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinics.models import Clinic, Module
from notifications import decision, dispatch, filters, history, reach, subjects
from notifications.advice import advice, condition, conditions_joined
from notifications.decision import Seen
from notifications.history import Label
from notifications.kinds import MODULE_OF, OPEN_DELIVERY, Channel, DeliveryState, Kind, Reason, State, SubjectType
from notifications.models import Delivery, Notification, Silence
from patients.models import Consent, Patient, PreferredMethod

MOST = 50  # events of one subject on a page


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: what it looks at, how it was, and whether it let the notice through."""

    rule: str
    value: str
    css: str = "ok"  # ok, fail (it stopped the notice, or would have), off (says nothing by itself)
    is_decisive: bool = False

    @property
    def icon(self) -> str:
        """The icon beside the value."""
        return history.STATUS_ICONS[self.css]

    @property
    def word(self) -> str:
        """The verdict in one word: never by colour alone."""
        if self.is_decisive:
            return _("Avgjorde")
        return {"ok": _("Slipper gjennom"), "fail": _("Stopper")}.get(self.css, "")


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer for one event."""

    event: str
    at: datetime
    by: str
    label: Label
    outcome: str
    lines: Sequence[Line] = ()
    turn: str = ""  # the smallest change that would have turned it, or what to do now
    notification: Notification | None = None
    is_forecast: bool = False  # as it is now, not as it was


def about(clinic: Clinic, patient: Patient, subject_type: str, subject_id: int) -> list[Explanation]:
    """Explain everything that happened to one subject, newest first."""
    found = Notification.objects.filter(
        clinic=clinic, patient=patient, subject_type=subject_type, subject_id=subject_id
    ).order_by("-event_at", "-pk")[:MOST]
    told = [explain(notification) for notification in history.with_parts(found)]
    stored = Silence.objects.filter(clinic=clinic, patient=patient, subject_type=subject_type, subject_id=subject_id)
    silences = [*stored.select_related("by", "clinic", "patient").order_by("-event_at", "-pk")[:MOST]]
    silences += subjects.untold(SubjectType(subject_type), subject_id, patient)
    unsaid = [explain_silence(silence) for silence in silences]
    return sorted([*told, *unsaid], key=lambda answer: answer.at, reverse=True)


def explain(notification: Notification, now: datetime | None = None) -> Explanation:
    """Explain one notice; its deliveries are prefetched by `history.with_parts`."""
    now = now or timezone.now()
    deliveries = list(notification.deliveries.all())
    is_forecast = notification.state == State.WAITING
    seen = forecast(notification, now) if is_forecast else recorded(notification)
    row = history.row(notification, now)
    return Explanation(
        event=row.event,
        at=notification.event_at,
        by=str(notification.by or ""),
        label=overall(notification, deliveries),
        outcome=outcome(notification, deliveries),
        lines=[*(lines(seen, notification.subject_type) if seen else ()), *hops(deliveries)],
        turn=turn(notification, deliveries, seen),
        notification=notification,
        is_forecast=is_forecast,
    )


def recorded(notification: Notification) -> Seen | None:
    """Return what the decision rested on; nothing for a notice that was closed before it was judged."""
    return None if notification.seen is None else Seen.unpacked(notification.kind, notification.seen)


def forecast(notification: Notification, now: datetime) -> Seen:
    """Return what a decision about a waiting notice would rest on now, in time."""
    pushable = reach.with_push([notification.patient], now)
    facts = subjects.facts_about([notification], now)[notification.pk]
    found = reach.reach(notification.patient, notification.clinic, pushable)
    return dispatch.see(notification, facts, found, dispatch.deadline(notification, facts), now)


def overall(notification: Notification, deliveries: Sequence[Delivery]) -> Label:
    """Return the status of the notice as a whole: the best that any channel came to."""
    if not deliveries:
        return history.notice_label(notification)
    ranks = {"ok": 0, "wait": 1, "warn": 2, "off": 3, "fail": 4}
    return min((history.delivery_label(delivery) for delivery in deliveries), key=lambda label: ranks[label.css])


def outcome(notification: Notification, deliveries: Sequence[Delivery]) -> str:
    """Say in a sentence how it went."""
    if notification.state == State.WAITING:
        when = date_format(timezone.localtime(notification.due_at, notification.clinic.zone), "j. F Y H:i")
        return _("Planlagt til %(when)s. Alt vurderes på nytt da; slik er det nå.") % {"when": when}
    if notification.state == State.EXTERNAL:
        name = notification.get_external_display()
        return _("%(name)s varsler selv om det som kommer derfra. Vi sender ikke noe.") % {"name": name}
    if deliveries:
        return outcome_of_hops(deliveries)
    return f"{notification.get_reason_display()}." if notification.reason else ""


def outcome_of_hops(deliveries: Sequence[Delivery]) -> str:
    """Say what became of the hops: which went, else which are on their way or were tried, else what stopped them."""
    ways = (
        (_("Gikk på %(channels)s."), [hop for hop in deliveries if hop.state in filters.SENT]),
        (_("Er på vei på %(channels)s."), [hop for hop in deliveries if hop.state in OPEN_DELIVERY]),
        (_("Forsøkt på %(channels)s."), [hop for hop in deliveries if hop.attempts]),
    )
    for words, hops_so in ways:
        if hops_so:
            return words % {"channels": named({Channel(hop.channel) for hop in hops_so})}
    reasons = dict.fromkeys(hop.get_reason_display() for hop in deliveries if hop.reason)
    return _("Ikke sendt: %(reasons)s.") % {"reasons": ". ".join(reasons)}


def turn(notification: Notification, deliveries: Sequence[Delivery], seen: Seen | None) -> str:
    """Say what would have turned a notice that did not arrive, or what to do about it."""
    if notification.state == State.REPLACED and notification.replaced_by_id:
        return _("Et nyere varsel om det samme tok over.")
    if deliveries:
        return turn_of_hops(deliveries, seen)
    return turned(seen) if seen else advice(notification.reason)


STOPPED_LATE: dict[str, dict[str, Any]] = {
    Reason.CONSENT_WITHDRAWN: {"consent": Consent.WITHDRAWN},
    Reason.NO_CONSENT: {"consent": Consent.NOT_ASKED},
    Reason.MODULE_OFF: {"module": False},
    Reason.TYPE_OFF: {"type": False},
}


def turn_of_hops(deliveries: Sequence[Delivery], seen: Seen | None) -> str:
    """Say what to do about hops that failed, or what would have let through those stopped at the hand-over.

    Nothing when another channel reached the patient: sending again would tell them twice.
    """
    labels = [history.delivery_label(delivery).css for delivery in deliveries]
    if "ok" in labels:
        return ""
    late = next((hop.reason for hop in deliveries if hop.reason in STOPPED_LATE), "")
    if seen and late and set(labels) == {"off"}:
        return turned(replace(seen, **STOPPED_LATE[late]))
    failed = [hop for hop, css in zip(deliveries, labels, strict=True) if css in {"fail", "warn"}]
    return " ".join(dict.fromkeys(filter(None, (advice(hop.reason) for hop in failed))))


def turned(seen: Seen, *earlier: str) -> str:
    """Name the smallest change that would have sent the notice: «Ville gått på SMS hvis mobilnummer var registrert»."""
    changes = decision.smallest_change(seen)
    decided = decision.decide(decision.after(changes, seen))
    if not decided.goes_out or not (changes or earlier):
        return "" if decided.goes_out else advice(decided.reason)
    conditions = [*earlier, *(condition(change, seen) for change in changes)]
    words = {"channels": named(decided.channels), "conditions": conditions_joined(conditions)}
    return _("Ville gått på %(channels)s hvis %(conditions)s.") % words


def latest_silences(patient: Patient, count: int = 20) -> list[Silence]:
    """Return the events that gave the patient no notice, newest first."""
    rows = Silence.objects.filter(patient=patient, clinic=patient.clinic_id).select_related("by")
    found = [*rows.order_by("-event_at", "-pk")[:count], *subjects.latest_untold(patient, count)]
    return sorted(found, key=lambda silence: silence.event_at, reverse=True)[:count]


def named(channels: Collection[Channel]) -> str:
    """Name the channels inside a sentence: «e-post og SMS»."""
    names = {Channel.EMAIL: _("e-post"), Channel.SMS: _("SMS"), Channel.PUSH: _("push i appen")}
    return conditions_joined([name for channel, name in names.items() if channel in channels])


def explain_silence(silence: Silence) -> Explanation:
    """Explain an event that called for no notice; one that was never stored is told by the values of today."""
    seen = Seen.unpacked(silence.kind, silence.seen)
    shown = lines(seen, silence.subject_type)
    is_bulk = silence.subject_type == SubjectType.BULK  # the recipient's row keeps the reason of then, and no more
    if is_bulk:
        shown = [Line(_("Masseutsendelsen"), silence.get_reason_display(), "fail", is_decisive=True)]
    if silence.reason in TIMING:
        decisive = Line(str(TIMING[Reason(silence.reason)]), silence.get_reason_display(), "fail", is_decisive=True)
        shown = [decisive, *shown]
    return Explanation(
        event=str(Kind(silence.kind).label),
        at=silence.event_at,
        by=str(silence.by or ""),
        label=Label(_("Ingen varsel"), "off"),
        outcome=f"{silence.get_reason_display()}.",
        lines=shown,
        turn="" if silence.reason == Reason.IMPORTED else turned(seen, *earlier(silence)),
        is_forecast=silence.pk is None and not is_bulk,
    )


TIMING = {
    Reason.UNDER_48_HOURS: gettext_lazy("48-timersregelen"),
    Reason.SWITCHED_ON_LATE: gettext_lazy("Sen aktivering"),
    Reason.IMPORTED: gettext_lazy("Import"),
}


def earlier(silence: Silence) -> list[str]:
    """Say until when the same event would have given a notice."""
    if silence.remedy_at is None:
        return []
    local = timezone.localtime(silence.remedy_at, silence.clinic.zone)
    when = f"{date_format(local, 'l j. F')} kl. {local:%H.%M}"
    if silence.reason == Reason.UNDER_48_HOURS:
        return [_("timen var satt opp eller flyttet senest %(when)s") % {"when": when}]
    return [_("varsling var slått på før %(when)s") % {"when": when}]


def lines(seen: Seen, subject_type: str) -> list[Line]:
    """Say what every rule looked at, in the order of the decision; the first that stops is the decisive one."""
    module = MODULE_OF[seen.kind]
    on = {True: _("På"), False: _("Av")}
    checks: list[tuple[str, str, bool]] = []
    if subject_type:  # a forecast of what may happen is about no subject yet
        stands = str(Reason(seen.subject).label) if seen.subject else _("Står ved lag")
        checks.append((_("Det varselet gjelder"), stands, not seen.subject))
        checks.append((_("Frist"), _("For sent") if seen.is_late else _("I tide"), not seen.is_late))
    if module:
        name = Module(module).label
        checks.append((_("Varsler for modulen %(module)s") % {"module": name}, on[seen.module], seen.module))
    if subject_type == SubjectType.APPOINTMENT:
        checks.append((_("Varsling for timetypen"), on[seen.type], seen.type))
    checks.append((_("Samtykke"), str(Consent(seen.consent).label), seen.consent == Consent.GIVEN))
    decisive = next((index for index, check in enumerate(checks) if not check[2]), -1)
    told = [
        Line(rule, value, "ok" if passes else "fail", is_decisive=index == decisive)
        for index, (rule, value, passes) in enumerate(checks)
    ]
    return [*told, *channel_lines(seen, is_decisive=decisive < 0)]


def channel_lines(seen: Seen, *, is_decisive: bool) -> list[Line]:
    """Say which channels were possible, and which the preferred method chose."""
    possible = _("Mulig")
    problems = {Channel.EMAIL: seen.email, Channel.SMS: seen.sms, Channel.PUSH: seen.push}
    usable = [Channel.SMS] if seen.kind == Kind.BULK_SMS else list(problems)
    told = [
        Line(str(channel.label), str(Reason(problems[channel]).label), "off")
        if problems[channel]
        else Line(str(channel.label), possible)
        for channel in usable
    ]
    if seen.kind == Kind.BULK_SMS:
        told.append(Line(_("Metode"), _("Masseutsendelse går bare på SMS"), "off"))
    else:
        told.append(Line(_("Foretrukket metode"), str(PreferredMethod(seen.preferred).label), "off"))
    chosen = decision.decide(seen).channels
    if decision.stop(seen) is None:
        value = reach.joined(chosen) if chosen else _("Ingen kanal er mulig")
        told.append(Line(_("Kanal"), value, "ok" if chosen else "fail", is_decisive=is_decisive and not chosen))
    return told


def hops(deliveries: Iterable[Delivery]) -> list[Line]:
    """Say what the providers answered."""
    told = []
    labels = [(delivery, history.delivery_label(delivery)) for delivery in deliveries]
    has_arrived = any(label.css == "ok" for _delivery, label in labels)
    for delivery, label in labels:
        reason = f": {delivery.get_reason_display()}" if delivery.reason else ""
        name = str(Channel(delivery.channel).label)
        rule = _("%(channel)s (gikk over)") if delivery.is_fallback else _("%(channel)s hos leverandøren")
        is_stopped = delivery.state == DeliveryState.SUPPRESSED
        rule = _("%(channel)s like før sending") if is_stopped and not delivery.attempts else rule
        css = label.css if label.css in {"ok", "fail"} else "off"
        css = "fail" if is_stopped else css
        is_decisive = css == "fail" and not has_arrived
        told.append(Line(rule % {"channel": name}, f"{label.word}{reason}", css, is_decisive=is_decisive))
    return told


WHAT_IF: Sequence[tuple[Kind, Promise]] = (
    (Kind.APPOINTMENT_SET_UP, gettext_lazy("Time settes opp, flyttes eller avlyses")),
    (Kind.APPOINTMENT_REMINDER, gettext_lazy("Påminnelse 48 timer før en time")),
    (Kind.DIALOG_RECEIVED, gettext_lazy("Ny dialog eller svar")),
    (Kind.RECEIPT, gettext_lazy("Regningskort betales")),
    (Kind.BULK_SMS, gettext_lazy("Masseutsendt SMS")),
)


def what_now(patient: Patient, now: datetime | None = None) -> list[Explanation]:
    """Say for each kind of event what would happen if it happened now; timetypes are taken to have notices on."""
    now = now or timezone.now()
    found = reach.reach(patient, patient.clinic, reach.with_push([patient], now))
    return [
        forecast_of(kind, str(words), reach.see(kind, patient, patient.clinic, found), now) for kind, words in WHAT_IF
    ]


def forecast_of(kind: Kind, words: str, seen: Seen, now: datetime) -> Explanation:
    """Explain what would happen to one kind of event."""
    decided = decision.decide(seen)
    if decided.goes_out:
        label, said = Label(_("Sendes"), "ok"), _("Går på %(channels)s.") % {"channels": named(decided.channels)}
    else:
        word = _("Ikke mulig") if decided.reason in history.IMPOSSIBLE else _("Stoppes")
        label, said = Label(word, "warn"), f"{Reason(decided.reason).label}."
    return Explanation(
        event=words,
        at=now,
        by="",
        label=label,
        outcome=said,
        lines=lines(seen, ""),
        turn=turned(seen),
        is_forecast=True,
    )
