// Starts the app: state, keys, the first rendering.

import { html, render } from "./vendor/preact-htm.js";
import { listen } from "./views/keyboard.js";
import { chordOf } from "./views/keymap.js";
import { Shell } from "./views/shell.js";
import { App } from "./views/state.js";
import { Here } from "./views/ui.js";

const app = new App();
const root = document.getElementById("app");
if (!root) throw new Error("Found no element #app; expected the one of index.html. Reload the page.");
listen(app, chordOf);
window.addEventListener("unhandledrejection", ({ reason }) => app.toast({
  kind: "error", text: `Something failed that should not: ${reason?.message ?? reason}`,
  remedy: "Reload the page; strokes that are not saved yet are kept. Please report the details.",
}));
render(html`<${Here.Provider} value=${app}><${Shell}/><//>`, root);
app.start();
