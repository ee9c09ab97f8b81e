"""Keep searches: every run is a version of its own, and a name points to one (spec G3)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics import audit
from clinics.models import AuditAction, Clinic, User
from selection import criteria as c
from selection.predefined import shipped
from selection.reading import packed
from selection.search_models import SavedChange, SavedSearch, SearchVersion


class Conflict(Exception):
    """A colleague has changed the saved search since it was looked at."""


def version_of(root: c.Group, *, clinic: Clinic, by: User) -> SearchVersion:
    """Return the clinic's version with these very criteria, made when there is none."""
    text = packed(root)
    canonical = json.dumps(text, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    made: SearchVersion = SearchVersion.objects.get_or_create(
        clinic=clinic, digest=digest, defaults={"criteria": text, "created_by": by}
    )[0]
    return made


def visible(clinic: Clinic, user: User) -> QuerySet[SavedSearch]:
    """Return the user's own searches and the clinic's common ones, by name."""
    rows = SavedSearch.objects.of(clinic).filter(Q(is_common=True) | Q(owner=user), is_active=True)
    found: QuerySet[SavedSearch] = rows.select_related("owner", "version").order_by("is_common", "name", "pk")
    return found


def name_of(version: SearchVersion, user: User, saved_pk: int | None) -> str:
    """Return the search's name, saved or shipped, when it is used unchanged; empty when it has none."""
    if saved_pk:
        mine = visible(version.clinic, user).filter(pk=saved_pk, version=version).first()
        if mine:
            return mine.name
    return next((one.name for one in shipped().values() if packed(one.root) == version.criteria), "")


@dataclass(frozen=True, slots=True)
class Name:
    """What a search is called, and for whom."""

    text: str
    is_common: bool


def save(version: SearchVersion, name: Name, *, by: User) -> SavedSearch:
    """Give the version a name. Raises ValidationError when the name is taken."""
    try:
        with transaction.atomic():
            search: SavedSearch = SavedSearch.objects.create(
                clinic=version.clinic, name=name.text, is_common=name.is_common, owner=by, version=version
            )
            written(search, by)
    except IntegrityError as error:
        raise ValidationError({"name": _("Det finnes alt et søk med dette navnet.")}) from error
    return search


@transaction.atomic
def point(search: SavedSearch, version: SearchVersion, *, seen: int, by: User) -> None:
    """Let the name point to another version. Raises Conflict when it no longer points to the one that was `seen`."""
    fresh = SavedSearch.objects.select_for_update().get(pk=search.pk)
    if fresh.version_id == version.pk and fresh.is_active:
        return
    if fresh.version_id != seen or not fresh.is_active:
        raise Conflict
    fresh.version, fresh.changed_at = version, timezone.now()
    fresh.save(update_fields=["version", "changed_at"])
    written(fresh, by)


@transaction.atomic
def remove(search: SavedSearch, *, by: User) -> None:
    """Take the name away; its versions stay, since selections may rest on them."""
    SavedSearch.objects.filter(pk=search.pk).update(is_active=False, changed_at=timezone.now())
    audit.record(AuditAction.JOURNAL, clinic=search.clinic, actor=by, what=f"saved {search.pk} removed")


def written(search: SavedSearch, by: User) -> None:
    """Write who did it, in the search's own history and in the clinic's log."""
    SavedChange.objects.create(search=search, version=search.version, by=by)
    audit.record(
        AuditAction.JOURNAL, clinic=search.clinic, actor=by, what=f"saved {search.pk} version {search.version_id}"
    )
