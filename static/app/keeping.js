/* The composer is replaced by each answer. What was typed, marked or pressed while the server answered is kept and done
   again on what it answered with, and the focus stays in the list it was in. */

let underway = null; // the request whose answer replaces the composer
let sent = new Map(); // its fields, as they were then
let changed = []; // what has been changed in them since
let pressed = ""; // the button pressed meanwhile
let place = null; // the list that had the focus, and the row in it

const composer = () => document.getElementById("composer");
const isTick = (field) => field.type === "checkbox" || field.type === "radio";
const keyOf = (field) => (isTick(field) ? `${field.name}=${field.value}` : field.name);
const valueOf = (field) => (isTick(field) ? field.checked : field.value);
const fields = () => [...composer().elements].filter((field) => field.matches("input:not([type=hidden]), select, textarea"));
const ticks = (table) => [...table.querySelectorAll("input[type=checkbox]")];

/** Wire it once; the events reach the document whatever has been replaced. */
export function keepWhatIsDone() {
  document.addEventListener("htmx:beforeRequest", begin);
  document.addEventListener("htmx:beforeSwap", look);
  document.addEventListener("htmx:afterSwap", refocus);
  document.addEventListener("htmx:afterRequest", finish);
  document.addEventListener("click", hold, { capture: true });
}

/** Remember what a request takes along. */
function begin({ detail }) {
  if (!composer()?.contains(detail.elt) || detail.elt.getAttribute("hx-swap") === "none") return;
  underway = detail.xhr;
  sent = new Map(fields().map((field) => [keyOf(field), valueOf(field)]));
}

/** Just before it is replaced, see what has been done since. */
function look({ detail }) {
  if (detail.xhr !== underway) return;
  changed = fields().filter((field) => sent.get(keyOf(field)) !== valueOf(field));
  const table = document.activeElement.closest("[data-marking]");
  place = table && { list: table.dataset.marking, row: ticks(table).indexOf(document.activeElement) };
}

/** A button waits until the answer is there. */
function hold(event) {
  const button = event.target.closest("#composer button[name=action]");
  if (!button || !underway) return;
  pressed = button.value;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Go on in the same list: on the row that took the moved one's place, else in its search. */
function refocus() {
  if (!place) return;
  const { list, row } = place;
  place = null;
  const table = document.querySelector(`[data-marking=${list}]`);
  const boxes = table ? ticks(table) : [];
  const search = document.getElementById(list === "add" ? "right_text" : "left_text");
  (boxes[Math.min(row, boxes.length - 1)] ?? search)?.focus();
}

/** Put back what was changed meanwhile, and press what was pressed. */
function finish({ detail }) {
  if (detail.xhr !== underway) return;
  underway = null;
  if (composer()) changed.forEach(putBack);
  const button = composer()?.querySelector(`button[name=action][value="${CSS.escape(pressed)}"]`);
  changed = [];
  pressed = "";
  button?.click();
}

/** Give the field that has come in its place the value that was given; one that is gone is left out. */
function putBack(old) {
  const field = fields().find((one) => keyOf(one) === keyOf(old));
  if (!field || field === old) return;
  if (isTick(field)) field.checked = old.checked;
  else field.value = old.value;
  if (field === document.activeElement && old.selectionEnd) field.setSelectionRange(old.selectionStart, old.selectionEnd);
  field.dispatchEvent(new Event("input", { bubbles: true })); // counted, searched for and saved as when typed
}
