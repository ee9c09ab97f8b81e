"""Files: what is taken, what is cut off, what is refused, and where they rest (spec E, threats 1, 20)."""

from __future__ import annotations

import gzip
import os
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from post import attachments, drafts, filetypes, storage
from post.models import Attachment, Draft
from tests.post import files

TAKEN = [
    (files.pdf(), "application/pdf"),
    (files.packed(b"<< /Type /Page >>"), "application/pdf"),
    (files.pdf(b"<< /Length 9 >>\r\nstream\r\n/JS /JS x\r\nendstream"), "application/pdf"),  # a picture's bytes
    (files.png(), "image/png"),
    (files.jpeg(), "image/jpeg"),
    ("Blodtrykk: 120/80 – målt hjemme <3\r\n".encode(), "text/plain"),
    (b"\xef\xbb\xbfMed BOM", "text/plain"),
]
REFUSED = [
    (b"", "tom"),
    (files.archive(), "Arkiver"),
    (gzip.compress(b"x" * 10_000_000), "Arkiver"),
    (b"Rar!\x1a\x07\x00", "Arkiver"),
    (b"7z\xbc\xaf\x27\x1c", "Arkiver"),
    (files.pdf() + files.archive() + b"%%EOF", "arkiv"),
    (files.png(60_000, 60_000), "for stort"),
    (files.jpeg(65_000, 65_000), "for stort"),
    (files.png(0, 1), "for stort"),
    (files.png()[:-4], "ingen hel PNG"),
    (files.png().replace(b"IDAT", b"IDAX"), "ingen hel PNG"),
    (files.jpeg()[:-2], "ingen hel JPEG"),
    (b"\xff\xd8\xff\xe0\xff\xff", "ingen hel JPEG"),
    (b"\xff\xd8\xff\xd8\xff\xd9", "ingen hel JPEG"),
    (b"%PDF-1.7 uten slutt", "ingen hel PDF"),
    (files.pdf(b"<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>"), "skript"),
    (files.pdf(b"<< /S /#4Aava#53cript >>"), "skript"),
    (files.pdf(b"<< /Type /Launch /F (cmd.exe) /S /Launch >>"), "skript"),
    (files.pdf(b"<< /EmbeddedFiles 2 0 R >>"), "skript"),
    (files.packed(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>"), "skript"),
    (files.pdf(b"<< /Type /ObjStm >>\nstream\nikke pakket\nendstream"), "uten passord"),
    (files.packed(b" " * 30_000_000), "for stor når den pakkes ut"),
    (files.pdf(b"<< >> stream\n /S /JavaScript uten slutt"), "skript"),
    (files.pdf(b"(stream) << /S /JavaScript >> (endstream)"), "skript"),
    (files.pdf(b"<< /Length 3 >>\nstream\nx y\nendstream << /S /Launch >>"), "skript"),
    (b"<!DOCTYPE html><script>alert(1)</script>", "Nettsider"),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "Nettsider"),
    (b"  \n< script>alert(1)</script>", "Nettsider"),
    (b"<?xml version='1.0'?><a/>", "Nettsider"),
    (b"<?php system('id');", "Nettsider"),
    (b"#!/bin/sh\nrm -rf /", "Filtypen"),
    (b"MZ\x90\x00\x03", "Filtypen"),
    (b"\x7fELF\x02\x01", "Filtypen"),
    (b"GIF89a;alert(1)\x00", "Filtypen"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Filtypen"),
    (b"tekst\x00med null", "Filtypen"),
    ("<script>".encode("utf-16"), "Filtypen"),
]
NAMES = [
    ("../../etc/passwd", "passwd.txt"),
    ("C:\\Users\\kari\\prøve.TXT", "prøve.txt"),
    ("faktura\u202efdp.exe", "fakturafdp.txt"),
    ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
    ("svar.pdf.exe", "svar.txt"),
    ("Dr. Hansens notat.txt", "Dr. Hansens notat.txt"),
    ("", "vedlegg.txt"),
    (".htaccess", "htaccess.txt"),
    ("x" * 300 + ".txt", "x" * 100 + ".txt"),
    ('<img src=x onerror="a">.txt', "_img src=x onerror=_a__.txt"),
    ("\x00\x07", "vedlegg.txt"),
]


def upload(content: bytes, name: str = "fil.bin", claimed: str = "application/pdf") -> SimpleUploadedFile:
    """Return a file as a browser sends it; what it claims to be plays no part."""
    file = SimpleUploadedFile("x", content, claimed)
    file._name = name  # as a client that cleans nothing would send it
    return file


@pytest.mark.parametrize(("content", "content_type"), TAKEN)
def test_what_a_file_is_decides(content, content_type):
    (one,) = attachments.check([upload(content, claimed="text/html")])

    assert one.found.content_type == content_type
    assert one.name == f"fil{one.found.ending}"


@pytest.mark.parametrize(("content", "words"), REFUSED)
def test_everything_else_is_refused_by_name(content, words):
    """Scripts, archives, bombs, programs, broken and disguised files."""
    with pytest.raises(ValidationError) as refused:
        attachments.check([upload(content, "mine bilder.jpg")])

    (line,) = refused.value.message_dict["uploads"]
    assert line.startswith("mine bilder.jpg: ")
    assert words in line


@pytest.mark.parametrize("whole", [files.png(), files.jpeg(), files.pdf()])
def test_what_hangs_on_after_the_end_is_cut_off(whole):
    """A picture with a page behind it is a picture."""
    found = filetypes.inspect(whole + b"<script>alert(1)</script>")

    assert b"script" not in found.content
    assert whole.startswith(found.content.rstrip(b"\n"))


def test_letters_of_windows_are_read():
    assert filetypes.inspect("Blåbær".encode("cp1252")).content.decode() == "Blåbær"


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04"]))
def test_no_content_breaks_the_check(content, beginning):
    """Taken or refused in words, never an error."""
    try:
        ending = filetypes.inspect(beginning + content).ending
    except filetypes.Refused as error:
        ending = str(error)

    assert ending in {".pdf", ".jpg", ".png", ".txt"} or ending.endswith(".")


@pytest.mark.parametrize(("claimed", "expected"), NAMES)
def test_names_are_cleaned_and_end_as_the_content_says(claimed, expected):
    (one,) = attachments.check([upload(b"Hei", claimed)])

    assert one.name == expected
    assert len(one.name) <= 120


def test_a_file_over_the_limit_is_refused(settings):
    settings.ATTACHMENT_MAX_BYTES = 10

    assert attachments.check([upload(b"x" * 10)])
    with pytest.raises(ValidationError, match="for stor"):
        attachments.check([upload(b"x" * 11)])


def test_too_many_files_are_refused(settings):
    settings.ATTACHMENT_MAX_COUNT = 3

    assert attachments.check([upload(b"x"), upload(b"x")], already=1)
    with pytest.raises(ValidationError, match="høyst 3"):
        attachments.check([upload(b"x"), upload(b"x")], already=2)


def test_a_refused_file_names_itself_and_keeps_the_others_out():
    """All or none, with a line for each that is wrong."""
    with pytest.raises(ValidationError) as refused:
        attachments.check([upload(b"Hei", "bra.txt"), upload(b"", "tom.txt"), upload(files.archive(), "arkiv.zip")])

    assert [line.split(":")[0] for line in refused.value.message_dict["uploads"]] == ["tom.txt", "arkiv.zip"]


@pytest.fixture
def draft(kari, staff, key):
    """A draft to a patient."""
    return drafts.save(user=staff, patient=kari, dialog=None, text="Hei", key=key(), now=timezone.now())


def test_files_rest_outside_the_web_root_under_random_names(draft, own_files, settings):
    (kept,) = attachments.keep(attachments.check([upload(b"Hei", "hemmelig.txt")]), draft=draft)

    path = storage.path_of(kept.stored)
    assert path.parent == own_files
    assert path.read_bytes() == b"Hei"
    assert "hemmelig" not in path.name
    assert (own_files.stat().st_mode & 0o777, path.stat().st_mode & 0o777) == (0o700, 0o600)
    assert not own_files.is_relative_to(settings.STATIC_ROOT)


def test_files_follow_the_message(draft, start, key, kari):
    """The draft is gone, its files are the message's."""
    attachments.keep(attachments.check([upload(b"Hei", "a.txt")]), draft=draft)

    message = start(kari, key=draft.key, draft=draft)

    assert [file.name for file in message.attachments.all()] == ["a.txt"]
    assert Draft.objects.count() == 0


def test_the_patients_files_come_with_the_message(kari, ask, reply):
    first = ask(kari, files=[upload(files.png(), "utslett.png")])
    reply(first, files=[upload(b"Hei", "logg.txt")])

    assert [file.name for file in Attachment.objects.all()] == ["utslett.png", "logg.txt"]
    with pytest.raises(ValidationError):
        reply(first, files=[upload(files.archive())])


def test_what_has_been_sent_cannot_be_removed(kari, ask):
    ask(kari, files=[upload(b"Hei")])

    with pytest.raises(ValueError, match="sent"):
        attachments.remove(Attachment.objects.get())


def age(folder):
    """Give every file the frozen clock's time: the file system knows only the real one."""
    for path in folder.iterdir():
        os.utime(path, (timezone.now().timestamp(),) * 2)


def test_files_of_nothing_are_purged_after_a_day(draft, start, kari, clock, own_files, key):
    """Discarded drafts' files and files whose row was rolled back go; those of drafts and messages stay."""
    kept = attachments.keep(attachments.check([upload(b"1"), upload(b"2")]), draft=draft)
    start(kari, key=draft.key, draft=draft)
    other = drafts.save(user=draft.user, patient=kari, dialog=None, text="x", key=key(), now=timezone.now())
    attachments.keep(attachments.check([upload(b"3")]), draft=other)
    drafts.discard(other)
    lost = storage.keep(b"4")
    age(own_files)

    assert attachments.purge(timezone.now()) == 0
    clock.shift(timedelta(days=1, seconds=1))
    assert attachments.purge(timezone.now()) == 2

    assert {path.name for path in own_files.iterdir()} == {row.stored for row in kept}
    assert lost not in {path.name for path in own_files.iterdir()}
    assert Attachment.objects.count() == 2
