"""Every word that is seen, against what lies behind it, as the browser computed both."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from browser_kit import Chromium

# Of every text that is painted: its words and the contrast with the opaque grounds behind it, blended.
LOW = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const rgb = (text) => { const [r, g, b, a = 1] = parts(text); return [r, g, b, a]; };
  const over = (top, under) => top.slice(0, 3).map((v, k) => v * top[3] + under[k] * (1 - top[3]));
  const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => (
    v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, k) => (
    sum + v * [0.2126, 0.7152, 0.0722][k]), 0);
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      layers.push(rgb(getComputedStyle(at).backgroundColor));
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  let seen = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    const box = element.getBoundingClientRect();
    if (!text || !element.checkVisibility() || !box.width) continue;
    if (element.closest("noscript, .unseen, option")) continue;
    seen += 1;
    const back = ground(element);
    const front = over(rgb(getComputedStyle(element).color), back);
    const [low, high] = [light(front), light(back)].sort((a, b) => a - b);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < 4.5) found.push(`${text.slice(0, 30)}: ${contrast.toFixed(2)}`);
  }
  return { seen, found };
}"""

PAGES = {
    "annotate": ("#/annotate/1", "text=exact", ""),
    "new object": ("#/annotate/1", "text=exact", "n"),
    "track": ("#/annotate/1", "text=exact", "Control+b"),
    "keys": ("#/annotate/1", "text=exact", "F1"),
    "settings": ("#/annotate/1", "text=exact", "F2"),
    "review": ("#/review/1", "text=Nothing to review", ""),
    "jobs": ("#/jobs/1", "text=New job", ""),
    "project": ("#/project/1", "text=Add a video", ""),
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_every_word_is_readable(chromium: Chromium, address: str, theme: str, name: str) -> None:
    place, ready, key = PAGES[name]

    def look(page: Page) -> dict[str, object]:
        page.goto(f"{address}/{place}")
        page.wait_for_selector(ready)
        if key:
            page.keyboard.press(key)
            page.wait_for_selector("dialog[open]")
        answer: dict[str, object] = page.evaluate(LOW)
        return answer

    told = chromium.use(look, color_scheme=theme)
    assert told["found"] == []
    assert isinstance(told["seen"], int)
    assert told["seen"] >= 10
