"""A server without a worker of its own: jobs are kept in a database, and workers elsewhere take them."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from annotator_kit import served, until
from jobs_kit import FILM, project_of, rows_of, worker
from masklet.jobs.board import url_of

pytestmark = pytest.mark.timeout(400)


def test_a_worker_elsewhere_takes_the_jobs_of_a_server_without_one(film: Path, tmp_path: Path) -> None:
    url = url_of(tmp_path / "jobs.sqlite")
    project_of(film, tmp_path / "out", 0)
    with served(film, tmp_path / "out", "--no-worker", "--db", url) as server:
        told = json.dumps({"video": 1, "engine": "flow"}).encode()
        headers = {"Content-Type": "application/json", "Origin": server.url.rstrip("/")}
        request = urllib.request.Request(f"{server.url}api/v1/jobs", told, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer)["state"] == "queued"
        with worker(url, "elsewhere"):
            until(lambda: server.jobs()[0]["state"] == "done", "the end of the job")
    assert rows_of(tmp_path / "out" / "project.masklet").frames.tolist() == list(range(FILM.n_frames))
