"""Jobs over HTTP: put up and led by whoever has the page, refused with a reason where they cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from masklet.jobs.board import Board, url_of
from masklet.jobs.spec import JobSpec
from masklet.store.project import Project
from masklet.web import offers
from masklet.web.workplace import Workplace
from web_kit import asked, opened, run, serving

JOBS = "/api/v1/jobs"


class Crew:
    """Counts how many workers were asked for."""

    def __init__(self) -> None:
        self.wanted: list[int] = []

    def ensure(self, workers: int) -> None:
        """Remember it."""
        self.wanted.append(workers)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Board]:
    """A board without a worker: what is put up waits."""
    found = Board(url_of(tmp_path_factory.mktemp("jobs") / "jobs.sqlite"))
    yield found
    found.close()


@pytest.fixture
def place(project_path: Path, board: Board) -> Iterator[Workplace]:
    workplace = Workplace(Project.open(project_path), board=board, engine="flow")
    workplace.session(1, "ann").add_object("rat")
    yield workplace
    workplace.close()


def test_a_job_is_put_up_looked_at_stopped_and_taken_up(place: Workplace) -> None:
    async def check() -> None:
        async with asked(place) as client:
            body = {"video": 1, "kind": "resegment", "frames": "2-5,8", "objects": [1]}
            answer = await client.post(JOBS, json=body, headers={"X-Author": "ann"})
            assert answer.status_code == 201
            job = answer.json()
            assert job["state"] == "queued"
            assert job["spec"]["engine"] == "flow"
            assert (job["spec"]["frames"], job["spec"]["author"]) == ("2-5,8", "ann")
            assert "project" not in job["spec"]
            assert str(place.folder) not in answer.text
            path = f"{JOBS}/{job['id']}"
            assert (await client.get(path)).json()["id"] == job["id"]
            assert job["id"] in [one["id"] for one in (await client.get(JOBS)).json()["jobs"]]
            early = await client.post(f"{path}/resume")
            assert (early.status_code, early.json()["error"]["code"]) == (409, "wrong_state")
            step = await client.post(f"{path}/step", json={"n": 1})
            assert step.status_code == 409
            assert (await client.post(f"{path}/stop")).json()["state"] == "stopped"
            assert (await client.post(f"{path}/resume")).json()["state"] == "queued"
            await client.post(f"{path}/stop")
            assert (await client.post(f"{path}/retry")).json()["state"] == "queued"

    run(check())


WRONG: dict[str, dict[str, Any]] = {
    "404 video": {"video": 9},
    "404 object": {"objects": [77]},
    "400 engine": {"engine": "warp drive"},
    "400 kind": {"kind": "all"},
    "400 no frames": {"kind": "resegment"},
    "400 frames": {"frames": "a-b"},
    "400 frames beyond": {"frames": "0-99999"},
    "400 direction": {"direction": "up"},
    "400 workers": {"kind": "between", "workers": 65},
    "400 mode": {"mode": "by hand"},
    "400 reuse": {"reuse": "yes"},
    "400 no number": {"video": "1"},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_job_that_cannot_be_is_refused_at_once(place: Workplace, case: str) -> None:
    async def check() -> None:
        async with asked(place) as client:
            answer = await client.post(JOBS, json={"video": 1} | WRONG[case])
            assert answer.status_code == int(case[:3]), answer.text
            assert answer.json()["error"]["remedy"]
            assert (await client.get(JOBS)).json()["jobs"] == []

    run(check())


def test_an_engine_that_lacks_something_is_refused_with_what_to_install(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offers, "find_spec", lambda name: None)

    async def check() -> None:
        async with asked(place) as client:
            answer = await client.post(JOBS, json={"video": 1, "engine": "adapt"})
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "engine_unavailable")
            assert "pip install" in answer.json()["error"]["remedy"]

    run(check())


def test_jobs_of_other_projects_are_not_shown(place: Workplace, board: Board) -> None:
    other = board.submit(JobSpec("/somewhere/else.masklet", 1))

    async def check() -> None:
        async with asked(place) as client:
            assert (await client.get(JOBS)).json()["jobs"] == []
            for path in (f"{JOBS}/{other}", f"{JOBS}/nothing", f"{JOBS}/a.b"):
                assert (await client.get(path)).status_code == 404
            assert (await client.post(f"{JOBS}/{other}/stop")).status_code == 404

    run(check())
    assert board.job(other).state == "queued"


def test_several_workers_are_started_for_what_lies_between(place: Workplace) -> None:
    crew = Crew()
    place.link = crew  # type: ignore[assignment]

    async def check() -> None:
        async with asked(place) as client:
            await client.post(JOBS, json={"video": 1})
            assert crew.wanted == []
            await client.post(JOBS, json={"video": 1, "kind": "between", "workers": 64})
            [wanted] = crew.wanted
            assert 1 <= wanted <= 64

    run(check())
    place.link = None


def test_a_film_that_is_gone_cannot_be_tracked(place: Workplace, film: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes() + b"\0")
    from masklet.media.opening import open_media

    with open_media(copy) as media:  # type: ignore[attr-defined]
        number = place.project.add_video(media.video)
    copy.unlink()

    async def check() -> None:
        async with asked(place) as client:
            answer = await client.post(JOBS, json={"video": number})
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "video_missing")

    run(check())


def test_every_tab_hears_of_a_job_whoever_put_it_up(place: Workplace, board: Board) -> None:
    async def check(port: int) -> None:
        async with opened(port, "ann", video=None) as tab:
            name = board.submit(JobSpec(str(place.project.path.resolve()), 1))
            assert (await tab.hear("job", lambda m: m["job"]["id"] == name))["job"]["state"] == "queued"
            board.stop(name)
            heard = await tab.hear("job", lambda m: m["job"]["state"] == "stopped")
            assert heard["job"]["id"] == name

    with serving(place) as port:
        run(check(port))
