"use strict";
// Sorting, reading values off diagrams, hiding series. Without it the page shows all the same.

const shown = (v) => (Number.isInteger(v) ? String(v) : Math.abs(v) >= 1000 ? v.toFixed(1) : v.toFixed(3));
const make = (name, cls, parent) => {
  const element = document.createElement(name);
  element.className = cls;
  parent.append(element);
  return element;
};

// Tables: a click on a head sorts by it, best first for numbers; a second click turns the order.
for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const numeric = head.classList.contains("right");
    const was = head.getAttribute("aria-sort");
    const up = was ? was === "descending" : !numeric;
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const key = (row) => {
      const cell = row.cells[column];
      if (cell.dataset.v === "") return null;
      return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
    };
    const compare = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x === null || y === null) return (x === null) - (y === null);
      const order = typeof x === "number" && typeof y === "number"
        ? x - y : String(x).localeCompare(String(y), "en", { numeric: true });
      return up ? order : -order;
    };
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }));
}

// Diagrams: legend buttons show and hide series.
for (const figure of document.querySelectorAll("figure.curves")) {
  const series = figure.querySelectorAll(".plot g.series");
  figure.querySelectorAll("button.key").forEach((key, i) => key.addEventListener("click", () => {
    const on = key.getAttribute("aria-pressed") !== "true";
    key.setAttribute("aria-pressed", String(on));
    series[i].classList.toggle("hidden", !on);
  }));
}

// One small box tells the values under the cursor of every diagram.
const tip = make("div", "tip", document.body);
tip.hidden = true;
tip.setAttribute("role", "status");

function tell(head, rows, notes, x, y) {
  tip.replaceChildren();
  const title = make("b", "", tip);
  title.textContent = head;
  const table = make("table", "", tip);
  for (const [name, value] of rows) {
    const row = table.insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = value;
  }
  for (const note of notes) make("div", "", tip).textContent = note;
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(4, x + 14 + box.width > innerWidth ? x - 14 - box.width : x + 14)}px`;
  tip.style.top = `${Math.max(4, Math.min(y + 14, innerHeight - box.height - 4))}px`;
}

function nearest(sorted, x) {
  let low = 0, high = sorted.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= x) low = middle; else high = middle;
  }
  return high >= 0 && Math.abs(sorted[high] - x) < Math.abs(sorted[low] - x) ? high : low;
}

// `stage` answers to pointer and keys, `area` is what its x axis spans, `stops` where the cursor halts.
function readable(stage, area, stops, describe) {
  if (!stops.length) return;
  const view = area.querySelector("svg").viewBox.baseVal;
  const cursor = make("div", "cursor", area);
  cursor.hidden = true;
  let at = -1;
  const show = (index, y) => {
    at = Math.max(0, Math.min(stops.length - 1, index));
    const share = (stops[at] - view.x) / view.width, box = area.getBoundingClientRect();
    cursor.style.left = `${100 * share}%`;
    cursor.hidden = false;
    tell(...describe(at, view.width / Math.max(box.width, 1)), box.left + share * box.width, y ?? box.top);
  };
  const hide = () => { cursor.hidden = tip.hidden = true; };
  stage.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect();
    show(nearest(stops, view.x + ((event.clientX - box.left) / box.width) * view.width), event.clientY);
  });
  stage.addEventListener("pointerleave", hide);
  stage.addEventListener("blur", hide);
  stage.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const to = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: stops.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); show(to); }
    if (event.key === "Escape") hide();
  });
}

const marksOf = (area) => [...area.querySelectorAll(".mark")].map((m) => [Number(m.dataset.x), m]);
const notesNear = (marks, x, reach) => marks.filter(([at]) => Math.abs(at - x) <= reach)
  .slice(0, 6).map(([at, m]) => `${m.textContent} ${shown(at)}: ${m.dataset.note}`);

for (const plot of document.querySelectorAll(".curves .plot")) {
  const lines = [...plot.querySelectorAll("g.series")].map((group) => {
    const points = new Map();
    for (const path of group.querySelectorAll("path")) {
      for (const [, x, y] of path.getAttribute("d").matchAll(/([-+.\de]+) ([-+.\de]+)/g)) points.set(Number(x), Number(y));
    }
    return { group, points, xs: [...points.keys()].sort((a, b) => a - b) };
  });
  const stops = [...new Set(lines.flatMap((line) => line.xs))].sort((a, b) => a - b);
  const reach = Number(plot.dataset.reach), marks = marksOf(plot);
  readable(plot, plot, stops, (at, pixel) => {
    const x = stops[at], rows = [];
    for (const { group, points, xs } of lines) {
      if (group.classList.contains("hidden") || !xs.length) continue;
      const own = xs[nearest(xs, x)];
      rows.push([group.dataset.name, Math.abs(own - x) <= reach ? shown(points.get(own)) : "–"]);
    }
    return [`${plot.dataset.x} ${shown(x)}`, rows, notesNear(marks, x, 4 * pixel)];
  });
}

const WORDS = { m: "missing", f: "false", a: "absent", u: "not judged" };
for (const strips of document.querySelectorAll(".strips")) {
  const columns = strips.dataset.frames.split(" ").filter(Boolean).map((pair) => pair.split(",").map(Number));
  const rows = [...strips.querySelectorAll(".strip")];
  const codes = rows.map((row) => row.dataset.v.split(" "));
  const names = [...strips.querySelectorAll(".strip-name")].map((name) => name.textContent);
  const marks = rows.map(marksOf);
  if (!rows.length) continue;
  const cursors = rows.slice(1).map((row) => make("div", "cursor", row));
  const first = () => rows[0].querySelector(".cursor");
  readable(strips, rows[0], columns.map(([a, b]) => (a + b) / 2), (at, pixel) => {
    for (const cursor of cursors) { cursor.style.left = first().style.left; cursor.hidden = false; }
    const [a, b] = columns[at], from = Math.ceil(a), to = Math.floor(b);
    const told = codes.map((code, i) => [names[i], WORDS[code[at]] ?? (Number(code[at]) / 100).toFixed(2)]);
    const notes = marks.flatMap((own, i) => notesNear(own, (a + b) / 2, Math.max((b - a) / 2, 4 * pixel))
      .map((note) => `${names[i]} ${note}`));
    return [`${strips.dataset.x} ${to > from ? `${from} to ${to}` : (a + b) / 2}`, told, notes.slice(0, 6)];
  });
  const hide = () => cursors.forEach((cursor) => { cursor.hidden = true; });
  hide();
  strips.addEventListener("pointerleave", hide);
  strips.addEventListener("blur", hide);
}

// Folded sections open when the contents lead to them, and in print.
const unfold = () => {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  target?.querySelector("details")?.setAttribute("open", "");
};
addEventListener("hashchange", unfold);
unfold();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
