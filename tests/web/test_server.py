"""`masklet serve` as a process: what it opens, what it says, how it ends, and what a kill costs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from masklet.cli.main import app
from masklet.core import DataError, UsageError
from masklet.core.errors import MissingExtraError
from masklet.media.writer import VideoWriter
from masklet.store.project import Project
from masklet.testing.scenes import Scene
from masklet.web import server
from masklet.web.gate import Gate
from masklet.web.lock import Served
from masklet.web.opening import find_place, open_place
from web_kit import packet

MASKLET = [sys.executable, "-c", "from masklet.cli.main import run; run()"]


@dataclass
class Running:
    """A server process."""

    process: subprocess.Popen[str]
    lines: list[str]
    url: str

    def client(self) -> httpx.Client:
        """Somebody who speaks to it."""
        return httpx.Client(base_url=self.url, timeout=30)

    def end(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """(exit code, the rest of what it said) after a signal."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=60)
        return self.process.returncode, out


@contextmanager
def started(folder: Path, *words: str, **env: str) -> Iterator[Running]:
    """`masklet serve WORDS` in a folder, without a worker, from its address on."""
    ready = [*MASKLET, "serve", *words, "--no-open", "--no-worker"]
    process = subprocess.Popen(
        ready,
        cwd=folder,
        env=os.environ | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if line.startswith("Ctrl-C "):
                break
        address = [line.removeprefix("open ") for line in lines if line.startswith("open ")]
        assert len(address) == 1, "\n".join(lines)
        yield Running(process, lines, address[0])
    finally:
        process.kill()
        process.communicate()


def test_a_video_becomes_a_project_in_a_folder_of_its_name(film: Path, tmp_path: Path) -> None:
    with started(tmp_path, str(film), "--port", "0") as running, running.client() as client:
        path = tmp_path / "scene" / "project.masklet"
        assert running.lines[0] == f"project {path} (new)"
        told = client.get("/api/v1/project").json()
        assert [one["name"] for one in told["videos"]] == ["scene"]
        assert json.loads(path.with_name("project.masklet.serving").read_text())["url"] == running.url
        code, rest = running.end()
    assert code == 0
    assert f"everything is saved in {path}" in rest
    assert sorted(one.name for one in path.parent.iterdir() if one.is_file()) == ["project.masklet"]
    with Project.open(path) as project:
        assert Path(project.videos()[1].uri) == film


def test_sigterm_ends_it_as_well_and_open_tabs_do_not_keep_it(project_path: Path) -> None:
    from websockets.sync.client import connect

    with started(project_path.parent, str(project_path), "--port", "0") as running:
        assert running.lines[0] == f"project {project_path}"
        with connect(running.url.replace("http", "ws") + "api/v1/socket"):
            code, _ = running.end(signal.SIGTERM)
    assert code == 0


def test_kill_9_loses_no_acknowledged_save(project_path: Path) -> None:
    """Saves go on while the server is killed; whatever was acknowledged is there afterwards."""
    acknowledged: dict[tuple[int, int], int] = {}
    chosen = 0
    for round_number in range(3):
        with started(project_path.parent, str(project_path), "--port", "0") as running:
            with running.client() as client:
                if not chosen:
                    made = client.post("/api/v1/videos/1/objects", json={"label": "rat"})
                    chosen = made.json()["id"]
                known = client.get("/api/v1/videos/1").json()["revision"]
                for n in range(40):
                    frame, x = n % 12, (round_number * 40 + n) % 80
                    answer = client.put(
                        f"/api/v1/videos/1/masks/{frame}/{chosen}",
                        content=packet(frame, chosen, x),
                        headers={"If-Match": f'"{known}"'},
                    )
                    assert answer.status_code == 200
                    known = answer.json()["revision"]
                    acknowledged[frame, chosen] = x
            running.process.kill()
            assert running.process.wait() == -signal.SIGKILL
        assert Project.open(project_path).faults() == []
    with Project.open(project_path) as project:
        rows = project.masks().load()
        assert len(project.masks().history()) >= 120
    for (frame, number), x in acknowledged.items():
        runs = rows.on(frame).of(number).row_runs(0)
        assert int(runs[0]) == x * 64 + 10  # column by column, 64 pixels high, the square at y = 10


def test_after_a_kill_the_next_server_takes_over(project_path: Path) -> None:
    lock = project_path.with_name("project.masklet.serving")
    with started(project_path.parent, str(project_path), "--port", "0") as running:
        running.process.kill()
        running.process.wait()
    assert lock.exists()
    with started(project_path.parent, str(project_path), "--port", "0") as running:
        assert json.loads(lock.read_text())["pid"] == running.process.pid


def test_a_second_server_of_the_project_names_the_first(project_path: Path) -> None:
    with started(project_path.parent, str(project_path), "--port", "0") as running:
        second = subprocess.run(
            [*MASKLET, "serve", ".", "--port", "0", "--no-open"],
            cwd=project_path.parent,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 1
        assert running.url in second.stderr
        assert str(running.process.pid) in second.stderr
        assert len(second.stderr.splitlines()) == 1


def test_a_port_that_is_taken_is_passed_over(project_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with started(project_path.parent, str(project_path), "--port", str(port)) as running:
            found = int(re.findall(r":(\d+)/", running.url)[0])
            assert port < found < port + 100
            assert f"port {port} is taken; using {found}" in running.lines


def test_without_a_path_it_makes_an_empty_project_here(tmp_path: Path) -> None:
    with started(tmp_path, "--port", "0") as running, running.client() as client:
        assert client.get("/api/v1/project").json()["videos"] == []
        assert (tmp_path / "project.masklet").exists()
        refused = client.get("/api/v1/videos/1")
        assert refused.status_code == 404


def test_other_addresses_need_the_token_that_is_printed_once(project_path: Path) -> None:
    words = (str(project_path), "--host", "0.0.0.0", "--port", "0")
    with started(project_path.parent, *words) as running:
        address, _, token = running.url.partition("?token=")
        assert len(token) >= 43
        port = re.findall(r":(\d+)/", address)[0]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert client.get("/api/v1/health").status_code == 401
            entered = client.get(f"/?token={token}", follow_redirects=True)
            assert entered.status_code == 200
            assert entered.url.query == b""
            assert client.get("/api/v1/me").json()["token_needed"] is True
        lock = project_path.with_name("project.masklet.serving")
        assert token not in lock.read_text()
        assert lock.stat().st_mode & 0o077 == 0
        _, rest = running.end()
        assert any("ssh -L" in line for line in running.lines)
        assert sum(token in line for line in running.lines) == 1
    assert token not in rest


def test_a_chosen_token_is_taken_and_a_short_one_refused(
    project_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = "abcdefghijklmnop0123"
    words = (str(project_path), "--port", "0")
    with started(project_path.parent, *words, MASKLET_TOKEN=chosen) as running:
        assert running.url.endswith(f"?token={chosen}")
    monkeypatch.setenv("MASKLET_TOKEN", "short")
    with pytest.raises(UsageError, match="at least 16"):
        server.gate_of("127.0.0.1")
    monkeypatch.setenv("MASKLET_TOKEN", "with spaces and more")
    with pytest.raises(UsageError, match="letters and digits"):
        server.gate_of("127.0.0.1")


def test_who_needs_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MASKLET_TOKEN", raising=False)
    assert server.gate_of("127.0.0.1").token == ""
    assert server.gate_of("localhost").token == ""
    assert server.gate_of("127.0.0.1", token=True).token
    for host in ("0.0.0.0", "192.168.0.3", "::"):
        assert server.gate_of(host).token
    assert server.gate_of("0.0.0.0", names=["rig.lab.example"]).knows("rig.lab.example:8800")
    for name in ("rig:8800", "a b", "http://rig", ""):
        with pytest.raises(UsageError, match="is no host"):
            server.gate_of("0.0.0.0", names=[name])


def test_calls_that_cannot_be_are_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="port is 70000"):
        server.serve(port=70000)
    with pytest.raises(UsageError, match="no page"):
        server.serve(page="home")
    with pytest.raises(DataError, match="is no folder"):
        server.serve(media=["nowhere"])
    with pytest.raises(DataError, match="does not exist"):
        server.serve("lost.mp4")
    with pytest.raises(DataError, match="does not exist"):
        server.serve("lost.masklet")
    with pytest.raises(UsageError, match="no address of this machine"):
        server.serve(host="no such host")
    with pytest.raises(UsageError, match="cannot listen"):
        server.serve(host="192.0.2.1", port=0)
    assert list(tmp_path.iterdir()) == []


def test_without_its_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from masklet.core import registry

    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'masklet\[serve\]'"):
        server.serve()


def test_answers_are_sent_at_once() -> None:
    """Without it every answer to an open connection waits 40 ms for the next acknowledgement."""
    with (
        server.listening("127.0.0.1", 0, print) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.proto == socket.IPPROTO_TCP  # by which asyncio sets TCP_NODELAY


def test_a_lock_is_held_once_and_goes_with_its_holder(tmp_path: Path) -> None:
    first = Served(tmp_path / "p.masklet")
    first.say("http://127.0.0.1:8800/")
    with pytest.raises(DataError, match=r"served already at http://127\.0\.0\.1:8800/ by process"):
        Served(tmp_path / "p.masklet")
    first.release()
    first.release()
    assert list(tmp_path.iterdir()) == []
    second = Served(tmp_path / "p.masklet")
    second.release()


@pytest.mark.parametrize("left", [b"", b"{", b"[1]", b'{"pid": 1}', b"\xff"])
def test_what_a_dead_server_left_behind_is_no_hindrance(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "p.masklet.serving").write_bytes(left)
    Served(tmp_path / "p.masklet").release()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot write"):
        Served(tmp_path / "nowhere" / "p.masklet")


def other_film(folder: Path, name: str) -> Path:
    scene = Scene("arena", 1, size_wh=(96, 64), n_frames=4, seed=3)
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, scene.size_wh, fps=scene.fps) as writer:
        for _, image in scene.frames():
            writer.write(image)
    return path


def test_which_project_a_path_means(
    film: Path, project_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_place().project == tmp_path / "project.masklet"
    assert find_place(out="there").project == Path("there/project.masklet")
    assert find_place(str(project_path)).project == project_path
    assert find_place(str(project_path.parent)).project == project_path
    assert find_place(str(film)).project == tmp_path / "scene" / "project.masklet"
    assert find_place(str(film), out="o").project == Path("o/project.masklet")
    (tmp_path / "pictures").mkdir()
    with pytest.raises(DataError):
        find_place("pictures")
    (tmp_path / "renamed.db").write_bytes(project_path.read_bytes())
    assert find_place("renamed.db").project == Path("renamed.db")


def test_a_film_that_was_renamed_is_the_same_and_another_one_stands_apart(
    film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first, made = open_place(find_place(str(film)))
    first.close()
    assert made
    copy = tmp_path / "copy" / "scene.mp4"
    copy.parent.mkdir()
    copy.write_bytes(film.read_bytes())
    again, made = open_place(find_place(str(copy)))
    assert not made
    assert [one.uri for one in again.videos().values()] == [str(copy)]
    again.close()
    other = other_film(tmp_path / "other", "scene.mp4")
    with pytest.raises(DataError, match="stands in the way"):
        open_place(find_place(str(other)))
    both, _ = open_place(find_place(str(other), out="scene"))
    assert len(both.videos()) == 2
    both.close()


def test_help_pages_name_what_there_is() -> None:
    for verb, words in {
        "serve": ("--out", "--host", "--media", "--token"),
        "review": ("--port",),
    }.items():
        shown = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "120"})
        assert shown.exit_code == 0
        assert all(word in shown.output for word in words)


def test_the_gate_forgets_no_name() -> None:
    gate = Gate("192.168.7.7", "x" * 20, ["annotator.lab.example"])
    for host in ("192.168.7.7:8800", "annotator.lab.example", "localhost", "10.0.0.1"):
        assert gate.knows(host)
    assert not gate.knows("evil.example")


def test_the_web_process_never_loads_torch(project_path: Path) -> None:
    code = (
        "import sys; from masklet.web.app import create_app; from masklet.web.workplace import "
        "Workplace; from masklet.store.project import Project; import masklet.web.offers as o; "
        "create_app(Workplace(Project.open(sys.argv[1]))); o.engines(); o.formats(); "
        "sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(project_path)], timeout=120)
    assert ran.returncode == 0
