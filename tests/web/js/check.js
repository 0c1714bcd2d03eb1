// What the cases say when something is not as expected.

/** @param {unknown} fact @param {string} what */
export function check(fact, what) {
  if (!fact) throw new Error(what);
}

/** @param {unknown} found @param {unknown} expected @param {string} [what] */
export function equal(found, expected, what = "") {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: found ${a}, expected ${b}`);
}

/** @param {() => unknown} what @param {RegExp} words */
export function throws(what, words) {
  try {
    what();
  } catch (error) {
    check(words.test(String(error)), `found ${error}, expected ${words}`);
    return;
  }
  throw new Error(`nothing was thrown, expected ${words}`);
}

/** Numbers that look random and are the same every time. @param {number} seed */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** @param {() => unknown} fact @param {string} what */
export async function until(fact, what) {
  for (let i = 0; i < 1000; i++) {
    if (fact()) return;
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Error(`never came: ${what}`);
}
