"""A browser for the whole run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from browser_kit import Chromium


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()
