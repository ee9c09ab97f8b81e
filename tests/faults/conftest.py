"""One running product for all tests here that do not need one of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.house import House, running


@pytest.fixture(scope="package")
def running_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The product's processes."""
    with running(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def house(running_house: House) -> House:
    """The product, emptied; the test starts the worker."""
    running_house.reset()
    return running_house
