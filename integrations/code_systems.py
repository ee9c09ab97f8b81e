"""Which table a code is from, by the address or the name that the sender gives it (research: domain.md §5). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from patients.journal import CodeSystem, EntryType
from patients.names import search_key

NORWAY = "2.16.578.1.12.4.1.1."
ADDRESSES = {  # lower case; urn:oid:, the scheme and a last slash left out
    f"{NORWAY}7170": CodeSystem.ICPC2,
    "2.16.840.1.113883.6.139": CodeSystem.ICPC2,
    "hl7.org/fhir/sid/icpc-2": CodeSystem.ICPC2,
    f"{NORWAY}7110": CodeSystem.ICD10,
    "2.16.840.1.113883.6.3": CodeSystem.ICD10,
    "hl7.org/fhir/sid/icd-10": CodeSystem.ICD10,
    f"{NORWAY}7180": CodeSystem.ATC,
    "2.16.840.1.113883.6.73": CodeSystem.ATC,
    "www.whocc.no/atc": CodeSystem.ATC,
    f"{NORWAY}7280": CodeSystem.NPU,
    "npu-terminology.org": CodeSystem.NPU,
    "www.npu-terminology.org": CodeSystem.NPU,
}
NAMES = {  # as columns have them, folded
    "icpc": CodeSystem.ICPC2,
    "icpc2": CodeSystem.ICPC2,
    "icpc2b": CodeSystem.ICPC2,
    "icd": CodeSystem.ICD10,
    "icd10": CodeSystem.ICD10,
    "atc": CodeSystem.ATC,
    "npu": CodeSystem.NPU,
    "nlk": CodeSystem.NPU,
    "sysvak": CodeSystem.SYSVAK,
}
PREFERRED = {  # of several codings: the table that searches and risk groups go by
    EntryType.DIAGNOSIS: CodeSystem.ICPC2,
    EntryType.MEDICINE: CodeSystem.ATC,
    EntryType.OBSERVATION: CodeSystem.NPU,
    EntryType.VACCINE: CodeSystem.ATC,
}


def system_of(said: str) -> CodeSystem:
    """Return the table that a URI, an OID or a name stands for; `other` for those we do not know."""
    address = said.strip().lower().rstrip("/").removeprefix("urn:oid:")
    address = address.removeprefix("https://").removeprefix("http://")
    if known := ADDRESSES.get(address) or NAMES.get(search_key(address.replace("-", "")).replace(" ", "")):
        return known
    return CodeSystem.SYSVAK if "sysvak" in address else CodeSystem.OTHER


def best(codings: Sequence[Sequence[str]], kind: str) -> tuple[CodeSystem, str, str]:
    """Return (table, code, words) of the coding to keep: the preferred table, then any known, then the first."""
    coded = [(system_of(system), code, words) for system, code, words in codings if code]
    preferred = PREFERRED.get(EntryType(kind))
    ranked = sorted(coded, key=lambda row: (row[0] != preferred, row[0] == CodeSystem.OTHER))  # keeps the order else
    return ranked[0] if ranked else (CodeSystem.OTHER, "", "")
