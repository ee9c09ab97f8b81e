"""What the demo clinic's patients may suffer from: illnesses with their medicines and measurements. Data alone."""

from __future__ import annotations

from dataclasses import dataclass

from patients.journal import CodeSystem

EVERY, FEMALE, MALE = "", "female", "male"


@dataclass(frozen=True, slots=True)
class Coded:
    """A code with its words."""

    system: CodeSystem
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement taken every `days`; values spread evenly between `low` and `high`."""

    what: Coded
    low: float
    high: float
    unit: str
    days: int
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """An illness that every `every`-th of those in the ages has, since up to `years` ago; `lasts` days if set."""

    illness: Coded
    ages: range
    every: int
    years: int
    medicines: tuple[Coded, ...] = ()
    measurements: tuple[Measured, ...] = ()
    sex: str = EVERY
    lasts: int = 0


def icpc(code: str, text: str) -> Coded:
    """Return a diagnosis by ICPC-2."""
    return Coded(CodeSystem.ICPC2, code, text)


def atc(code: str, text: str) -> Coded:
    """Return a medicine or a vaccine by ATC."""
    return Coded(CodeSystem.ATC, code, text)


def npu(code: str, text: str) -> Coded:
    """Return an analysis by NPU."""
    return Coded(CodeSystem.NPU, code, text)


def loinc(code: str, text: str) -> Coded:
    """Return a measurement by LOINC, which the product keeps under other tables."""
    return Coded(CodeSystem.OTHER, code, text)


HBA1C = Measured(npu("NPU27300", "HbA1c"), 38, 78, "mmol/mol", 150)
EGFR = Measured(loinc("62238-1", "eGFR (CKD-EPI)"), 55, 99, "mL/min/1,73m2", 300)
LOW_EGFR = Measured(loinc("62238-1", "eGFR (CKD-EPI)"), 18, 44, "mL/min/1,73m2", 120)
CREATININE = Measured(npu("NPU04998", "Kreatinin"), 55, 130, "µmol/L", 300)
INR = Measured(npu("NPU01685", "INR"), 1.6, 3.9, "INR", 45, 1)
LITHIUM = Measured(npu("NPU02613", "Litium"), 0.4, 0.9, "mmol/L", 120, 2)
TSH = Measured(npu("NPU03577", "TSH"), 0.3, 6.5, "mU/L", 330, 1)
HAEMOGLOBIN = Measured(npu("NPU02319", "Hemoglobin"), 10.8, 16.2, "g/dL", 330, 1)
BMI = Measured(loinc("39156-5", "BMI"), 36, 44, "kg/m2", 240, 1)
SYSTOLIC = Measured(loinc("8480-6", "Systolisk blodtrykk"), 112, 174, "mmHg", 200)
DIASTOLIC = Measured(loinc("8462-4", "Diastolisk blodtrykk"), 64, 98, "mmHg", 200)
SPIROMETRY = Measured(loinc("20150-9", "FEV1"), 1.1, 3.4, "L", 400, 2)
WEIGHT, HEIGHT = (
    Measured(npu("NPU03804", "Vekt"), 22, 52, "kg", 200),
    Measured(npu("NPU03794", "Høyde"), 1.2, 1.6, "m", 200, 2),
)
PRESSURE = (SYSTOLIC, DIASTOLIC)

PROFILES = (
    Profile(icpc("T90", "Diabetes type 2"), range(45, 96), 6, 12, (atc("A10BA02", "Metformin"),), (HBA1C, EGFR)),
    Profile(icpc("T89", "Diabetes type 1"), range(8, 60), 14, 20, (atc("A10AB05", "Insulin aspart"),), (HBA1C,)),
    Profile(icpc("K86", "Hypertensjon ukomplisert"), range(42, 92), 4, 10, (atc("C09AA05", "Ramipril"),), PRESSURE),
    Profile(
        icpc("R95", "Kronisk obstruktiv lungesykdom"),
        range(50, 90),
        11,
        8,
        (atc("R03BB04", "Tiotropium"),),
        (SPIROMETRY,),
    ),
    Profile(icpc("R96", "Astma"), range(5, 70), 9, 15, (atc("R03AC02", "Salbutamol"), atc("R03BA02", "Budesonid"))),
    Profile(
        icpc("K78", "Atrieflimmer/flutter"),
        range(62, 96),
        8,
        6,
        (atc("B01AF01", "Rivaroksaban"),),
        (CREATININE, HAEMOGLOBIN),
    ),
    Profile(icpc("K83", "Hjerteklaffsykdom"), range(58, 90), 15, 9, (atc("B01AA03", "Warfarin"),), (INR,)),
    Profile(icpc("K77", "Hjertesvikt"), range(65, 96), 10, 5, (atc("C03CA01", "Furosemid"),), PRESSURE),
    Profile(icpc("K90", "Hjerneslag"), range(60, 92), 13, 6, (atc("B01AC06", "Acetylsalisylsyre"),)),
    Profile(icpc("P70", "Demens"), range(76, 96), 5, 4),
    Profile(icpc("U99", "Nyresvikt kronisk"), range(60, 96), 14, 7, (), (LOW_EGFR,)),
    Profile(icpc("T86", "Hypotyreose"), range(25, 88), 11, 14, (atc("H03AA01", "Levotyroksin"),), (TSH,), FEMALE),
    Profile(icpc("T82", "Fedme"), range(20, 68), 9, 6, (), (BMI,)),
    Profile(icpc("L88", "Revmatoid artritt"), range(35, 80), 15, 9, (atc("L04AX03", "Metotreksat"),), (HAEMOGLOBIN,)),
    Profile(icpc("P73", "Affektiv psykose"), range(24, 70), 16, 11, (atc("N05AN01", "Litium"),), (LITHIUM,)),
    Profile(icpc("P76", "Depressiv lidelse"), range(18, 80), 10, 3, (atc("N06AB10", "Escitalopram"),)),
    Profile(icpc("P06", "Søvnforstyrrelse"), range(40, 92), 9, 5, (atc("N05CF01", "Zopiklon"),)),
    Profile(
        icpc("P81", "Hyperkinetisk forstyrrelse"),
        range(6, 18),
        3,
        4,
        (atc("N06BA04", "Metylfenidat"),),
        (WEIGHT, HEIGHT),
    ),
    Profile(icpc("N86", "Multippel sklerose"), range(28, 60), 19, 8),
    Profile(icpc("N88", "Epilepsi"), range(10, 70), 21, 12, (atc("N03AX09", "Lamotrigin"),)),
    Profile(icpc("X76", "Ondartet svulst bryst"), range(42, 82), 14, 4, (atc("L02BA01", "Tamoksifen"),), (), FEMALE),
    Profile(icpc("Y77", "Ondartet svulst prostata"), range(58, 88), 9, 5, (), (), MALE),
    Profile(icpc("W78", "Svangerskap"), range(20, 43), 4, 1, (), (SYSTOLIC,), FEMALE, 280),
    Profile(icpc("R74", "Akutt øvre luftveisinfeksjon"), range(96), 3, 3, lasts=14),
    Profile(icpc("U71", "Cystitt"), range(18, 90), 6, 3, (atc("J01CA08", "Pivmecillinam"),), (), FEMALE, 7),
    Profile(icpc("L03", "Korsryggsymptom"), range(25, 75), 5, 3, lasts=60),
)
INFLUENZA, PNEUMOCOCCUS = atc("J07BB02", "Influensavaksine"), atc("J07AL02", "Pneumokokkvaksine")
INFLUENZA_BY_SYSVAK = Coded(CodeSystem.SYSVAK, "AII02", "Influensavaksine")
COVID = atc("J07BN01", "Koronavaksine")
CONTACTS = ("Konsultasjon", "Konsultasjon", "Enkel kontakt", "Telefon", "E-konsultasjon", "Sykebesøk")
