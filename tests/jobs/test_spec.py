"""What a job may be told."""

from __future__ import annotations

import json

import pytest

from masklet.core import DataError, UsageError
from masklet.jobs.between import as_text
from masklet.jobs.ledger import Ledger, engine_for
from masklet.jobs.pulse import SILENCE, Pulse
from masklet.jobs.spec import JobSpec

WRONG = [
    ({"kind": "magic"}, "unknown kind"),
    ({"mode": "sometimes"}, "unknown mode"),
    ({"direction": "up"}, "unknown direction"),
    ({"kind": "resegment"}, "no frames"),
    ({"workers": 2}, "only between"),
    ({"workers": 0}, "expected 1"),
    ({"kind": "between", "workers": 2, "stop_at_flag": True}, "leave out"),
    ({"stop_at_flag": True, "direction": "backward"}, "goes forward"),
]


@pytest.mark.parametrize(("told", "said"), WRONG)
def test_refused(told: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        JobSpec("p.masklet", 1, **told)


def test_survives_json() -> None:
    spec = JobSpec("p.masklet", 2, "between", "3-9", objects=(1, 4), workers=3, options={"a": 1})
    assert JobSpec.of(json.loads(json.dumps(spec.as_dict()))) == spec
    with pytest.raises(UsageError, match="colour"):
        JobSpec.of({"project": "p", "video": 1, "colour": "red"})


def test_one_way_where_it_waits_or_stops() -> None:
    assert JobSpec("p", 1).way == "both"
    assert JobSpec("p", 1, stop_at_flag=True).way == "forward"
    assert JobSpec("p", 1, mode="frame_by_frame", direction="backward").way == "backward"


def test_ranges_as_text() -> None:
    assert as_text([range(3, 18), range(40, 41)]) == "3-17,40"
    assert JobSpec("p", 1, frames="3-17,40").ranges(50) == [range(3, 18), range(40, 41)]


def test_a_worker_is_dead_when_it_was_silent_for_long() -> None:
    now = [0.0]
    pulse = Pulse(lambda: now[0])
    assert not pulse.dead({"a": 5}, "a")
    now[0] = SILENCE + 1
    assert pulse.dead({"a": 5}, "a")
    assert not pulse.dead({"a": 6}, "a")
    assert not pulse.dead({"a": 6}, "never seen")
    now[0] = 3 * SILENCE
    assert pulse.dead({"a": 6}, "never seen")


@pytest.mark.parametrize("url", ["mysql://x/y", "nothing"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UsageError, match="expected sqlite"):
        engine_for(url)


def test_a_database_that_cannot_be_made_is_said() -> None:
    with pytest.raises(DataError, match="cannot keep jobs"):
        Ledger("sqlite:////nowhere/at/all/jobs.sqlite")
