"""From words to numbers: the tokenizer that lies beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from masklet.core import DataError
from masklet.models.foundation.loading import quiet

_FILES = ("tokenizer.json", "vocab.txt", "vocab.json")


def tokenizer(path: Path) -> Any:
    """The fast tokenizer of a folder of weights, read from its files only.

    Raises `DataError` where the folder has none, or one that cannot be read.
    """
    from transformers import AutoTokenizer

    if not any((path / name).is_file() for name in _FILES):
        raise DataError(
            f"{path} has no tokenizer; expected one of {', '.join(_FILES)} beside the weights: fetch "
            "them again, all files"
        )
    with quiet():
        try:
            return AutoTokenizer.from_pretrained(path, local_files_only=True)
        except Exception as error:
            said = " ".join(str(error).split())[:300]
            raise DataError(
                f"the tokenizer in {path} cannot be read ({said}); fetch it again"
            ) from error
