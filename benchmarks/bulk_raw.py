"""What bulk planning is measured against: the same rows by `INSERT … SELECT generate_series`, and nothing judged.

The same tables, indexes, constraints and triggers. A recipient is inserted, where planning updates the one that was
inserted when it was chosen; the cards stay drafts.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.db import connection, transaction

RECIPIENT = """
INSERT INTO bulk_send_recipient (clinic_id, bulk_id, patient_id, position, state, reason)
SELECT %(clinic)s, %(batch)s, %(patient)s + n, n, 'planned', '' FROM generate_series(%(start)s, %(end)s) AS n
"""
NOTICE = """
INSERT INTO notifications_notification (clinic_id, patient_id, kind, subject_type, subject_id, slot, lane, state,
    reason, external, event_at, due_at, expires_at, by_id, token, batch)
SELECT %(clinic)s, %(patient)s + n, '{kind}', '{subject}', {key}, '{slot}', 'bulk', 'waiting', '', '', now(),
    now() + interval '1 year', now() + interval '1 year', %(user)s, left(md5(n || 'raw' || random()), 22), %(batch)s
FROM generate_series(%(start)s, %(end)s) AS n
"""
AUDIT = """
INSERT INTO clinics_auditevent (clinic_id, actor_id, patient_id, action, what, source, at)
SELECT %(clinic)s, %(user)s, %(patient)s + n, 'bulk', 'sent ' || %(batch)s, 'web', now()
FROM generate_series(%(start)s, %(end)s) AS n
"""
DIALOG = """
INSERT INTO post_dialog (clinic_id, patient_id, kind, subject, source, external_id, state, is_unread, last_message_at,
    started_by, origin, created_at)
SELECT %(clinic)s, %(patient)s + n, 'e_contact', 'Stengt fredag', 'own', '', 'sent', false, now(), 'staff',
    -%(batch)s * 10000000 - n, now()
FROM generate_series(%(start)s, %(end)s) AS n
"""
MESSAGE = """
INSERT INTO post_message (clinic_id, dialog_id, party, author_id, text, sent_at, key)
SELECT %(clinic)s, %(dialog)s + n, 'staff', %(user)s, %(text)s, now(), gen_random_uuid()
FROM generate_series(%(start)s, %(end)s) AS n
"""
CARD = """
INSERT INTO economy_billingcard (clinic_id, number, patient_id, practitioner_id, service_date, state, exemption,
    fee_ore, refund_ore, patient_ore, source, origin, version, reason, method, payment_reference, created_by_id,
    created_at)
SELECT %(clinic)s, %(batch)s %% 200 * 10000000 + n, %(patient)s + n, %(practitioner)s, now(), 'draft', '', 3600, 3600,
    0, 'bulk', -%(batch)s * 10000000 - n, 1, '', '', '', %(user)s, now()
FROM generate_series(%(start)s, %(end)s) AS n
"""
LINE = """
INSERT INTO economy_line (card_id, code, text, quantity, fee_ore, refund_ore, patient_ore, share_ore, is_exemptible,
    rules, tariff_from)
SELECT %(card)s + n, '1be', 'Elektronisk kontakt', 1, 3600, 3600, 0, 0, false, '{}', now()
FROM generate_series(%(start)s, %(end)s) AS n
"""
ECONTACT_NOTICE = NOTICE.format(kind="econtact", subject="message", key="%(message)s + n", slot="message")
SMS_NOTICE = NOTICE.format(kind="bulk_sms", subject="bulk", key="-%(batch)s * 10000000 - n", slot="bulk")


class Raw(NamedTuple):
    """Whose rows they are (pks): a clinic and bulk that nothing else is done to, and the first of the patients."""

    clinic: int
    patient: int
    user: int
    practitioner: int
    batch: int
    text: str

    @transaction.atomic(durable=True)
    def sms(self, start: int, end: int) -> None:
        """Insert recipients, notices and lines of the log."""
        with connection.cursor() as cursor:
            for statement in (RECIPIENT, SMS_NOTICE, AUDIT):
                cursor.execute(statement, self.values(start, end))

    @transaction.atomic(durable=True)
    def econtact(self, start: int, end: int) -> None:
        """Insert recipients, dialogs, messages, cards, lines, notices and lines of the log."""
        values = self.values(start, end)
        with connection.cursor() as cursor:
            cursor.execute(RECIPIENT, values)
            cursor.execute(DIALOG, values)
            values["dialog"] = before("post_dialog", end)
            cursor.execute(MESSAGE, values)
            values["message"] = before("post_message", end)
            cursor.execute(CARD, values)
            values["card"] = before("economy_billingcard", end)
            for statement in (LINE, ECONTACT_NOTICE, AUDIT):
                cursor.execute(statement, values)

    def values(self, start: int, end: int) -> dict[str, Any]:
        """Return what the statements take; numbers begin at 1, the patient's too."""
        return self._asdict() | {"start": start, "end": end, "patient": self.patient - 1}


def before(table: str, end: int) -> int:
    """Return what to add to a number of the series to get the pk of the row just inserted for it."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608 - a constant of this module
        return int(cursor.fetchone()[0]) - end
