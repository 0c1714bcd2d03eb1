"""A browser for the whole run, and a page that shows a project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser_kit import Chromium
from masklet.web.workplace import Workplace
from pages_kit import served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture
def address(place: Workplace) -> Iterator[str]:
    with served(place) as found:
        yield found
