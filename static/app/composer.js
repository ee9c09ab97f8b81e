/* The composer: a live count of SMS parts, and two lists marked and moved as in a desktop program. The server decides. */
import { keepWhatIsDone } from "./keeping.js";
import { smsParts } from "./sms.js";

/** Wire the composer, and again whenever htmx has put a new one in its place. */
export function initComposer() {
  if (!document.getElementById("composer")) return;
  document.addEventListener("input", (event) => event.target.id === "id_text" && count());
  document.addEventListener("change", (event) => event.target.matches("[data-now]") && press("save"));
  document.addEventListener("click", mark);
  document.addEventListener("dblclick", moveOne);
  document.addEventListener("keydown", steer);
  document.addEventListener("htmx:afterSwap", count);
  keepWhatIsDone();
  count();
}

const SVG = "http://www.w3.org/2000/svg";
let anchor = null; // the row that Shift+click reaches from

const form = () => document.getElementById("composer");
const boxes = (table) => [...table.querySelectorAll("input[type=checkbox]")];
const press = (action) => form().querySelector(`button[value="${action}"]`)?.click();

/** Show places, parts and the characters that cost. */
function count() {
  const text = document.getElementById("id_text");
  const plain = form()?.querySelector("[data-count]");
  if (!text || !form()) return;
  if (plain) plain.textContent = `${text.value.length} av 4000 tegn`;
  const meter = form().querySelector("[data-sms-meter]");
  if (meter) showParts(smsParts(text.value), meter);
}

/** Fill the meter, the counter and the foot. */
function showParts(found, meter) {
  const part = (index) => {
    const bar = document.createElementNS(SVG, "svg");
    bar.setAttribute("viewBox", "0 0 1 1");
    bar.setAttribute("preserveAspectRatio", "none");
    const filled = bar.appendChild(document.createElementNS(SVG, "rect"));
    filled.setAttribute("width", Math.min(1, Math.max(0, found.used / found.per - index)));
    filled.setAttribute("height", 1);
    return bar;
  };
  meter.replaceChildren(...Array.from({ length: found.parts }, (_, index) => part(index)));
  form().querySelector("[data-sms-count]").textContent = `${found.used} av ${found.parts * found.per} tegn`;
  const unit = found.parts === 1 ? "SMS-del" : "SMS-deler";
  form().querySelector("[data-sms-parts]").textContent =
    `${found.parts} ${unit} per mottaker, ${found.unicode ? "Unicode" : "GSM"}`;
  const warning = form().querySelector("[data-sms-unicode]");
  warning.hidden = !found.unicode;
  if (found.unicode) {
    warning.querySelector("[data-sms-odd]").textContent =
      `Tegn utenfor SMS-alfabetet (${found.odd.join(" ")}) gjør at hver SMS-del rommer 67 tegn, ikke 153.`;
  }
  const sum = form().querySelector("[data-sum-parts]");
  const chosen = Number(sum?.dataset.chosen ?? 0);
  if (sum) sum.textContent = `${chosen} × ${found.parts} = ${chosen * found.parts}`;
}

/** A click marks the row; with Shift every row from the last one. The box itself works as boxes do. */
function mark(event) {
  const row = event.target.closest("[data-marking] tbody tr");
  const box = row?.querySelector("input[type=checkbox]");
  if (!box) return;
  if (event.target !== box) box.checked = !box.checked;
  if (event.shiftKey && anchor?.isConnected) range(row.closest("table"), box);
  anchor = box;
  box.focus();
}

/** Mark every row between the last one and this. */
function range(table, box) {
  const all = boxes(table);
  const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
  if (from < 0) return;
  all.forEach((one, index) => index >= from && index <= to && (one.checked = true));
}

/** A double click moves that one person. */
function moveOne(event) {
  const row = event.target.closest("[data-marking] tbody tr");
  const box = row?.querySelector("input[type=checkbox]");
  if (!box) return;
  boxes(row.closest("table")).forEach((one) => (one.checked = one === box));
  move(row.closest("table"));
}

const move = (table) => press(table.dataset.marking === "add" ? "choose" : "remove");

/** Arrows go from row to row, Ctrl+A marks the rows shown, Enter moves what is marked, Escape lets go. */
function steer(event) {
  const box = event.target.closest("[data-marking] input[type=checkbox]");
  if (!box) return;
  const table = box.closest("table");
  const all = boxes(table);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) all[all.indexOf(box) + step]?.focus();
  else if (event.key === "Home") all[0].focus();
  else if (event.key === "End") all.at(-1).focus();
  else if (event.key === "Enter") {
    if (!all.some((one) => one.checked)) box.checked = true;
    move(table);
  } else if (event.key === "Escape") all.forEach((one) => (one.checked = false));
  else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") all.forEach((one) => (one.checked = true));
  else return;
  event.preventDefault();
}
