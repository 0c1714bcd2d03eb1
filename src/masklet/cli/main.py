"""`masklet VERB`: parse, call one function, print. Every error is one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from types import FrameType
from typing import Any

import typer

from masklet._version import __version__
from masklet.cli import (
    batch,
    compare,
    convert,
    demo,
    doctor,
    evaluate,
    history,
    measure,
    models,
    overlay,
    redo,
    review,
    segment,
    serve,
    smooth,
    track,
    undo,
    worker,
)
from masklet.core.errors import MaskletError

app = typer.Typer(
    name="masklet",
    help="From raw video to instance masks: annotate a little, track, look, correct, measure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
VERBS = (
    demo,
    doctor,
    segment,
    track,
    batch,
    history,
    undo,
    redo,
    convert,
    overlay,
    smooth,
    measure,
    evaluate,
    compare,
    models,
    serve,
    review,
    worker,
)
for verb in VERBS:
    app.command()(verb.command)  # each command function is named after its verb


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"masklet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and stop."
    ),
) -> None:
    pass


class _StoppedError(BaseException):
    """Ctrl-C. Not `KeyboardInterrupt`, which the argument parser would turn into its own message."""


def run() -> None:
    """The console script. Exit codes: 0 done, 1 data that cannot be used, 2 wrong call, 130 Ctrl-C."""
    warnings.showwarning = _show_warning
    signal.signal(signal.SIGINT, _stop)
    try:
        app()
    except MaskletError as error:
        _fail(str(error), error.exit_code)
    except (_StoppedError, KeyboardInterrupt):
        _fail("stopped; what was done is kept, the same command goes on from there", 130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        _fail(f"the system refused{where}: {error.strerror or error}", 1)
    except MemoryError:
        _fail("out of memory; close other programs or work on smaller frames", 1)
    except Exception as error:
        if os.environ.get("MASKLET_TRACEBACK"):
            raise
        _fail(
            f"this should not have happened: {type(error).__name__}: {error}. Please report it with "
            "what the same command prints when MASKLET_TRACEBACK=1 is set",
            1,
        )


def _stop(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not break the tidying up
    raise _StoppedError


def _fail(message: str, code: int) -> None:
    typer.echo(f"masklet: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    """Warnings of ours as one plain line; those of libraries with their kind."""
    ours = category.__module__.partition(".")[0] == "masklet"
    kind = "" if ours else f"{category.__name__}: "
    typer.echo(f"note: {kind}{message}", err=True)
