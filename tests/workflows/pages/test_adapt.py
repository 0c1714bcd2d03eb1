"""The default engine, which fits itself before it tracks."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from annotator_kit import VIEW, Person, served, until
from browser_kit import Chromium
from flows_kit import rows
from jobs_kit import project_of
from masklet.core import Flags


def test_masks_arrive_while_it_fits_and_stop_stops(
    chromium: Chromium, film: Path, tmp_path: Path
) -> None:
    project_of(film, tmp_path / "out", 0)

    def fit(page: Page) -> None:
        me = Person(page, server)
        me.track()
        strip = page.get_by_label("Running job")
        strip.get_by_text("fits itself").wait_for(timeout=120_000)
        until(lambda: server.get("videos/1")["rows"] > 2, "the first masks")
        me.goto(5)
        page.locator(".objects .marks .score").first.wait_for(timeout=60_000)
        assert not server.jobs()[0]["done"]
        strip.get_by_role("button", name="Stop").click()
        until(lambda: server.jobs()[0]["state"] == "stopped", "the end")
        strip.wait_for(state="detached")

    with served(film, tmp_path / "out") as server:
        chromium.use(fit, **VIEW)
        found = rows(server)
    quick = found.take(found.frame > 0)
    assert len(quick) > 0
    assert (quick.flags & Flags.PROVISIONAL).all()
