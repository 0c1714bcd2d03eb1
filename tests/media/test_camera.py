"""Camera: live, bounded, never waiting for ever. The streams are real: files, and HTTP on loopback."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from masklet.core import DataError, MediaSource, UsageError
from masklet.media import Camera, open_media
from media.clips import number_of, write_clip


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        data: bytes = self.server.payload  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Type", "video/mp2t")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for at in range(0, len(data), 4096):
            if self.server.silent_after <= at:  # type: ignore[attr-defined]
                self.server.over.wait(20)  # type: ignore[attr-defined]
                return
            try:
                self.wfile.write(data[at : at + 4096])
            except OSError:
                return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on the terminal."""


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.payload = write_clip(tmp_path / "live.ts", "libx264", 100, options={"g": "10"}).read_bytes()  # type: ignore[attr-defined]
    server.silent_after = 1 << 30  # type: ignore[attr-defined]
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    server.server_close()
    thread.join()


def address(server: http.server.ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}/live.ts"


def test_a_stream_over_http_to_its_end(stream: http.server.ThreadingHTTPServer) -> None:
    with open_media(address(stream), buffer=200, timeout=10) as camera:  # type: ignore[attr-defined]
        assert isinstance(camera, Camera)
        assert isinstance(camera, MediaSource)
        assert camera.video.n_frames == -1
        assert camera.video.size_wh(0) == (96, 64)
        found = [(index, number_of(image)) for index, image in camera.frames()]
        assert found == [(i, i) for i in range(100)]
        assert camera.dropped == 0


def test_a_stream_that_falls_silent_is_an_error_in_time(stream: http.server.ThreadingHTTPServer) -> None:
    stream.silent_after = len(stream.payload) // 2  # type: ignore[attr-defined]
    began = time.monotonic()
    with Camera(address(stream), buffer=200, timeout=1) as camera:
        seen = 0
        message = ""
        try:
            for _ in camera.frames():
                seen += 1
        except DataError as error:
            message = str(error)
    assert message
    assert "\n" not in message
    assert seen > 10
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("uri", ["rtsp://127.0.0.1:9/x", "http://127.0.0.1:9/x", "camera:97"])
def test_nobody_there(uri: str) -> None:
    with pytest.raises(DataError) as caught:
        open_media(uri, timeout=5)
    assert "\n" not in str(caught.value)


def test_a_slow_caller_loses_the_oldest_frames_and_is_told(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", "libx264", 80)
    with Camera(path, buffer=4) as camera:
        deadline = time.monotonic() + 10
        while camera.dropped < 76 and time.monotonic() < deadline:
            time.sleep(0.01)
        found = [(index, number_of(image)) for index, image in camera.frames()]
        assert found == [(i, i) for i in range(76, 80)]
        assert camera.dropped == 76
        assert camera.notes == (f"76 of 80 frames of {path} were dropped",)
        assert number_of(camera[79]) == 79
        with pytest.raises(DataError, match=r"it holds 76\.\.79"):
            camera[3]


def test_realtime_plays_at_the_files_own_speed(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "x.mp4", "libx264", 6, rate=20)
    began = time.monotonic()
    with Camera(path, realtime=True) as camera:
        assert [index for index, _ in camera.frames()] == list(range(6))
    assert time.monotonic() - began >= 5 / 20


def test_ranges_of_a_live_source(tmp_path: Path) -> None:
    with Camera(write_clip(tmp_path / "x.mp4", "libx264", 30), buffer=50) as camera:
        assert [index for index, _ in camera.frames(4, 20, 5)] == [4, 9, 14, 19]


def test_closing_ends_the_loop_and_the_thread(tmp_path: Path) -> None:
    camera = Camera(write_clip(tmp_path / "x.mp4", "libx264", 100, rate=20), realtime=True)
    frames = camera.frames()
    next(frames)
    camera.close()
    assert len(list(frames)) <= 8
    assert not camera._thread.is_alive()


@pytest.mark.parametrize("options", [{"buffer": 0}, {"timeout": 0}])
def test_options_out_of_range(options: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        Camera("camera:0", **options)  # type: ignore[arg-type]
