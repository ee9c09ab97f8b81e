"""Ask the outbox for what an appointment's event calls for: news in five minutes, a reminder 48 hours ahead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import Exists, F, OuterRef

from clinics.models import Module
from notifications import outbox, reach
from notifications.kinds import CANCELLATIONS, External, Kind, Reason, State, SubjectType
from notifications.models import Notification
from notifications.outbox import Planned
from notifications.queries import NotificationQuerySet
from timebook import events
from timebook.events import Event, News, Waiting
from timebook.models import Appointment, AppointmentQuerySet, AppointmentType, Source

NEWS = "news"
FOREIGN = {Source.HELSENORGE: External.HELSENORGE, Source.DIGICARE: External.DIGICARE}
CHUNK = 1_000


def appointment_saved(before: Appointment | None, after: Appointment | None, now: datetime) -> None:
    """Plan what follows from one saved or deleted appointment; in the caller's transaction (spec D2–D7, D13)."""
    appointment = after or before
    happened = events.event(before, after)
    if appointment is None or happened == Event.NOTHING:
        return
    if appointment.source in FOREIGN:
        record_foreign(appointment, happened, before, now)
        return
    take_switches(appointment)
    waiting = lock_waiting(appointment)
    undone = next((row for row in waiting if row.kind in CANCELLATIONS), None) if happened == Event.RESTORED else None
    plan_news(appointment, happened, before=before, after=after, waiting=waiting, now=now)
    is_new_start = before is None or before.starts_at != appointment.starts_at
    plan_reminder(appointment, after, undone=undone, is_new_start=is_new_start, now=now)


def take_switches(appointment: Appointment) -> None:
    """Read the type and its clinic as they are after the appointment was written, not as the form loaded them.

    Whoever switches on locks them, and a new appointment refers to them: either this sees the switch, or the switch
    sees the appointment (spec D8).
    """
    appointment.type = AppointmentType.objects.select_related("clinic").get(pk=appointment.type_id)
    appointment.clinic = appointment.type.clinic


def lock_waiting(appointment: Appointment) -> list[Notification]:
    """Lock the news that waits, so that the dispatcher and we do not decide at once."""
    return list(about(appointment).waiting().filter(slot=NEWS).select_for_update())


def about(appointment: Appointment) -> NotificationQuerySet:
    """Return every notice about the appointment."""
    rows: NotificationQuerySet = Notification.objects.about(SubjectType.APPOINTMENT, appointment.pk or appointment.was)
    return rows


def notifies(appointment: Appointment) -> bool:
    """Whether module and type are on now; news needs both when the event happens too (spec C1, D1)."""
    return appointment.clinic.notifies(Module.TIMEBOOK) and appointment.type.notices


def plan_news(
    appointment: Appointment,
    happened: Event,
    *,
    before: Appointment | None,
    after: Appointment | None,
    waiting: list[Notification],
    now: datetime,
) -> None:
    """Replace the waiting news by what is to be told now (spec D5)."""
    previous = Waiting(Kind(waiting[0].kind), waiting[0].baseline or {}) if waiting else None
    news = events.news(happened, before=before, after=after, actor=appointment.acting, waiting=previous)
    if happened == Event.SET_UP and appointment.source == Source.IMPORT:
        news = None  # import makes no confirmation (spec D11)
    if news is None or not notifies(appointment):
        withdraw_untrue(waiting, happened, now)
        if news and news.kind:
            keep_silent(promise(appointment, news.kind, NEWS, now=now, due_at=now), off(appointment), appointment)
        return
    row = planned_news(appointment, news, now).row() if news.kind else None
    if waiting:
        reason = Reason.NEWER_NEWS if row else Reason.APPOINTMENT_RESTORED
        outbox.close(about(appointment).filter(slot=NEWS), State.REPLACED, reason, now)
    if row:
        row.save(force_insert=True)
        Notification.objects.filter(pk__in=[old.pk for old in waiting]).update(replaced_by=row)


def off(appointment: Appointment) -> Reason:
    """Say what was off when the event happened."""
    return Reason.TYPE_OFF if appointment.clinic.notifies(Module.TIMEBOOK) else Reason.MODULE_OFF


def keep_silent(
    planned: Planned, reason: Reason, appointment: Appointment, *, remedy_at: datetime | None = None
) -> None:
    """Remember why the event gave no notice, with everything as it was (spec J3)."""
    seen = reach.see_now(planned.kind, appointment.patient, type=appointment.type.notices)
    outbox.keep_silent(planned, reason, seen=seen, remedy_at=remedy_at)


def planned_news(appointment: Appointment, news: News, now: datetime) -> Planned:
    """Describe the news, due in five minutes at any hour of the day (spec D2–D4)."""
    if news.kind is None:
        raise ValueError("nothing is left to tell")
    gone = {"gone": events.keepsake(appointment)} if news.kind in CANCELLATIONS else {}
    baseline = {**news.baseline, **gone}
    return promise(appointment, news.kind, NEWS, now=now, due_at=now + events.NEWS_WAIT, baseline=baseline)


def promise(
    appointment: Appointment,
    kind: Kind,
    slot: str,
    *,
    now: datetime,
    due_at: datetime,
    baseline: events.Baseline | None = None,
) -> Planned:
    """Describe a notice about the appointment."""
    return Planned(
        clinic_id=appointment.clinic_id,
        patient_id=appointment.patient_id,
        kind=kind,
        subject_type=SubjectType.APPOINTMENT,
        subject_id=appointment.pk or appointment.was,
        slot=slot,
        event_at=now,
        due_at=due_at,
        starts_at=appointment.starts_at,
        baseline=baseline,
        by_id=appointment.acting_user.pk if appointment.acting_user else None,
    )


def withdraw_untrue(waiting: list[Notification], happened: Event, now: datetime) -> None:
    """An event that gives no notice still stops news it has made untrue; a change does not (spec C1, D5)."""
    stopped = {Event.CANCELLED: Reason.APPOINTMENT_CANCELLED, Event.RESTORED: Reason.APPOINTMENT_RESTORED}
    if happened in stopped:
        rows = Notification.objects.filter(pk__in=[row.pk for row in waiting])
        outbox.close(rows, State.CANCELLED, stopped[happened], now)


def plan_reminder(
    appointment: Appointment,
    after: Appointment | None,
    *,
    undone: Notification | None,
    is_new_start: bool,
    now: datetime,
) -> None:
    """Move, remove or make the reminder (spec D6, D7); `undone` is the cancellation that was taken back in time."""
    stands = after is not None and after.is_booked
    slot = events.reminder_slot(appointment.starts_at)
    reminders = about(appointment).filter(slot__startswith="reminder:")
    if not stands:
        outbox.close(reminders, State.CANCELLED, Reason.APPOINTMENT_CANCELLED, now)
        return
    outbox.close(reminders.exclude(slot=slot), State.REPLACED, Reason.APPOINTMENT_MOVED, now)
    owes_answer = is_new_start and appointment.source != Source.IMPORT  # an import's rows are their own explanation
    if not notifies(appointment):
        if owes_answer:
            keep_silent(reminder(appointment, due_at=now, now=now), off(appointment), appointment)
        return
    # Undone within the wait: the cancellation never happened, so the reminder it removed stands again.
    removed = reminders.filter(slot=slot, state=State.CANCELLED)
    reinstated = undone and removed.filter(settled_at__gte=undone.event_at).exists()
    if events.gets_reminder(appointment.starts_at, now) or (reinstated and appointment.starts_at > now):
        due_at = max(events.reminder_due(appointment.starts_at), now)
        outbox.plan_many([reminder(appointment, due_at=due_at, now=now)])
    elif owes_answer:
        latest = events.reminder_due(appointment.starts_at)
        unplanned = reminder(appointment, due_at=now, now=now)
        keep_silent(unplanned, Reason.UNDER_48_HOURS, appointment, remedy_at=latest)


def reminder(appointment: Appointment, *, due_at: datetime, now: datetime) -> Planned:
    """Describe the reminder of this start."""
    slot = events.reminder_slot(appointment.starts_at)
    return promise(appointment, Kind.APPOINTMENT_REMINDER, slot, now=now, due_at=due_at)


def record_foreign(appointment: Appointment, happened: Event, before: Appointment | None, now: datetime) -> None:
    """Helsenorge and DigiCare notify about their own, whatever is on here; the history says so (spec D13)."""
    news = events.news(happened, before=before, after=appointment, actor=appointment.acting, waiting=None)
    if news and news.kind:
        outbox.record_external(planned_news(appointment, news, now), FOREIGN[Source(appointment.source)])


def plan_reminders(appointment_pks: Sequence[int], now: datetime) -> None:
    """Plan reminders for imported appointments: 48 hours or more ahead only, and no confirmation (spec D11)."""
    rows = notifying(Appointment.objects.filter(pk__in=appointment_pks), now)
    far = rows.filter(starts_at__gte=now + events.REMINDER_LEAD)
    plan_in_chunks(reminder(row, due_at=events.reminder_due(row.starts_at), now=now) for row in far)


def notifying(rows: AppointmentQuerySet, now: datetime) -> AppointmentQuerySet:
    """Keep coming appointments of our own whose module and type are on."""
    on = rows.coming(now).filter(type__notices=True, clinic__timebook_notices=True)
    mine: AppointmentQuerySet = on.exclude(source__in=FOREIGN).order_by("pk")
    return mine


def plan_in_chunks(planned: Iterable[Planned]) -> None:
    """Write promises in constant memory."""
    rest = iter(planned)
    while chunk := list(islice(rest, CHUNK)):
        outbox.plan_many(chunk)


def switched_on(rows: AppointmentQuerySet, now: datetime) -> None:
    """Plan what switching notices on later calls for: reminders only (spec D8). One clinic's appointments.

    48 hours or more ahead: as usual. Under 48 hours: at once if the date is at least two days away in the clinic's
    time zone. Imported less than 48 hours ahead and not moved since: none (spec D11).
    """
    coming = (
        notifying(rows, now).select_related("clinic").exclude(barred_start__isnull=False, barred_start=F("starts_at"))
    )
    plan_in_chunks(
        reminder(row, due_at=due_at, now=now) for row in coming.iterator(CHUNK) if (due_at := late_reminder(row, now))
    )
    explain_late(coming, now)


def explain_late(coming: AppointmentQuerySet, now: datetime) -> None:
    """Remember why appointments of today and tomorrow got no reminder from the switch (spec D8, J3)."""
    reminded = Notification.objects.filter(
        subject_type=SubjectType.APPOINTMENT,
        subject_id=OuterRef("pk"),
        kind=Kind.APPOINTMENT_REMINDER,
        state__in=[State.WAITING, State.DISPATCHED],
    )
    close = coming.filter(~Exists(reminded), starts_at__lt=now + events.REMINDER_LEAD).select_related("patient")
    late = [row for row in close if late_reminder(row, now) is None]
    pushable = reach.with_push((row.patient for row in late), now)
    outbox.keep_silent_many(
        outbox.silence(
            reminder(row, due_at=now, now=now),
            Reason.SWITCHED_ON_LATE,
            seen=reach.see(
                Kind.APPOINTMENT_REMINDER, row.patient, row.clinic, reach.reach(row.patient, row.clinic, pushable)
            ),
            remedy_at=latest_switch(row),
        )
        for row in late
    )


def latest_switch(appointment: Appointment) -> datetime:
    """Return the last moment at which switching on would have reminded: midnight ends the day two days before."""
    zone = appointment.clinic.zone
    day = appointment.starts_at.astimezone(zone).date() - timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def late_reminder(appointment: Appointment, now: datetime) -> datetime | None:
    """Return when the reminder goes out after a late switch-on, or None (spec D8)."""
    if events.gets_reminder(appointment.starts_at, now):
        return events.reminder_due(appointment.starts_at)
    zone = appointment.clinic.zone
    days = appointment.starts_at.astimezone(zone).date() - now.astimezone(zone).date()
    return now if days >= timedelta(days=2) else None
