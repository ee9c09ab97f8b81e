"""The walk's patients: one for each sentence, so that none sees what another one got."""

KINDS = {
    "both": lambda n: {"email": f"vandring{n}@example.com", "mobile": f"+47431000{n:02}"},
    "email": lambda n: {"email": f"vandring{n}@example.com"},
    "mobile": lambda n: {"mobile": f"+47431000{n:02}"},
    "none": lambda n: {},
}
REACH = {
    "Velger Metode": "both",
    "Begge Klinikker": "both",
    "Epost Først": "both",
    "App Bruker": "email",
    "Bare Mobil": "mobile",
    "Hemmelig Dialog": "both",
    "Oppsatt Natt": "mobile",
    "Bestilt Selv": "mobile",
    "Endret Time": "mobile",
    "Avlyst Time": "mobile",
    "Avbestilt Time": "mobile",
    "Torsdag Klokkenti": "mobile",
    "Under Førtiåtte": "mobile",
    "Uten Type": "mobile",
    "To Dager": "mobile",
    "Neste Dag": "mobile",
    "Senere Endret": "mobile",
    "Får Dialog": "mobile",
    "Får Svar": "mobile",
    "Betaler Regning": "email",
    "Ser Status": "mobile",
    "Uten Kontakt": "none",
    "Push Alene": "none",
    "Fjerner Kontakt": "mobile",
    "Uten Kvittering": "mobile",
    "Fra Helsenorge": "mobile",
    "Trukket Samtykke": "mobile",
    "Feilet Nummer": "mobile",
    "Utgått Type": "mobile",
    "Aktiv Bruker": "mobile",
    "Alle Medvirker": "mobile",
    "Bente Medvirker": "both",
    "Carl Medvirker": "mobile",
    "Dina Nummerløs": "email",
    "Even Avvisende": "mobile",
    "Frida Portal": "both",
    "Geir Helsenorge": "mobile",
    "Hanne Portal": "both",
    "Ivar Papir": "both",
    "Jon Portalløs": "none",
    "Klara Risiko": "mobile",
    "Lars Risiko": "both",
    "Mona Feilmerket": "mobile",
    "Nora Sentmerket": "mobile",
    "Pia Telefon": "both",
}
LOGS_IN = {"Pia Telefon": "20914695016"}  # the provider gives, and the product takes, only numbers that can be
PEOPLE = {name: KINDS[kind](number) for number, (name, kind) in enumerate(REACH.items())}

BACK, NECK, LIVER = ("L84", "Ryggsyndrom"), ("L83", "Nakkesyndrom"), ("D97", "Leversykdom")  # the demo has none of them
BY_SMS = dict.fromkeys(
    ("Alle Medvirker", "Bente Medvirker", "Carl Medvirker", "Dina Nummerløs", "Even Avvisende"), BACK
)
BY_ECONTACT = dict.fromkeys(("Frida Portal", "Geir Helsenorge", "Hanne Portal", "Ivar Papir", "Jon Portalløs"), NECK)
IN_RISK = dict.fromkeys(("Klara Risiko", "Lars Risiko", "Mona Feilmerket", "Nora Sentmerket"), LIVER)
