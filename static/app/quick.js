/* Quick search: Ctrl+K goes there, arrows move among the hits, Escape closes. */

/** Wire the top bar's search field. */
export function initQuickSearch() {
  const field = document.getElementById("quick");
  if (!field) return;
  const results = document.getElementById("quick-results");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
  field.form.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      results.replaceChildren();
      field.focus();
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, field, results);
  });
  document.addEventListener("click", (event) => {
    if (!field.form.contains(event.target)) results.replaceChildren();
  });
}

/** Move focus from the field into the hits, and among them. */
function move(event, field, results) {
  const stops = [field, ...results.querySelectorAll("a")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = stops[stops.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
