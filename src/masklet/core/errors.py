"""What masklet raises. Every message says what was found, what was expected and what to do."""

from __future__ import annotations


class MaskletError(Exception):
    """Base of every error that masklet raises on purpose.

    `exit_code` is what the command line returns for it: 1 for data that cannot be used,
    2 for a call that cannot be understood.
    """

    exit_code = 1


class DataError(MaskletError):
    """A file, a frame or a table is not what it should be."""


class UsageError(MaskletError):
    """The call itself is wrong: an unknown name, an option out of range, a missing argument."""

    exit_code = 2


class MissingExtraError(UsageError):
    """A library that an optional part needs is not installed; the message holds the install line."""

    def __init__(self, library: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs {library}, which is not installed; run: pip install 'masklet[{extra}]'"
        )
        self.library = library
        self.extra = extra


class LossWarning(UserWarning):
    """A conversion dropped something that the target format cannot hold. Each loss is named once."""


class OtherVideoWarning(UserWarning):
    """Masks meet a video that is not the one they were made on."""
