"""Small masks of every awkward form, as hypothesis draws them."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


@st.composite
def mask(draw, size_wh=None):
    """`(h, w) bool`: empty, full, a block, crumbs, a line."""
    w, h = size_wh or (draw(st.integers(1, 13)), draw(st.integers(1, 13)))
    form = draw(st.sampled_from(["empty", "full", "block", "crumbs", "first", "last"]))
    found = np.zeros((h, w), bool)
    if form == "full":
        found[:] = True
    elif form == "block":
        x0, x1 = sorted((draw(st.integers(0, w)), draw(st.integers(0, w))))
        y0, y1 = sorted((draw(st.integers(0, h)), draw(st.integers(0, h))))
        found[y0:y1, x0:x1] = True
    elif form == "crumbs":
        seed, share = draw(st.integers(0, 2**31)), draw(st.sampled_from([0.1, 0.5, 0.9]))
        found = np.random.default_rng(seed).random((h, w)) < share
    elif form == "first":
        found[0, 0] = True
    elif form == "last":
        found[-1, -1] = True
    return found


@st.composite
def masks(draw, n):
    """`n` masks of one size, `(h, w) bool` each."""
    size_wh = draw(st.integers(1, 13)), draw(st.integers(1, 13))
    return [draw(mask(size_wh)) for _ in range(n)]
