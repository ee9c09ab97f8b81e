/* Lists of rows: arrows (or j and k) move among the rows' links while one has the focus; Enter follows it. */

const STEPS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

/** Wire every list. */
export function initRows() {
  for (const list of document.querySelectorAll("[data-rows]")) {
    list.addEventListener("keydown", (event) => {
      const step = STEPS[event.key];
      const links = [...list.querySelectorAll("[data-row]")];
      const at = links.indexOf(document.activeElement);
      if (!step || at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      links[at + step]?.focus();
    });
  }
}
