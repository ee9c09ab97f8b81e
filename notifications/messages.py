"""What a notice says: templates by language, kind and channel, versioned by content (spec C4, C5). No rules here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.template import Context, Engine, Template
from django.utils.html import escape

from notifications import segments
from notifications.kinds import Channel
from patients.models import Language

FOLDER = Path(settings.BASE_DIR) / "templates" / "notifications" / "messages"
ENGINE = Engine(autoescape=False)  # plain text; the HTML part is escaped when it is built
SUBJECT_LIMIT = 150


@dataclass(frozen=True, slots=True)
class Text:
    """A finished message."""

    template: str  # name@version, kept on the delivery
    text: str
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A compiled template file and its name with version."""

    name: str
    variants: tuple[Template, ...]  # SMS: longest first; others: one


@cache
def source(kind: str, channel: str, language: str = Language.NB) -> Source:
    """Load a template once per process; the version is the start of its content's SHA-256."""
    body = (FOLDER / language / f"{kind}.{channel}.txt").read_text(encoding="utf-8").strip()
    version = hashlib.sha256(body.encode()).hexdigest()[:8]
    bodies = body.splitlines() if channel == Channel.SMS else [body]
    return Source(f"{kind}.{channel}.{language}@{version}", tuple(ENGINE.from_string(part) for part in bodies))


def link(token: str) -> str:
    """Return the link in a message: it leads to the place in the portal and identifies nobody (spec C5)."""
    return f"{settings.PUBLIC_BASE_URL}/v/{token}/"


def language_of(template: str) -> str:
    """Return the language of a template by its name; bokmål for what staff wrote, and for names that say none."""
    language = template.partition("@")[0].rpartition(".")[2]
    return language if language in Language.values else Language.NB


def compose(kind: str, channel: str, values: Mapping[str, str], language: str = Language.NB) -> Text:
    """Fill the template; values are put in literally, whatever they hold."""
    found = source(kind, channel, language)
    context = Context({name: one_line(value) for name, value in values.items()}, autoescape=False)
    bodies = [template.render(context) for template in found.variants]
    if channel == Channel.SMS:
        return Text(found.name, shortest_that_fits([segments.plain(body) for body in bodies]))
    if channel == Channel.EMAIL:
        subject, _, body = bodies[0].partition("\n\n")
        return Text(found.name, body.strip() + "\n", subject=subject[:SUBJECT_LIMIT])
    return Text(found.name, bodies[0])


def one_line(value: str) -> str:
    """Keep values from breaking lines, subjects and reading direction: no control or bidi characters."""
    if value.isprintable():
        return " ".join(value.split())
    kept = "".join(char for char in value if char.isspace() or char.isprintable())  # bidi controls are not printable
    return " ".join(kept.split())


def shortest_that_fits(bodies: list[str]) -> str:
    """Return the first body of one SMS part, else the one with the fewest parts."""
    return min(bodies, key=lambda body: (segments.size(body).parts, bodies.index(body)))


def html(delivery_text: str, subject: str, language: str = Language.NB) -> str:
    """Return the HTML part of an e-mail from its text: escaped paragraphs, the link as a link."""
    before, between, after = frame(language)
    paragraphs = (
        f"<p>{'<br>'.join(linked(line) for line in paragraph.splitlines())}</p>"
        for paragraph in delivery_text.strip().split("\n\n")
    )
    return f"{before}{escape(subject)}{between}{''.join(paragraphs)}{after}"


@cache
def frame(language: str) -> tuple[str, str, str]:
    """Read what stands before the subject, between it and the body, and after; once per process and language."""
    text = (FOLDER.parent / "email.html").read_text(encoding="utf-8").replace("{{ language }}", language)
    before, rest = text.split("{{ subject }}")
    between, after = rest.split("{{ body }}")
    return before, between, after


def linked(line: str) -> str:
    """Escape a line; one that is our own link becomes a link."""
    safe = escape(line)
    if line.startswith(f"{settings.PUBLIC_BASE_URL}/v/"):
        return f'<a href="{safe}">{safe}</a>'
    return safe
