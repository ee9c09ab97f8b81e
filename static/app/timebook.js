/* Timebook: a click in an empty slot opens «Ny time» with day and time filled in. The button «Ny time» does it without. */

const QUARTER = 15;

/** Wire every column that offers slots. */
export function initTimebook() {
  for (const column of document.querySelectorAll("[data-slots]")) {
    column.addEventListener("click", (event) => {
      if (event.target.closest(".appt")) return;
      open(column, timeAt(column, event));
    });
  }
}

/** Return the clock time under the pointer, by quarters: «11:15». */
function timeAt(column, event) {
  const box = column.getBoundingClientRect();
  const rows = Number(column.dataset.rows);
  const row = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
  const minutes = Number(column.dataset.firstHour) * 60 + row * QUARTER;
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** Ask the server for the form, in the dialog when htmx is there. */
function open(column, time) {
  const url = `${column.dataset.slots}&kl=${encodeURIComponent(time)}`;
  if (window.htmx) window.htmx.ajax("GET", url, { target: "#modal", swap: "innerHTML" });
  else window.location.assign(url);
}
