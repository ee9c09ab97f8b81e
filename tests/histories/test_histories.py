"""The product and the rules, read in another way, agree about every history that can be thought of."""

from __future__ import annotations

import pytest
import time_machine
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.histories.house import BUILT, House
from tests.histories.machine import Histories


def test_every_history_ends_as_the_rules_say(house: House, how_many: settings) -> None:
    """Spec A–D, J: set up, moved, cancelled, undone, switched, imported, reported, crashed, in any order."""
    with time_machine.travel(BUILT, tick=False):
        beginning = house.build()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Histories, "house", house, raising=False)
        patch.setattr(Histories, "beginning", beginning, raising=False)

        run_state_machine_as_test(Histories, settings=how_many)
