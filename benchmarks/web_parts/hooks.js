// Set into a page of the annotator: gets hold of its editor, and takes times. Makes `window.bench`.
// A time ends when the pixels are on the canvas and can be read from it.
async () => {
  const { $ } = await import("/static/all.js");
  const { Editor } = $.editor;
  const { Layers } = $.layers;
  const { Pointers } = $.tools;
  const { decodeAll } = $.packet;

  const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });
  const goto = Editor.prototype.goto;
  const editor = await new Promise((done) => {
    Editor.prototype.goto = function caught(frame) {
      Editor.prototype.goto = goto;
      goto.call(this, frame);
      done(this);
    };
    press("f");
  });
  const start = editor.wanted;
  press("d");

  function press(key) {
    const code = `Key${key.toUpperCase()}`;
    document.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }));
  }

  // --- what is on the canvas -------------------------------------------------------------------------

  /** The barcode of the frame that the screen's canvas shows. */
  function number() {
    const { view, layers } = editor;
    const zoom = view.scale * view.ratio;
    const { width, height } = editor.info;
    const y = Math.round(view.y * view.ratio + (height / 16) * zoom);
    const row = layers.screen.getImageData(0, y, layers.screen.canvas.width, 1).data;
    let found = 0;
    for (let bit = 0; bit < 16; bit++) {
      const x = Math.round(view.x * view.ratio + ((bit + 0.5) * width * zoom) / 16);
      if (row[4 * x] > 128) found += 2 ** bit;
    }
    return found;
  }

  /** Called after everything that was drawn. */
  const watchers = new Set();
  const frame = Layers.prototype.frame;
  Layers.prototype.frame = function drawn() {
    frame.call(this);
    for (const watch of [...watchers]) watch();
  };

  /** Resolves with the time at which `fits` is true after something was drawn. */
  function drawn(fits, patience = 30000) {
    return new Promise((done, fail) => {
      const late = setTimeout(() => {
        watchers.delete(watch);
        fail(new Error(`nothing was drawn for ${patience} ms; wanted ${editor.wanted} shown ${editor.shown}`));
      }, patience);
      const watch = () => {
        if (!fits()) return;
        editor.layers.screen.getImageData(0, 0, 1, 1);
        watchers.delete(watch);
        clearTimeout(late);
        done(performance.now());
      };
      watchers.add(watch);
    });
  }
  const there = () => editor.shown === editor.wanted && editor.exact;

  // --- frames ------------------------------------------------------------------------------------------

  /** Steps by a key every `pause` ms: times, and frames whose barcode is another one's. */
  async function steps(key, n, pause, first) {
    const times = [];
    let wrong = 0;
    for (let i = 0; i < n; i++) {
      await sleep(pause + Math.random() * 17);
      const began = performance.now();
      press(key);
      times.push(await drawn(there) - began);
      wrong += number() !== editor.wanted + first;
    }
    return { times, wrong };
  }

  /** Jumps: until anything new is drawn, until the frame itself is, and wrong ones. */
  async function jumps(frames, pause, first) {
    const exact = [];
    const near = [];
    let wrong = 0;
    for (const to of frames) {
      await sleep(pause);
      const before = editor.layers.picture;
      const began = performance.now();
      const some = drawn(() => editor.layers.picture !== before);
      const all = drawn(there);
      editor.goto(to);
      near.push(await some - began);
      exact.push(await all - began);
      wrong += number() !== to + first;
    }
    return { exact, near, wrong };
  }

  /** Play: every picture that is drawn must be the one that the editor names. */
  async function play(seconds, first) {
    let wrong = 0;
    let shown = 0;
    let last = editor.shown;
    const watch = () => {
      if (editor.shown === last || !editor.exact) return;
      last = editor.shown;
      shown += 1;
      wrong += number() !== editor.shown + first;
    };
    watchers.add(watch);
    editor.play();
    await sleep(seconds * 1000);
    editor.pause();
    await sleep(500);
    watchers.delete(watch);
    return { wrong, shown };
  }

  // --- masks -------------------------------------------------------------------------------------------

  /** Decode and draw masks of frames again and again, until fills are there, and all with lines. */
  async function masks(from, to, rounds) {
    const buffers = [];
    for (let n = from; n < to; n++) {
      const answer = await fetch(`/api/v1/videos/1/masks?from=${n}&to=${n + 1}`);
      buffers.push(await answer.arrayBuffer());
    }
    const { film, layers } = editor;
    const found = { fills: [], all: [] };
    for (let i = 0; i < rounds; i++) {
      const buffer = buffers[i % buffers.length];
      await new Promise(requestAnimationFrame);
      const began = performance.now();
      const { rows } = decodeAll(buffer)[0];
      const items = rows.map((row) => editor.item(row.id, film.maskOf(row), row.flags, row.review));
      layers.showItems(items, editor.settings);
      layers.drawScreen(layers.dirty);
      layers.screen.getImageData(0, 0, 1, 1);
      const filled = performance.now();
      layers.frame();
      layers.lines.getImageData(0, 0, 1, 1);
      found.fills.push(filled - began);
      found.all.push(performance.now() - began);
    }
    editor.paint();
    return { ...found, bytes: buffers.map((one) => one.byteLength) };
  }

  /** The same masks as COCO run lengths of the whole frame in JSON. */
  async function coco(texts, rounds) {
    const { width, height } = editor.info;
    const canvas = new OffscreenCanvas(width, height);
    const ctx = canvas.getContext("2d");
    const { layers } = editor;
    const times = [];
    for (let i = 0; i < rounds; i++) {
      await new Promise(requestAnimationFrame);
      const began = performance.now();
      const image = ctx.createImageData(width, height);
      const pixels = new Uint32Array(image.data.buffer);
      JSON.parse(texts[i % texts.length]).forEach(({ counts }, k) => {
        let at = 0;
        counts.forEach((length, run) => {
          if (run % 2) {
            for (let p = at; p < at + length; p++) pixels[(p % height) * width + Math.floor(p / height)] = 0x66ff0000 + k;
          }
          at += length;
        });
      });
      ctx.putImageData(image, 0, 0);
      layers.drawScreen(null);
      layers.screen.drawImage(canvas, 0, 0);
      layers.screen.getImageData(0, 0, 1, 1);
      times.push(performance.now() - began);
    }
    layers.moved();
    return times;
  }

  // --- drawing -----------------------------------------------------------------------------------------

  /** Count frame intervals and the time of the pointer's handler until `stop()`. */
  function watchDrawing() {
    const intervals = [];
    const handler = [];
    let last = 0;
    let going = true;
    const turn = (now) => {
      if (last) intervals.push(now - last);
      last = now;
      if (going) requestAnimationFrame(turn);
    };
    const move = Pointers.prototype.move;
    Pointers.prototype.move = function timed(event) {
      const began = performance.now();
      move.call(this, event);
      handler.push(performance.now() - began);
    };
    requestAnimationFrame(turn);
    bench.stopWatching = () => {
      going = false;
      Pointers.prototype.move = move;
      return { intervals, handler };
    };
  }

  /** The selected object's pixels on this frame. */
  const area = (object) => editor.areaOf(object);

  // --- the model and jobs ------------------------------------------------------------------------------

  /** A click with the point tool at a pixel: until the answer is in the page, and until it is drawn;
   * `seen` is null for an answer with the same pixels as before. */
  async function click(x, y) {
    const { view } = editor;
    const box = editor.host.getBoundingClientRect();
    const at = view.toHost({ x, y });
    const where = { clientX: box.left + at.x, clientY: box.top + at.y, bubbles: true, pointerId: 7, button: 0 };
    const runs = () => String(editor.rowOf(editor.selected)?.runs);
    const before = runs();
    const heard = new Promise((done, fail) => {
      const ends = new AbortController();
      const { signal } = ends;
      editor.socket.addEventListener("answer", ({ detail }) => {
        ends.abort();
        const fresh = String(detail.packet?.rows[0]?.runs) !== before;
        done({ at: performance.now(), seconds: detail.seconds, fresh });
      }, { signal });
      editor.socket.addEventListener("error", ({ detail }) => { ends.abort(); fail(new Error(detail.text)); }, { signal });
    });
    let seen = null;
    const watch = () => {
      if (seen !== null || runs() === before) return;
      editor.layers.screen.getImageData(0, 0, 1, 1);
      seen = performance.now() - began;
    };
    watchers.add(watch);
    const began = performance.now();
    editor.host.dispatchEvent(new PointerEvent("pointerdown", where));
    editor.host.dispatchEvent(new PointerEvent("pointerup", where));
    const { at: came, seconds, fresh } = await heard;
    for (let left = 300; fresh && seen === null && left; left--) await new Promise(requestAnimationFrame);
    watchers.delete(watch);
    if (fresh && seen === null) throw new Error("an answer that changes the mask was not drawn for 300 frames");
    return { trip: came - began, seen, own: 1000 * seconds };
  }

  /** Take pins away, so that each click is a first one. */
  function forget() {
    editor.film.prompts.prompts.clear();
  }

  const live = [];
  editor.socket.addEventListener("live", ({ detail }) => live.push([performance.now(), detail.frame]));
  const states = new Map();
  editor.socket.addEventListener("job", ({ detail }) => {
    const { id, state } = detail.job;
    if (states.get(id)?.state !== state) states.set(id, { state, at: performance.now() });
  });

  /** Milliseconds between the frames that a tracker sends, since `from` of `live`. */
  function gaps(from) {
    const times = live.slice(from).map(([at]) => at);
    return times.slice(1).map((at, i) => at - times[i]);
  }

  /** Click on Stop and wait until the page knows that the job is stopped: milliseconds. */
  async function stop(job) {
    const button = [...document.querySelectorAll("button")].find((one) => one.title.startsWith("Stop"));
    if (!button) throw new Error("the page offers no Stop");
    const began = performance.now();
    button.click();
    for (let i = 0; i < 20000; i++) {
      const now = states.get(job);
      if (now && ["stopped", "done", "failed"].includes(now.state)) return { ms: now.at - began, state: now.state };
      await sleep(1);
    }
    throw new Error(`job ${job} is not stopped: ${states.get(job)?.state}`);
  }

  const now = () => performance.timeOrigin + performance.now();

  /** When an object has another number of pixels on the shown frame than `before`: of the clock. */
  async function changes(object, before) {
    for (let i = 0; i < 20000; i++) {
      if (editor.areaOf(object) !== before) return now();
      await sleep(1);
    }
    throw new Error(`object ${object} still has ${before} pixels`);
  }

  const bench = {
    editor, number, steps, jumps, play, masks, coco, watchDrawing, area, click, forget, live, gaps, states, stop,
    now, changes, sleep, press, start,
    count: () => live.length,
    state: (job) => states.get(job)?.state ?? "",
    settled: () => drawn(there).then(() => true),
    select: (object, tool) => { editor.select(object); editor.tool = tool; },
    goto: async (to) => {
      if (there() && editor.wanted === to) return;
      const ready = drawn(there);
      editor.goto(to);
      await ready;
    },
    place: (x, y) => {
      const box = editor.host.getBoundingClientRect();
      const at = editor.view.toHost({ x, y });
      return [box.left + at.x, box.top + at.y];
    },
  };
  window.bench = bench;
}
