"""How each stand-in misbehaves: chosen for a whole channel, for the next n requests, or for some recipients."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields

GATEWAYS = ("helsenorge", "besoklegen", "digicare")  # of e-contact (the first two) and of dialogs
CHANNELS = ("sms", "email", "push", *GATEWAYS)

# What is answered, whether the message is taken all the same, and how the page words it.
MODES: dict[str, tuple[bool, str]] = {
    "ok": (True, "Svarer som den skal"),
    "429": (False, "429: for mange forespørsler"),
    "500": (False, "500, ikke mottatt"),
    "500-accepted": (True, "500, men mottatt"),
    "hang": (False, "Henger, ikke mottatt"),
    "hang-accepted": (True, "Henger, men mottatt"),
    "drip": (True, "Svarer én byte om gangen"),
    "reset": (False, "Bryter forbindelsen, ikke mottatt"),
    "reset-accepted": (True, "Bryter forbindelsen, men mottatt"),
    "malformed": (True, "Avkortet svar, men mottatt"),
    "no-id": (True, "Svar uten meldings-id, men mottatt"),
    "401": (False, "401: feil nøkkel"),
    "refuse": (False, "Avviser for godt"),
}
CALLBACKS: dict[str, str] = {
    "ok": "Kvitteringer i rekkefølge",
    "none": "Ingen kvitteringer",
    "late": "Sene kvitteringer",
    "duplicate": "Hver kvittering to ganger",
    "shuffled": "Kvitteringer i feil rekkefølge",
    "forged": "Falske kvitteringer i tillegg",
}
READS: dict[str, str] = {
    "ok": "Oppslag svarer",
    "429": "Oppslag: 429",
    "500": "Oppslag: 500",
    "401": "Oppslag: 401",
    "hang": "Oppslag henger",
    "reset": "Oppslag bryter forbindelsen",
    "malformed": "Oppslag: avkortet svar",
}
OUTCOMES: dict[str, dict[str, str]] = {
    "sms": {
        "delivered": "Levert",
        "sent": "Sendt, aldri bekreftet",
        "30003": "30003: telefonen svarer ikke",
        "30004": "30004: blokkert",
        "30005": "30005: ukjent nummer",
        "30006": "30006: fasttelefon",
        "30007": "30007: filtrert som søppel",
        "30008": "30008: ukjent feil",
        "30036": "30036: gyldigheten gikk ut",
    },
    "email": {
        "delivered": "Levert",
        "accepted": "Mottatt, aldri levert",
        "unknown": "550: ukjent postkasse",
        "full": "552: postkassen er full",
        "temporary": "Midlertidig feil, så levert",
        "complaint": "Levert, så meldt som søppelpost",
    },
    "push": {"delivered": "Vist på telefonen"},
    "helsenorge": {"delivered": "Levert"},
    "besoklegen": {"delivered": "Levert"},
    "digicare": {"delivered": "Levert"},
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request."""

    mode: str = "ok"
    code: str = ""
    outcome: str = "delivered"
    retry_after: int = 2  # seconds
    seconds: float = 60.0  # how long a hang or a drip lasts

    @property
    def accepts(self) -> bool:
        """Whether the message is taken over, whatever the answer looks like."""
        return MODES[self.mode][0]


@dataclass(slots=True)
class Rule:
    """A fault for recipients that end in `suffix`."""

    suffix: str
    mode: str = "ok"
    code: str = ""
    outcome: str = "delivered"


@dataclass(slots=True)
class ChannelMode:
    """The chosen behaviour of one channel; times in seconds."""

    channel: str
    mode: str = "ok"
    code: str = ""  # of a refusal: 21211, 21610 …
    outcome: str = "delivered"
    probability: float = 1.0  # of `mode`; otherwise ok
    count: int | None = None  # the next n requests get `mode`; None means all
    retry_after: int = 2
    seconds: float = 60.0
    delay: float = 0.0  # before every answer
    reads: str = "ok"  # look-ups and lists have a mode of their own
    list_lag: float = 0.0  # how long a new message stays out of lists
    callbacks: str = "ok"
    callback_delay: float = 0.0
    rules: list[Rule] = field(default_factory=list)

    def pick(self, recipient: str, dice: random.Random) -> Fault:
        """Return what the next request for the recipient meets; uses up `count`."""
        for rule in self.rules:
            if recipient.endswith(rule.suffix):
                return Fault(rule.mode, rule.code, rule.outcome, self.retry_after, self.seconds)
        mode = self.mode if self._strikes(dice) else "ok"
        return Fault(mode, self.code, self.outcome, self.retry_after, self.seconds)

    def outcome_for(self, recipient: str) -> str | None:
        """Return how delivery to the recipient ends, or None when a rule refuses it: a merged call has many."""
        for rule in self.rules:
            if recipient.endswith(rule.suffix):
                return rule.outcome if MODES[rule.mode][0] else None
        return self.outcome

    def _strikes(self, dice: random.Random) -> bool:
        if self.mode == "ok" or self.count == 0:
            return False
        if self.probability < 1 and dice.random() >= self.probability:
            return False
        if self.count is not None:
            self.count -= 1
        return True

    def change(self, wanted: Mapping[str, object]) -> None:
        """Set the named values; raises ValueError for what is unknown and changes nothing then."""
        known = {item.name: item for item in fields(self) if item.name != "channel"}
        values = {name: _valid(self.channel, name, value) for name, value in wanted.items() if name in known}
        if unknown := set(wanted) - set(known):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        for name, value in values.items():
            setattr(self, name, value)


class Modes:
    """The behaviour of every channel."""

    def __init__(self, seed: int | None = None) -> None:
        self.dice = random.Random(seed)  # nosec B311
        self.of: dict[str, ChannelMode] = {}
        self.reset()

    def reset(self) -> None:
        """Let every channel behave again."""
        self.of = {channel: ChannelMode(channel) for channel in CHANNELS}

    def change(self, wanted: Mapping[str, object]) -> None:
        """Change channels by name; `seed` restarts the dice. Raises ValueError."""
        for name, values in wanted.items():
            if name == "seed":
                self.dice.seed(str(values))
            elif name in self.of and isinstance(values, Mapping):
                self.of[name].change(values)
            else:
                raise ValueError(f"unknown: {name}")

    def as_json(self) -> dict[str, object]:
        """Return what GET /modes shows."""
        return {channel: asdict(mode) for channel, mode in self.of.items()}


def _valid(channel: str, name: str, value: object) -> object:
    closed: dict[str, object] = {"mode": MODES, "reads": READS, "callbacks": CALLBACKS, "outcome": OUTCOMES[channel]}
    choices = closed.get(name)
    if isinstance(choices, dict):
        if value not in choices:
            raise ValueError(f"{name}: {value!r} is none of {', '.join(choices)}")
        return value
    if name == "rules":
        return [_rule(channel, rule) for rule in value] if isinstance(value, list) else _refuse(name)
    if name == "code":
        return str(value)
    if name == "count":
        return None if value is None else int(str(value))
    return int(str(value)) if name == "retry_after" else float(str(value))


def _rule(channel: str, wanted: object) -> Rule:
    if (
        not isinstance(wanted, dict)
        or "suffix" not in wanted
        or not set(wanted) <= {item.name for item in fields(Rule)}
    ):
        return _refuse("rules")
    values = {name: str(_valid(channel, name, value)) for name, value in wanted.items() if name != "suffix"}
    return Rule(str(wanted["suffix"]), **values)


def _refuse(name: str) -> Rule:
    raise ValueError(f"{name}: wrong shape")
