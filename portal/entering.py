"""Let in whom the provider has proved (spec K1, B4)."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from patients.models import Person, PortalAccount
from portal import sessions
from portal.cards import cards_of
from portal.models import Identity
from portal.oidc import Proof, Provider, Refused


def person_of(proof: Proof) -> Person | None:
    """Return the person with the proved number, if any clinic has a card of theirs. Raises Refused.

    A subject stays whose it was: an issuer that suddenly means another person by it is not believed (threat 5).
    """
    person = Person.objects.filter(national_number=proof.national_number).first()
    bound = Identity.objects.filter(issuer=proof.issuer, subject=proof.subject).first()
    if bound and (person is None or bound.person_id != person.pk):
        raise Refused("subject")
    return person if person and cards_of(person).exists() else None


@transaction.atomic
def enter(person: Person, by: Provider, proof: Proof) -> str:
    """Begin the person's session; the first one makes the account that the green icon shows. Returns the cookie."""
    now = timezone.now()
    Identity.objects.get_or_create(issuer=proof.issuer, subject=proof.subject, defaults={"person": person})
    account, is_new = PortalAccount.objects.get_or_create(
        person=person, defaults={"first_login_at": now, "last_login_at": now}
    )
    if not is_new:
        account.last_login_at = now
        account.save(update_fields=["last_login_at"])
    key, _session = sessions.begin(
        person, provider=by.name, method=proof.method, provider_session=proof.provider_session
    )
    return key
