"""«Pasientens telefon»: what came is shown, escaped, and an empty page helps."""

from __future__ import annotations

import re

import pytest
import requests

from tests.sandbox.running import Sandbox

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def test_an_empty_sandbox_says_how_to_fill_it(sandbox: Sandbox) -> None:
    page = sandbox.get("/").text

    assert "Ingen meldinger ennå" in page
    assert "timeboken" in page


def test_a_person_has_sms_mail_and_push_on_one_phone(sandbox: Sandbox) -> None:
    card = {"name": "Kari Nordmann", "mobile": "+4742000001", "email": "kari@example.com"}
    requests.put(sandbox.url + "/people", json=[card], timeout=10)
    sandbox.twilio("+4742000001", "En SMS")
    sandbox.mailgun("Kari@example.com", text="En e-post")

    page = sandbox.get("/phone", to="+4742000001").text

    assert "Kari Nordmann" in sandbox.get("/").text
    assert "En SMS" in page
    assert "En e-post" in page
    assert "Ingen pushmeldinger." in page


def test_a_number_nobody_has_claimed_has_a_phone_of_its_own(sandbox: Sandbox) -> None:
    sandbox.twilio("+4742000077", "Hei")

    assert "/phone?to=%2B4742000077" in sandbox.get("/").text
    assert "Hei" in sandbox.get("/phone", to="+4742000077").text


def test_everything_is_escaped(sandbox: Sandbox) -> None:
    requests.put(sandbox.url + "/people", json=[{"name": EVIL, "mobile": "+4742000001"}], timeout=10)
    sandbox.twilio("+4742000001", EVIL)
    sandbox.mailgun("a@x.no", text=EVIL, subject=EVIL, html=EVIL)

    pages = [sandbox.get("/"), sandbox.get("/phone", to="+4742000001"), sandbox.get("/phone", to="a@x.no")]
    pages.append(sandbox.get("/phone", to=EVIL + "x"))

    assert all("<script>alert" not in page.text and "<img src=x" not in page.text for page in pages)


def test_a_link_in_a_message_can_be_followed(sandbox: Sandbox) -> None:
    sandbox.twilio("+4742000001", "Se http://localhost:8000/t/abc")

    page = sandbox.get("/phone", to="+4742000001").text

    assert '<a href="http://localhost:8000/t/abc" rel="noopener noreferrer">' in page


def test_pages_have_a_strict_policy_and_nothing_inline(sandbox: Sandbox) -> None:
    sandbox.twilio()
    for path in ("/", "/phone?to=%2B4742000001", "/behaviour", "/phone?to=x"):
        page = sandbox.get(path)
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page.text)


def test_a_mails_html_can_do_nothing(sandbox: Sandbox) -> None:
    sandbox.mailgun("a@x.no", html="<script>alert(1)</script><p>Hei</p>")
    key = sandbox.messages()[0]["key"]

    frame = sandbox.get(f"/mail/{key}/html")

    assert frame.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert f'<iframe sandbox src="/mail/{key}/html"' in sandbox.get("/phone", to="a@x.no").text


def test_an_attachment_is_listed_and_downloaded(sandbox: Sandbox) -> None:
    import os

    files = [("attachment", ("invite.ics", b"BEGIN:VCALENDAR", 'text/calendar; method="REQUEST"'))]
    fields = {"from": "k@x.no", "to": "a@x.no", "subject": "Time", "text": "Hei"}
    auth = ("api", os.environ["MAILGUN_API_KEY"])
    requests.post(sandbox.url + "/v3/x.no/messages", data=fields, files=files, auth=auth, timeout=10)
    key = sandbox.messages()[0]["key"]

    file = sandbox.get(f"/mail/{key}/file/0")

    assert "invite.ics" in sandbox.get("/phone", to="a@x.no").text
    assert file.headers["Content-Disposition"] == 'attachment; filename="invite.ics"'
    assert file.content == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize("path", ["/mail/0/html", "/mail/999/html", "/mail/1/file/7", "/mail/1/html"])
def test_a_mail_that_does_not_exist_is_not_found(sandbox: Sandbox, path: str) -> None:
    sandbox.twilio()

    assert sandbox.get(path).status_code == 404


@pytest.mark.parametrize(
    "name", ["app/../../manage.py", "app/%2e%2e/%2e%2e/pyproject.toml", "sandbox/../app.py", "/etc/passwd", "app/x.txt"]
)
def test_nothing_but_styles_scripts_and_fonts_is_served(sandbox: Sandbox, name: str) -> None:
    with requests.Session() as session:
        request = requests.Request("GET", sandbox.url).prepare()
        request.url = sandbox.url + "/static/" + name

        assert session.send(request, timeout=10).status_code == 404


def test_the_sandboxs_own_style_and_script_are_served(sandbox: Sandbox) -> None:
    assert sandbox.get("/static/sandbox/phone.css").headers["Content-Type"].startswith("text/css")
    assert sandbox.get("/static/sandbox/phone.js").headers["Content-Type"].startswith("text/javascript")


def test_the_panel_changes_a_channel(sandbox: Sandbox) -> None:
    form = {"channel": "sms", "mode": "429", "outcome": "30003", "callbacks": "late", "code": "", "count": "3"}

    answer = requests.post(sandbox.url + "/behaviour", data={**form, "probability": "0.5", "delay": "0"}, timeout=10)

    sms = sandbox.get("/modes").json()["sms"]
    assert answer.ok
    assert (sms["mode"], sms["outcome"], sms["callbacks"], sms["count"]) == ("429", "30003", "late", 3)
    assert '<option value="429" selected>' in answer.text


def test_the_panel_says_what_was_wrong(sandbox: Sandbox) -> None:
    answer = requests.post(sandbox.url + "/behaviour", data={"channel": "sms", "delay": "fort"}, timeout=10)

    assert answer.status_code == 422
    assert "Ikke endret" in answer.text


def test_one_button_lets_everything_behave_again(sandbox: Sandbox) -> None:
    sandbox.modes(sms={"mode": "500"})

    requests.post(sandbox.url + "/behaviour/reset", timeout=10)

    assert sandbox.get("/modes").json()["sms"]["mode"] == "ok"


def test_the_pulse_changes_when_a_message_comes(sandbox: Sandbox) -> None:
    before = sandbox.get("/pulse").json()["revision"]

    sandbox.twilio()

    assert sandbox.get("/pulse").json()["revision"] != before
