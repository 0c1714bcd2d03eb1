"""`serve`: a project in the browser, from a path to a running server and back."""

from __future__ import annotations

import errno
import getpass
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from masklet.core import DataError, MaskletError, UsageError
from masklet.core.content import short
from masklet.core.registry import require

if TYPE_CHECKING:
    from masklet.store.project import Project
    from masklet.web.gate import Gate
    from masklet.web.opening import Place
    from masklet.web.workplace import Workplace

PAGES = ("annotate", "review", "jobs", "project", "settings")
_TRIED = 100
"""Ports that are tried after one that is taken."""
_SHORTEST = 16
"""Characters of a token that somebody chose."""
_LIBRARIES = ("starlette", "uvicorn", "websockets", "dbos")


def serve(
    path: str = "",
    *,
    out: str = "",
    host: str = "127.0.0.1",
    port: int = 8800,
    open_browser: bool = True,
    media: Sequence[str | Path] = (),
    db: str = "",
    engine: str = "auto",
    page: str = "annotate",
    token: bool = False,
    names: Sequence[str] = (),
    worker: bool = True,
    say: Callable[[str], None] | None = None,
) -> None:
    """Serve a project to browsers until Ctrl-C or SIGTERM.

    Args:
        path: a project, a folder with one, a video, images; empty = a project in this folder.
        out: the folder for the project of a video; empty = one named after the video, here.
        host: address to listen on. Any but loopback asks browsers for a token.
        port: where to listen; one further on where it is taken; 0 = any that is free.
        open_browser: show the page in this machine's browser.
        media: folders whose videos can be added in the browser.
        db: database of jobs; empty = a file beside the project.
        engine: the engine of jobs that name none.
        page: the page that is shown first: annotate, review, jobs, project or settings.
        token: ask for a token on loopback too, where others work on the same machine.
        names: further names of this machine by which browsers reach it, such as `rig.lab.example`.
        worker: run jobs and answer clicks in a process of this server.
        say: told each line for people; None = standard output.

    Raises `MissingExtraError` without the extra `serve`, `UsageError` for an address that cannot be,
    `DataError` where the project cannot be opened or is served already.
    """
    for library in _LIBRARIES:
        require(library, "serve", "masklet serve")
    from masklet.web.opening import find_place

    say = say or _print
    _check_call(port, page)
    wishes = Wishes(tuple(_folder(one) for one in media), db, engine, page, open_browser, worker, say)
    place, gate = find_place(path, out), gate_of(host, token, names)
    with listening(host, port, say) as listener:
        _serve_place(place, gate, listener, wishes)


@dataclass(frozen=True)
class Wishes:
    """What a person asked for beside the place and the address; see `serve`."""

    media: tuple[Path, ...]
    db: str
    engine: str
    page: str
    open_browser: bool
    worker: bool
    say: Callable[[str], None]


def _serve_place(place: Place, gate: Gate, listener: socket.socket, wishes: Wishes) -> None:
    """Serve until somebody ends it; then let go of everything."""
    from masklet.web.lock import Served
    from masklet.web.opening import open_place

    place.folder.mkdir(parents=True, exist_ok=True)
    served = Served(place.project)
    try:
        project, made = open_place(place)
        wishes.say(f"project {place.project}" + (" (new)" if made else ""))
        with _working(project, gate, wishes) as workplace:
            url = _url(listener)
            served.say(url)
            _read_ahead(workplace)
            _run(workplace, gate, listener, lambda: _ready(workplace, gate, url, wishes))
        wishes.say(f"stopped; everything is saved in {place.project}")
    finally:
        served.release()


def _read_ahead(place: Workplace) -> None:
    """Read the first video's timeline meanwhile; its page asks for it, and a long one takes a second."""

    def read() -> None:
        try:
            place.store(next(iter(place.project.videos()))).timeline()
        except (MaskletError, StopIteration):
            return  # no video, or the project was closed: whoever asks later is told

    threading.Thread(target=read, name="masklet-read-ahead", daemon=True).start()


@contextmanager
def _working(project: Project, gate: Gate, wishes: Wishes) -> Iterator[Workplace]:
    """The workplace with its jobs and its worker, which starts meanwhile."""
    from masklet.web.workplace import Workplace

    place = Workplace(project, wishes.media, engine=wishes.engine, token=gate.token, author=_person())
    try:
        if wishes.worker or wishes.db:
            _start_jobs(place, wishes)
        yield place
    finally:
        for part in (place.link, place.board, place):
            if part is not None:
                part.close()


def _start_jobs(place: Workplace, wishes: Wishes) -> None:
    """Keep jobs; with a worker here, or for workers elsewhere alone."""
    from masklet.jobs.board import Board, url_of
    from masklet.jobs.crew import Crew

    path = place.project.path.resolve()
    url = wishes.db or url_of(path.with_name(f"{path.stem}.jobs.sqlite"))
    place.board = Board(url)
    if not wishes.worker:
        return
    place.link = Crew(url, place.heard, f"{socket.gethostname()}-{short(path)[:8]}")
    place.link.start()


def _run(place: Workplace, gate: Gate, listener: socket.socket, ready: Callable[[], None]) -> None:
    from masklet.web.app import create_app
    from masklet.web.running import Server, config_of

    Server(config_of(create_app(place, gate)), ready).run_on(listener)


def _ready(place: Workplace, gate: Gate, url: str, wishes: Wishes) -> None:
    """The server listens: say where, and show it."""
    whole = f"{url}?token={gate.token}" if gate.token else url
    wishes.say(f"open {whole}")
    if gate.open_to_others:
        wishes.say(
            "others can reach this address, and http is not encrypted: on a network that you do not "
            "trust, serve on 127.0.0.1 and use ssh -L instead"
        )
    wishes.say("Ctrl-C stops; work is saved as it is done")
    if wishes.open_browser:
        page = wishes.page if place.project.videos() else "project"
        threading.Thread(target=_show, args=(place, gate, url, page), daemon=True).start()


def way_in(folder: Path, url: str) -> Path:
    """A page in `folder` that leads to `url` and that only this user can read; where it lies.

    What a browser is started with stands in the list of processes, which everybody of this machine can
    read: an address that holds the token must not be there.
    """
    from masklet.web.gate import leading_to

    path = folder / "open.html"
    path.unlink(missing_ok=True)
    path.touch(0o600, exist_ok=False)
    path.write_text(leading_to(url), "utf-8")
    return path


def _show(place: Workplace, gate: Gate, url: str, page: str) -> None:
    """Open the page in a browser of this machine, where there is one."""
    import webbrowser

    with suppress(webbrowser.Error, OSError):
        shown = f"{url}#/{page}"
        if gate.token:
            shown = way_in(place.scratch, f"{url}?token={gate.token}&page={page}").as_uri()
        webbrowser.open(shown)


@contextmanager
def listening(host: str, port: int, say: Callable[[str], None]) -> Iterator[socket.socket]:
    """A socket that listens on `host`, on `port` or the next one that is free.

    Raises `UsageError` for a host that is none of this machine's, `DataError` where nothing is free.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError) as error:
        raise UsageError(f"host {host!r} is no address of this machine; use 127.0.0.1") from error
    # with its protocol named, asyncio sends each answer at once (TCP_NODELAY) and not 40 ms later
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found = _bound(listener, address, port)
        if port and found != port:
            say(f"port {port} is taken; using {found}")
        listener.listen(128)
        yield listener


def _bound(listener: socket.socket, address: tuple[Any, ...], port: int) -> int:
    """Bind to the first free port from `port` on; which one it is."""
    for one in range(port, min(port + _TRIED, 65536)) if port else (0,):
        try:
            listener.bind((address[0], one, *address[2:]))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                continue
            raise UsageError(
                f"cannot listen on {address[0]} port {one}: {error.strerror}; "
                "choose another --host or --port"
            ) from error
        return int(listener.getsockname()[1])
    raise DataError(f"ports {port} to {port + _TRIED - 1} are all taken; choose another --port")


def gate_of(host: str, token: bool = False, names: Sequence[str] = ()) -> Gate:
    """Who may come in at `host`: on loopback everybody of this machine, else who has the token.

    `MASKLET_TOKEN` names one that stays the same; else one is made. Raises `UsageError` for a short one
    and for `names` that are none.
    """
    from masklet.web.gate import Gate, is_loopback, new_token, split_host

    named = os.environ.get("MASKLET_TOKEN", "")
    if named and (len(named) < _SHORTEST or not named.isascii() or not named.isalnum()):
        raise UsageError(
            f"MASKLET_TOKEN has {len(named)} characters; expected at least {_SHORTEST}, all of them "
            "letters and digits"
        )
    needed = token or bool(named) or not is_loopback(host)
    for name in names:
        if not split_host(name)[0] or split_host(name)[1]:
            raise UsageError(f"name {name!r} is no host; expected one such as rig.lab.example, no port")
    return Gate(host, (named or new_token()) if needed else "", names)


def _url(listener: socket.socket) -> str:
    """An address that a browser understands; for "all addresses" one of this machine's."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = _own_address() or socket.gethostname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _own_address() -> str:
    """The address that this machine would use to reach others; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _check_call(port: int, page: str) -> None:
    if not 0 <= port <= 65535:
        raise UsageError(f"port is {port}; expected 1 to 65535, or 0 for any that is free")
    if page not in PAGES:
        raise UsageError(f"no page is called {page!r}; expected one of: {', '.join(PAGES)}")


def _folder(path: str | Path) -> Path:
    if not Path(path).is_dir():
        raise DataError(f"{path} is no folder; name folders with videos after --media")
    return Path(path).resolve()


def _person() -> str:
    """The name under which this person works on this machine; empty where it has none."""
    try:
        return getpass.getuser()[:64]
    except (OSError, KeyError):
        return ""


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
