"""The patient's side in four languages: every text is translated, and staff's side stays in bokmål (spec K3)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation.template import templatize

from clinics.models import AuditAction, AuditEvent
from patients.models import Consent, Language
from portal.models import LogIn
from post.models import DialogKind, DialogState, Source
from tests.access.people import colleague
from tests.access.people import logged_in as staff_logged_in
from tests.factories import ClinicFactory, PatientFactory
from tests.portal.visitors import logged_in, person_with

ROOT = Path(settings.BASE_DIR)
TRANSLATED = [language for language in Language if language != Language.NB]  # bokmål is the msgid
SHARED = [
    *(f"templates/components/{name}.html" for name in ("_error_summary", "_field", "_error_page")),
    *(f"templates/{code}.html" for code in ("400", "403_csrf", "404", "429", "500")),
    *(f"timebook/{name}.py" for name in ("subject", "invitation", "booking", "self_booking")),
    *(f"patients/{name}.py" for name in ("contact", "language")),
    *(f"post/{name}.py" for name in ("patient_side", "attachments", "filetypes", "forms", "kinds")),
]
LABELS = (Consent, DialogKind, DialogState, Source, AuditAction, LogIn.Ending)
CALLS = dict.fromkeys(("_", "gettext", "gettext_lazy")) | {"ngettext": (1, 2), "ngettext_lazy": (1, 2)}
FORMAT = re.compile(r"%\(\w+\)s|%%")
Text = str | tuple[str, ...]


def texts() -> Iterator[tuple[Text, str]]:
    """Yield every msgid that the patient's side uses, and where."""
    own = [*ROOT.glob("portal/*.py"), *ROOT.glob("templates/portal/*.html")]
    for file in [*own, *(ROOT / name for name in SHARED)]:
        source = file.read_text(encoding="utf-8")
        python = templatize(source) if file.suffix == ".html" else source
        for _line, found, _comments, _context in extract("python", io.BytesIO(python.encode()), CALLS):
            yield found, file.name
    with translation.override("nb"):
        for labels in LABELS:
            yield from ((str(label), labels.__qualname__) for label in labels.labels)


def catalogue(language: str) -> Catalog:
    """Read the language's file."""
    with (ROOT / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, abort_invalid=True)


def test_every_text_that_patients_see_is_translated_with_its_placeholders() -> None:
    used = dict(texts())
    assert len(used) > 200
    for language in TRANSLATED:
        known = catalogue(language)
        missing = []
        for text, where in used.items():
            entry = known.get(text if isinstance(text, str) else text[0])
            said = [] if entry is None else [entry.string] if isinstance(entry.string, str) else list(entry.string)
            if not said or not all(said) or entry.fuzzy:
                missing.append(f"{where}: {text}")
                continue
            wanted = sorted(FORMAT.findall(text if isinstance(text, str) else text[0]))
            assert [sorted(FORMAT.findall(one)) for one in said] == [wanted] * len(said), (language, text)
        assert not missing, f"{language}: locale/{language}/LC_MESSAGES/django.po lacks\n" + "\n".join(missing)


def test_dates_in_the_portal_are_written_as_the_language_writes_them() -> None:
    """A format in a template is a msgid too, but for the calendar leaf's day number and short month."""
    bare = re.compile(r'\|(?:date|time):"(?!b"|j")[^"]*"')
    found = {file.name: bare.findall(file.read_text()) for file in ROOT.glob("templates/portal/*.html")}
    assert {name: formats for name, formats in found.items() if formats} == {}


def page(client: Client, name: str, **headers: Any) -> str:
    """Return a page of the portal."""
    return client.get(reverse(name), headers=headers).content.decode()


@pytest.mark.django_db
def test_the_patient_chooses_the_language_of_portal_and_notices() -> None:
    """spec B1, K3: on all of their own cards and nobody else's; staff in the same browser stay in bokmål."""
    north, south = ClinicFactory(alias="Nord"), ClinicFactory(alias="Sør")
    person, other = person_with(north, south), PatientFactory(clinic=north)
    client, url = logged_in(person), reverse("portal:language")
    staff = staff_logged_in(colleague(north))
    client.cookies.update(staff.cookies)
    assert '<html lang="nb"' in page(client, "portal:home")

    refused = client.post(url, {"language": "sv"})
    assert refused.status_code == 422
    for language, told, heading in (
        ("nn", "Språket er endra.", "Profil"),
        ("en", "The language is changed.", "Profile"),
        ("se", "Giella lea rievdaduvvon.", "Profiila"),
    ):
        assert client.post(url, {"language": language})["Location"] == reverse("portal:profile")
        shown = page(client, "portal:profile")
        assert f'<html lang="{language}"' in shown
        assert told in shown
        assert f"<h1>{heading}</h1>" in shown
        assert '<html lang="nb"' in page(client, "overview:home")
        assert translation.get_language() == "nb"
    assert set(person.cards.values_list("language", flat=True)) == {"se"}
    other.refresh_from_db()
    assert other.language == "nb"
    lines = AuditEvent.objects.filter(action=AuditAction.PERSONAL, what="language", source="portal", actor=None)
    assert sorted(lines.values_list("patient_id", flat=True)) == sorted(3 * [card.pk for card in person.cards.all()])

    assert client.post(url, {"language": "se"}).status_code == 302  # the same again writes no line
    assert lines.count() == 6
    missing = client.get(reverse("portal:dialog", args=[999_999]))
    assert 'lang="se"' in missing.content.decode()
    assert "Siidu ii gávdno" in missing.content.decode()
    goodbye = client.post(reverse("portal:log_out")).content.decode()
    assert '<html lang="se"' in goodbye
    assert '<html lang="se"' in page(client, "portal:offline")
    assert client.get(reverse("portal:manifest")).json()["lang"] == "se"
    assert "Leat loggen olggos" in goodbye


@pytest.mark.django_db
def test_before_log_in_the_choice_on_the_page_goes_before_the_browsers_language() -> None:
    client = Client()
    assert '<html lang="nb"' in page(client, "portal:log_in")
    assert '<html lang="nn"' in page(client, "portal:log_in", **{"accept-language": "sv, nn-NO;q=0.9, en;q=0.5"})
    assert '<html lang="nb"' in page(client, "account_login", **{"accept-language": "en"})

    chosen = client.get(f"{reverse('portal:log_in')}?sprak=se&next=/min/timer/").content.decode()

    assert '<html lang="se"' in chosen
    assert 'href="?sprak=en&amp;next=/min/timer/"' in chosen  # where they were going is kept
    assert '<html lang="se"' in page(client, "portal:logged_out", **{"accept-language": "en"})
    assert '<html lang="nb"' in page(client, "account_login")
    answer = client.get(f"{reverse('portal:log_in')}?sprak=xx")
    assert '<html lang="se"' in answer.content.decode()
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
