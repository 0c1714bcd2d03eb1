from __future__ import annotations

import pytest

from annotate_kit import Walker


@pytest.fixture
def walker() -> Walker:
    return Walker()
