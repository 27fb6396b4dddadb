// What browsers' translators do to a page: each text is replaced by one in two <font> elements, and so is
// each text that a script writes later.

import type { BrowserContext } from "@playwright/test";

/**
 * Translates every page of a browser: from when React has taken it over, or as soon as it has loaded, which
 * may be earlier.
 */
export async function translate(context: BrowserContext, from: "hydrated" | "loaded"): Promise<void> {
  await context.addInitScript((from) => {
    const isHydrated = () =>
      document.scripts.length === 0 || Object.keys(document.body).some((key) => key.startsWith("__react"));
    const skipped = "script, style, noscript, textarea, title, font";
    const wrap = (text: Text) => {
      if (!text.data.trim() || !text.parentElement || text.parentElement.closest(skipped)) return;
      const outer = document.createElement("font");
      outer.appendChild(document.createElement("font")).textContent = text.data;
      text.replaceWith(outer);
    };
    const wrapAll = (root: Node) => {
      if (root instanceof Text) return wrap(root);
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const texts: Text[] = [];
      while (walker.nextNode()) texts.push(walker.currentNode as Text);
      texts.forEach(wrap);
    };
    const start = () => {
      if (from === "hydrated" && !isHydrated()) return setTimeout(start, 20);
      new MutationObserver((changes) => {
        for (const change of changes) {
          if (change.target instanceof Text) wrap(change.target);
          change.addedNodes.forEach(wrapAll);
        }
      }).observe(document.body, { childList: true, characterData: true, subtree: true });
      wrapAll(document.body);
    };
    addEventListener("load", start);
  }, from);
}
