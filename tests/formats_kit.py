"""What several tests of formats use."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from masklet.core import LossWarning

GOLDEN = Path(__file__).resolve().parent / "golden"
Result = TypeVar("Result")


def with_losses(call: Callable[[], Result]) -> tuple[Result, str]:
    """The result of a call and its losses, one a line; other warnings stay errors."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", LossWarning)
        result = call()
    return result, "\n".join(str(warning.message) for warning in caught)


def without_loss(call: Callable[[], Result]) -> Result:
    """The result of a call whose losses are not what the test is about."""
    return with_losses(call)[0]
