"""Weights from a hub: a server on this machine speaks as much of its language as a download needs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from masklet.core import DataError, UsageError
from masklet.models.foundation import fetching, weights
from masklet.models.foundation.catalogue import entry

TINY = entry("sam2-tiny")
COMMIT = "ab" * 20


def git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class Hub(ThreadingHTTPServer):
    """One repository. `breaks_at`: bytes after which the connection is cut; `down`: only errors."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        tensors = {"a": np.arange(700_000, dtype=np.float32)}
        self.files = {
            "config.json": b'{"model_type": "sam2_video"}',
            "model.safetensors": save(tensors),
            "preprocessor_config.json": b"{}",
            "sam2.1_hiera_tiny.pt": b"a pickle that nobody wants",
            "README.md": b"# SAM",
        }
        self.breaks_at, self.down, self.gated, self.garbled, self.ranges_off = (
            0,
            False,
            False,
            False,
            False,
        )
        self.asked: list[tuple[str, str]] = []

    def listing(self) -> bytes:
        siblings = []
        for name, data in self.files.items():
            one = {"rfilename": name, "size": len(data), "blobId": git_hash(data)}
            if name.endswith(".safetensors"):
                digest = hashlib.sha256(data).hexdigest()
                one["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 130}
            siblings.append(one)
        about = {"_id": "0", "id": TINY.repo, "modelId": TINY.repo, "sha": COMMIT, "private": False}
        return json.dumps({**about, "siblings": siblings}).encode()


class _Talk(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(False)

    def do_GET(self) -> None:
        self._answer(True)

    def _answer(self, body: bool) -> None:
        hub, path = self.server, self.path.partition("?")[0]
        if hub.down and body:
            self._send(500, {}, b"")
        elif path == f"/api/models/{TINY.repo}":
            self._send(200, {"Content-Type": "application/json"}, hub.listing())
        elif hub.gated:
            self._send(403, {"X-Error-Code": "GatedRepo"}, b"")
        else:
            self._file(path.rpartition("/")[2], body)

    def _file(self, name: str, body: bool) -> None:
        hub, asked = self.server, self.headers.get("Range", "")
        data = hub.files[name]
        large = name.endswith(".safetensors")
        etag = hashlib.sha256(data).hexdigest() if large else git_hash(data)
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": COMMIT}
        if not body:
            self._send(200, headers, data, body=False)
            return
        hub.asked.append((name, asked))
        if hub.garbled:
            data = bytes(len(data))
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and not hub.ranges_off else 0
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        self._send(206 if start else 200, headers, data[start:], cut=hub.breaks_at)

    def _send(
        self, code: int, headers: dict[str, str], data: bytes, body: bool = True, cut: int = 0
    ) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(data[:cut] if cut else data)
        if cut and cut < len(data):
            self.server.down = True
            self.close_connection = True


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 18)
        yield server
        server.shutdown()


def asked_for(hub: Hub, name: str) -> list[str]:
    return [span for one, span in hub.asked if one == name]


def test_weights_arrive_and_are_found(hub):
    told = []
    path = fetching.fetch(TINY, lambda *said: told.append(said))
    assert weights.find("sam2-tiny") == path
    assert (path / weights.SINGLE).read_bytes() == hub.files[weights.SINGLE]
    assert {one.name for one in path.iterdir()} == {
        "config.json",
        weights.SINGLE,
        "preprocessor_config.json",
    }
    assert told[-1] == ("sam2-tiny", 3, 3)
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)


def test_a_second_pull_fetches_nothing(hub):
    fetching.fetch(TINY)
    hub.asked.clear()
    fetching.fetch(TINY)
    assert hub.asked == []


def test_a_download_that_broke_off_goes_on(hub):
    hub.breaks_at = 2_000_000
    with pytest.raises(DataError, match=r"pull sam2-tiny again|try again later"):
        fetching.fetch(TINY)
    there = weights.half_downloaded(TINY)
    assert 1_000_000 < there <= 2_000_000
    with pytest.raises(DataError, match=r"masklet models pull sam2-tiny"):
        weights.find("sam2-tiny")
    hub.breaks_at, hub.down = 0, False
    hub.asked.clear()
    path = fetching.fetch(TINY)
    assert asked_for(hub, weights.SINGLE) == [f"bytes={there}-"]
    assert (path / weights.SINGLE).read_bytes() == hub.files[weights.SINGLE]
    assert weights.half_downloaded(TINY) == 0


def test_a_server_that_cannot_go_on_starts_again(hub):
    hub.breaks_at = 2_000_000
    with pytest.raises(DataError):
        fetching.fetch(TINY)
    hub.breaks_at, hub.down, hub.ranges_off = 0, False, True
    path = fetching.fetch(TINY)
    assert (path / weights.SINGLE).read_bytes() == hub.files[weights.SINGLE]


def test_what_is_not_as_announced_is_removed(hub):
    hub.garbled = True
    with pytest.raises(
        DataError, match=r"model.safetensors of sam2-tiny arrived damaged and was removed"
    ):
        fetching.fetch(TINY)
    assert weights.half_downloaded(TINY) == 0
    hub.garbled = False
    assert fetching.fetch(TINY) == weights.find("sam2-tiny")


@pytest.mark.parametrize("change", [lambda data: data[:1000], lambda data: data[:-1] + b"x"])
@pytest.mark.parametrize("name", [weights.SINGLE, "tokenizer.json"])
def test_a_blob_that_was_spoilt_is_fetched_again(hub, change, name):
    hub.files["tokenizer.json"] = b"[" + b" " * (1 << 21) + b"]"
    path = fetching.fetch(TINY)
    blob = (path / name).resolve()
    blob.write_bytes(change(blob.read_bytes()))
    hub.asked.clear()
    assert fetching.fetch(TINY) == path
    assert [one for one, _ in hub.asked] == [name]
    assert (path / name).read_bytes() == hub.files[name]


@pytest.mark.parametrize("size", [100, 1 << 21])
def test_other_bytes_than_announced_of_a_file_that_git_keeps(hub, size):
    hub.files["tokenizer.json"] = b"y" * size
    announced = hub.listing()
    hub.listing = lambda: announced
    hub.files["tokenizer.json"] = b"z" * size
    with pytest.raises(DataError, match=r"tokenizer.json of sam2-tiny arrived damaged and was removed"):
        fetching.fetch(TINY)


def lying(change):
    def lie(hub: Hub) -> None:
        told = json.loads(hub.listing())
        large = next(one for one in told["siblings"] if "lfs" in one)
        change(told, large)
        hub.listing = lambda: json.dumps(told).encode()

    return lie


@pytest.mark.parametrize(
    "lie",
    [
        lying(lambda told, large: large["lfs"].update(sha256="../../../outside")),
        lying(lambda told, large: large["lfs"].update(sha256="/outside")),
        lying(lambda told, large: large.update(size=None)),
        lying(lambda told, large: large["lfs"].pop("size")),
        lying(lambda told, large: told.clear()),
        lying(lambda told, large: told.update(sha="../..")),
        lambda hub: setattr(hub, "listing", lambda: b"<html>please log in</html>"),
        lambda hub: setattr(hub, "listing", lambda: b"[]"),
    ],
    ids=["up", "absolute", "no size", "no length", "nothing", "revision", "login page", "list"],
)
def test_an_answer_that_is_no_listing(hub, tmp_path, lie):
    lie(hub)
    with pytest.raises(DataError, match=r"in place of the Hugging Face hub does not list") as caught:
        fetching.fetch(TINY)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("outside*"))


@pytest.mark.parametrize("name", ["..\\evil.json", "../evil.json", "c:evil.json"])
def test_names_that_lead_elsewhere_are_left(hub, name):
    lying(lambda told, _: told["siblings"].append({"rfilename": name, "size": 3, "blobId": "0" * 40}))(
        hub
    )
    path = fetching.fetch(TINY)
    assert {one.name for one in path.iterdir()} == {
        "config.json",
        weights.SINGLE,
        "preprocessor_config.json",
    }


def test_two_pulls_at_once_fetch_once(hub):
    with ThreadPoolExecutor(2) as pool:
        paths = list(pool.map(lambda _: fetching.fetch(TINY), range(2)))
    assert paths[0] == paths[1]
    assert len(asked_for(hub, weights.SINGLE)) == 1


def test_weights_on_request_say_how_to_get_access(hub):
    hub.gated = True
    with pytest.raises(DataError, match=r"handed out on request .*ask for access.*run: hf auth login"):
        fetching.fetch(TINY)


def test_a_repository_without_safetensors(hub):
    del hub.files[weights.SINGLE]
    with pytest.raises(DataError, match=r"no model.safetensors under facebook/sam2.1-hiera-tiny"):
        fetching.fetch(TINY)


def test_another_model_under_the_name(hub):
    hub.files[weights.CONFIG] = b'{"model_type": "bert"}'
    with pytest.raises(UsageError, match="type 'bert'; sam2-tiny takes sam2_video"):
        fetching.fetch(TINY)


def test_no_room_on_the_disk(hub, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("masklet.models.foundation.fetching.shutil.disk_usage", lambda folder: usage)
    with pytest.raises(DataError, match=r"needs 3 MB more in .*0 MB are free; .*HF_HOME"):
        fetching.fetch(TINY)


def test_no_network(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        DataError, match=r"cannot be reached.*pull sam2-tiny again where there is a netw"
    ):
        fetching.fetch(TINY)


def masklet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "masklet", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_the_command_line_from_nothing_to_a_folder(hub):
    before = masklet("models", "path", "sam2-tiny")
    assert before.returncode == 1
    assert "masklet models pull sam2-tiny" in before.stderr
    pulled = masklet("models", "pull", "sam2-tiny")
    assert pulled.returncode == 0, pulled.stderr
    path = Path(pulled.stdout.strip())
    assert (path / weights.SINGLE).is_file()
    assert masklet("models", "path", "sam2-tiny").stdout == pulled.stdout
    lines = masklet("models", "list").stdout.splitlines()
    assert str(path) in next(one for one in lines if one.startswith("sam2-tiny"))
    assert "not here" in next(one for one in lines if one.startswith("sam2-large"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("pull",), "pull needs a name: masklet models pull NAME; known: sam2-tiny"),
        (("pull", "sam2-tinny"), "did you mean 'sam2-tiny'"),
        (("list", "sam3"), "did you mean: masklet models path sam3"),
    ],
)
def test_calls_that_cannot_be_understood(arguments, said):
    found = masklet("models", *arguments)
    assert found.returncode == 2
    assert said in found.stderr
