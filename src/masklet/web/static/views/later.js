// Parts of the page that are loaded when they are first asked for.

import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { useApp } from "./ui.js";

/** @typedef {(props: any) => import("../vendor/preact-htm.js").Child} View */

/** @type {Record<string, () => Promise<View>>} */
const PARTS = {
  review: async () => (await import("./review.js")).Review,
  jobs: async () => (await import("./jobs.js")).Jobs,
  project: async () => (await import("./project.js")).Project,
  keys: async () => (await import("./keysheet.js")).KeySheet,
  settings: async () => (await import("./settings.js")).Settings,
  novideo: async () => (await import("./novideo.js")).NoVideo,
  menu: async () => (await import("./menu.js")).Menu,
  new: async () => (await import("./objectdialogs.js")).NewObject,
  merge: async () => (await import("./objectdialogs.js")).Merge,
  strip: async () => (await import("./jobstrip.js")).JobStrip,
  track: async () => (await import("./trackdialog.js")).TrackDialog,
};

/** @type {Promise<void>|undefined} */
let styled;

/** The style sheet that all of them share. */
function style() {
  styled ??= new Promise((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../pages.css", import.meta.url).href;
    link.onload = () => done();
    link.onerror = () => {
      link.remove();
      styled = undefined;
      fail(new Error("pages.css could not be loaded"));
    };
    document.head.append(link);
  });
  return styled;
}

/**
 * A part by its name, with the other properties. `page`: it fills the place of a page, also until it is
 * there.
 * @param {{part: string, page?: boolean, onClose?: () => void, [more: string]: any}} props
 */
export function Later({ part, page = false, ...props }) {
  const app = useApp();
  const [found, set] = useState(/** @type {{View: View}|null} */ (null));
  useEffect(() => {
    Promise.all([PARTS[part](), style()]).then(([View]) => set({ View }), () => {
      props.onClose?.();
      app.toast({ kind: "error", text: `The part ${part} of the page could not be loaded.`,
        remedy: "Reload once the server answers again." });
    });
  }, [part]);
  if (found) return html`<${found.View} ...${props}/>`;
  return page ? html`<main class="page" id="main"></main>` : null;
}
