"""From words to numbers: the tokenizer that lies beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from masklet.core import DataError
from masklet.models.foundation.loading import quiet
from masklet.models.foundation.weights import expect_tokens


def tokenizer(path: Path) -> Any:
    """The fast tokenizer of a folder of weights, read from its files only.

    Raises `DataError` where the folder has none, or one that cannot be read.
    """
    from transformers import AutoTokenizer

    expect_tokens(path)
    with quiet():
        try:
            return AutoTokenizer.from_pretrained(path, local_files_only=True)
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise DataError(
                f"the tokenizer in {path} cannot be read ({said}); fetch it again"
            ) from error
