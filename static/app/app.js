/* Everything here improves pages that already work without it. Hooks are data-* attributes. */
import { initComposer } from "./composer.js";
import { initDialogs } from "./dialogs.js";
import { initGrids } from "./grid.js";
import { initQuickSearch } from "./quick.js";
import { initRows } from "./rows.js";
import { initTimebook } from "./timebook.js";

document.body.classList.add("js");
initDialogs();
initQuickSearch();
initTimebook();
initRows();
initGrids();
initComposer();

document.querySelector(".nav-toggle")?.addEventListener("click", (event) => {
  const open = document.body.classList.toggle("nav-open");
  event.currentTarget.setAttribute("aria-expanded", String(open));
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-autosubmit]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const close = event.target.closest("[data-dismiss]");
  if (close) close.closest(close.dataset.dismiss)?.remove();
  const expander = event.target.closest("[data-expander]");
  if (expander) toggle(event, expander);
  for (const menu of document.querySelectorAll("details.pop[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.pop[open]");
  if (!menu) return;
  menu.removeAttribute("open");
  menu.querySelector("summary").focus();
});

/** Open or close a history row's log without asking the server. */
function toggle(event, expander) {
  const row = document.getElementById(expander.dataset.expander);
  if (!row) return;
  event.preventDefault();
  row.hidden = !row.hidden;
  expander.setAttribute("aria-expanded", String(!row.hidden));
}

document.querySelector("[data-focus]")?.focus();

/** Keep the focus when htmx replaces what had it: on what asks for it, else on the new part's first field. */
document.addEventListener("htmx:afterSwap", ({ target }) => {
  const lost = document.activeElement === document.body;
  const field = lost ? target.querySelector("input:not([type=hidden]), select, textarea") : null;
  (target.querySelector("[data-focus]") ?? field)?.focus();
});
