"""Plots are written, differ with their data, and leave matplotlib as it was."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from masklet.core import DataError, MissingExtraError
from masklet.ops.measures import measure
from masklet.ops.zones import Zone
from masklet.render import plots
from masklet.render.plots import Scene, write_plots

ZONES = (Zone("nest", [[0, 0], [80, 0], [80, 120], [0, 120]]),)


def test_all_plots(media, masks, tmp_path):
    import matplotlib

    before = dict(matplotlib.rcParams)
    table = measure(masks, 0.5, ZONES)
    paths = write_plots(table, tmp_path, Scene((160, 120), media[0], ZONES, "still"))
    assert [path.name for path in paths] == [
        "trajectory.png",
        "time_series.png",
        "occupancy.png",
        "zones.png",
    ]
    for path in paths:
        with Image.open(path) as image:
            assert image.width > 500
            assert len(np.unique(np.array(image.convert("RGB")).reshape(-1, 3), axis=0)) > 50
    assert dict(matplotlib.rcParams) == before


def test_without_times_zones_and_background(masks, tmp_path):
    video = masks.video.__class__("v", 160, 120, 20)
    paths = write_plots(measure(masks.replace(video=video)), tmp_path, Scene((160, 120)))
    assert len(paths) == 3


def test_many_objects_and_single_rows(masks, tmp_path):
    rows = masks.take(np.arange(18))
    each = rows.replace(object_id=np.arange(1, 19))
    assert len(write_plots(measure(each, zones=ZONES), tmp_path, Scene((160, 120)))) == 4


def test_an_empty_table(masks, tmp_path):
    with pytest.raises(DataError, match="nothing to plot"):
        write_plots(measure(masks.take(slice(0, 0))), tmp_path, Scene((160, 120)))


def test_without_matplotlib(masks, tmp_path, monkeypatch):
    monkeypatch.setattr("masklet.core.registry.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'masklet\[plots\]'"):
        write_plots(measure(masks), tmp_path, Scene((160, 120)))


def test_running_median_ignores_an_outlier():
    values = np.ones(50)
    values[[10, 30]] = 99, np.nan
    smooth = plots._smooth(values)
    assert np.isnan(smooth[30])
    assert np.delete(smooth, 30) == pytest.approx(1)
