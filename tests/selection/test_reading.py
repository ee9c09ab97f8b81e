"""What a stored search may say, where it is wrong, and how it reads aloud (spec G2, G3)."""

from __future__ import annotations

from typing import Any

import pytest

from patients.journal import JournalEntry
from selection import criteria as c
from selection.evidence import of_page
from selection.reading import Unreadable, packed, read
from selection.sentence import Speaker
from tests.factories import ClinicFactory, PatientFactory
from tests.selection.crowd import TODAY


def tree(*leaves: dict[str, Any], kind: str = "all", **rest: Any) -> dict[str, Any]:
    """Return a versioned search."""
    return {"version": 1, "root": {"kind": kind, "of": list(leaves), **rest}}


deep: dict[str, Any] = {"kind": "all"}
for _level in range(7):
    deep = {"kind": "any", "of": [deep]}


@pytest.mark.parametrize(
    ("given", "where", "why"),
    [
        ([], "$", "version og root"),
        ({"version": 2, "root": {"kind": "all"}}, "version", "ukjent"),
        ({"version": 1, "root": {"kind": "sex"}}, "root", "gruppe"),
        (tree("x"), "root.of[0]", "objekt"),
        (tree({"kind": "sql"}), "root.of[0].kind", "Velg en av"),
        (tree({"kind": "sex", "sex": "female", "or": 1}), "root.of[0]", "Feltet or er ukjent"),
        (tree({"kind": "age", "from": "1"}), "root.of[0].from", "helt tall"),
        (tree({"kind": "age", "from": True}), "root.of[0].from", "helt tall"),
        (tree({"kind": "age"}), "root.of[0].from", "fra, til eller begge"),
        (tree({"kind": "diagnosis"}), "root.of[0].codes", "minst én kode"),
        (tree({"kind": "diagnosis", "codes": ["'; DROP TABLE x"]}), "root.of[0].codes", "ingen kode"),
        (tree({"kind": "diagnosis", "codes": ["T90%"]}), "root.of[0].codes", "ingen kode"),
        (tree({"kind": "diagnosis", "codes": ["K77-K74"]}), "root.of[0].codes", "område"),
        (tree({"kind": "diagnosis", "codes": ["T90"], "period": {"season": True}}), "root.of[0].period", "season"),
        (tree({"kind": "contact", "period": {"days": 3, "from": "2026-01-01"}}), "root.of[0].period", "ikke flere"),
        (tree({"kind": "contact", "period": {"from": "2026-02-30"}}), "root.of[0].period.from", "finnes ikke"),
        (tree({"kind": "observation", "codes": ["B"], "comparison": "gt"}), "root.of[0].value", "både"),
        (
            tree({"kind": "observation", "codes": ["B"], "comparison": "gt", "value": "1e99"}),
            "root.of[0].value",
            "desimaler",
        ),
        (tree({"kind": "gp", "ids": ["1 OR 1=1"]}), "root.of[0].ids", "finnes ikke"),
        (tree({"kind": "area", "postcodes": ["01%"]}), "root.of[0].postcodes", "postnummer"),
        (tree({"kind": "sent", "days": -1}), "root.of[0].days", "helt tall"),
        (tree(deep), "root.of[0].of[0].of[0].of[0].of[0].of[0]", "i hverandre"),
        (tree(*[{"kind": "sex"}] * 60), "root.of[59]", "for mange"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(given: Any, where: str, why: str) -> None:
    with pytest.raises(Unreadable) as told:
        read(given)

    assert told.value.path == where
    assert why in told.value.why


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        ({"kind": "age", "from": 40, "to": 85}, "er 40–85 år"),
        ({"kind": "age", "to": 17, "not": True}, "ikke er 17 år eller yngre"),
        ({"kind": "sex", "sex": "female"}, "er kvinner"),
        ({"kind": "diagnosis", "codes": ["T90"], "system": "icpc2"}, "har diagnosen T90 (diabetes type 2)"),
        (
            {"kind": "diagnosis", "codes": ["T89", "K74-K77"], "active": True},
            "har en av diagnosene T89 eller K74-K77 nå",
        ),
        ({"kind": "medicine", "codes": ["A10"], "period": {"days": 180}}, "har brukt A10 siste 180 dager"),
        ({"kind": "medicine", "active": True, "at_least": 5}, "bruker minst 5 ulike legemidler nå"),
        (
            {"kind": "observation", "codes": ["NPU27300"], "comparison": "gt", "value": "53.5", "latest": True},
            "har målt NPU27300 (HbA1c) (siste verdi over 53,5)",
        ),
        (
            {"kind": "observation", "codes": ["NPU27300"], "period": {"days": 365}, "not": True},
            "mangler NPU27300 (HbA1c) siste 365 dager",
        ),
        (
            {"kind": "vaccine", "codes": ["J07BB"], "period": {"season": True}, "not": True},
            "ikke har fått vaksinen J07BB (influensavaksine) denne sesongen",
        ),
        (
            {"kind": "contact", "period": {"from": "2025-07-01"}, "not": True},
            "ikke har hatt kontakt fra 01.07.2025",
        ),
        ({"kind": "appointment", "when": "coming", "not": True}, "ikke har time som kommer"),
        ({"kind": "gp", "ids": [7]}, "har fastlege Bjørn Haugen"),
        ({"kind": "gp"}, "er uten fastlege"),
        (
            {"kind": "area", "municipalities": ["0301"], "postcodes": ["0150-0199"]},
            "bor i kommune 0301 eller postnummer 0150–0199",
        ),
        ({"kind": "consent", "consent": ""}, "ikke er spurt om samtykke"),
        ({"kind": "electronic"}, "er elektronisk aktive"),
        ({"kind": "reach", "how": "sms", "not": True}, "ikke kan nås på SMS"),
        ({"kind": "sent", "days": 14, "not": True}, "ikke er varslet siste 14 dager"),
        (
            {"kind": "any", "not": True, "of": [{"kind": "sex", "sex": "male"}, {"kind": "electronic"}]},
            "ikke (er menn eller er elektronisk aktive)",
        ),
    ],
)
def test_a_criterion_reads_as_a_norwegian_sentence(leaf: dict[str, Any], words: str) -> None:
    """spec G2."""
    root = read(tree(leaf))

    assert Speaker({7: "Bjørn Haugen"}).sentence(root) == f"Pasienter som {words}"
    assert packed(root) == tree(leaf)


def test_sentences_join_as_the_group_does() -> None:
    women, active = {"kind": "sex", "sex": "female"}, {"kind": "electronic"}

    assert Speaker().sentence(read(tree(women, active))) == "Pasienter som er kvinner og som er elektronisk aktive"
    assert Speaker().sentence(read(tree(women, active, kind="any"))).endswith("kvinner eller som er elektronisk aktive")
    assert Speaker().sentence(c.Group()) == "Alle pasienter"


def test_the_entry_that_made_the_hit_is_shown(db: None, django_assert_num_queries: Any) -> None:
    """The newest that fits each criterion; what is missing, with when it was last seen; one query for the page."""
    clinic = ClinicFactory()
    kari, ola = PatientFactory(clinic=clinic), PatientFactory(clinic=clinic)
    known = {"clinic": clinic, "patient": kari}
    for day in (1, 2):
        JournalEntry.objects.create(
            type="diagnosis", code="T90", text="Diabetes type 2", starts_on=TODAY.replace(day=day), **known
        )
    JournalEntry.objects.create(
        type="observation", code="NPU27300", value="61.0", unit="mmol/mol", starts_on=TODAY.replace(year=2024), **known
    )
    missing = {"kind": "observation", "codes": ["NPU27300"], "period": {"days": 365}, "not": True}
    high = {"kind": "observation", "codes": ["NPU27300"], "comparison": "gt", "value": "53"}
    root = read(tree({"kind": "diagnosis", "codes": ["T90"]}, missing, high))

    with django_assert_num_queries(1):
        found = of_page(root, [kari, ola], clinic, TODAY)

    assert found[kari.pk] == [
        "T90 Diabetes type 2 02.11.2026",
        "Sist HbA1c 23.11.2024",
        "NPU27300 61 mmol/mol 23.11.2024",
    ]
    assert found[ola.pk] == ["Ingen HbA1c"]
