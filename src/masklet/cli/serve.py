"""`masklet serve`."""

from __future__ import annotations

from collections.abc import Sequence

import typer

_PATH = "A video, images, a project or the folder of results that holds one; none: a project here."


def command(
    path: str = typer.Argument("", help=_PATH, show_default=False),
    out: str = typer.Option("", help="Folder for the project of a video; else one of its name, here."),
    host: str = typer.Option(
        "127.0.0.1", help="Where to listen; others than this machine need a token."
    ),
    port: int = typer.Option(8800, help="Where to listen; 0 takes any that is free."),
    open_browser: bool = typer.Option(True, "--open/--no-open", help="Show the page in a browser."),
    media: list[str] = typer.Option(
        [], help="A folder whose videos can be added in the browser; may be given several times."
    ),
    db: str = typer.Option("", help="Database of jobs, for workers elsewhere; else a file beside."),
    engine: str = typer.Option("auto", help="Engine of jobs that name none."),
    token: bool = typer.Option(False, "--token", help="Ask for a token on this machine too."),
    name: list[str] = typer.Option(
        [], help="A further name of this machine in browsers; may be given several times."
    ),
    worker: bool = typer.Option(True, "--worker/--no-worker", help="Run jobs and answer clicks here."),
) -> None:
    """Annotate in the browser: draw, track, watch, stop, correct, review. Ctrl-C ends it."""
    run(path, "annotate", out, host, port, open_browser, media, db, engine, token, name, worker)


def run(
    path: str,
    page: str,
    out: str,
    host: str,
    port: int,
    open_browser: bool,
    media: list[str],
    db: str = "",
    engine: str = "auto",
    token: bool = False,
    names: Sequence[str] = (),
    worker: bool = True,
) -> None:
    """Serve with the lines printed as they come."""
    from masklet.web.server import serve

    serve(
        path,
        out=out,
        host=host,
        port=port,
        open_browser=open_browser,
        media=media,
        db=db,
        engine=engine,
        page=page,
        token=token,
        names=names,
        worker=worker,
        say=typer.echo,
    )


command.__name__ = "serve"
