/* Rows that are marked as in a desktop program: click, Ctrl+click, Shift+click, arrows, Space, Ctrl+A, Esc, and a menu.

   <form data-selection> holds <table data-grid data-total="312" data-menu="row-menu"> with <tr data-id="7"> rows, each
   with a checkbox that does the job without JavaScript; a table whose rows hold forms names the form it belongs to in
   data-form. A row with data-fixed can be gone to and has the menu, but is never marked. "All hits" is one word to the
   server: it resolves it, and no id of a row that is not on the screen is ever sent. */

const OWN = "a:not([data-card]), button, summary"; // what does something of its own in a row
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -Infinity, End: Infinity };

/** Wire every grid of the page. */
export function initGrids() {
  for (const table of document.querySelectorAll("[data-grid]")) new Grid(table);
}

function isFixed(row) {
  return "fixed" in row.dataset;
}

class Grid {
  constructor(table) {
    this.table = table;
    this.form = table.dataset.form ? document.getElementById(table.dataset.form) : table.closest("[data-selection]");
    this.menu = table.dataset.menu ? document.getElementById(table.dataset.menu) : null;
    this.all = false; // all hits but `ids`; else only `ids`
    this.ids = new Set();
    table.setAttribute("role", "grid");
    table.setAttribute("aria-multiselectable", "true");
    table.setAttribute("aria-rowcount", String(this.total === null ? -1 : this.total + 1));
    this.focused = this.anchor = this.rows()[0];
    this.dress();
    new MutationObserver(() => this.dress()).observe(table.tBodies[0], { childList: true });
    table.addEventListener("click", (event) => this.onClick(event));
    table.addEventListener("dblclick", (event) => this.open(event.target.closest("tr[data-id]")));
    table.addEventListener("keydown", (event) => this.onKey(event));
    table.addEventListener("contextmenu", (event) => this.onContextMenu(event));
    this.form?.addEventListener("formdata", ({ formData }) => this.fill(formData));
    this.form?.addEventListener("click", ({ target }) => {
      if (target.closest("[data-select-all]")) this.mark(true, []);
      if (target.closest("[data-select-none]")) this.mark(false, []);
    });
    this.form?.addEventListener("htmx:afterSwap", ({ target }) => this.counted(target.querySelector("[data-hits]")));
    if (this.menu) this.wireMenu();
  }

  /** All hits, or null as long as nobody has counted them. */
  get total() {
    return this.table.dataset.total ? Number(this.table.dataset.total) : null;
  }

  /** The number of hits has come, after the page. */
  counted(hits) {
    if (!hits) return;
    this.table.dataset.total = hits.dataset.hits;
    this.table.setAttribute("aria-rowcount", String(this.total + 1));
    this.show();
  }

  rows() {
    return [...this.table.querySelectorAll("tbody > tr[data-id]")];
  }

  isMarked(row) {
    return !isFixed(row) && this.all !== this.ids.has(row.dataset.id);
  }

  get count() {
    if (!this.all) return this.ids.size;
    return this.total === null ? null : this.total - this.ids.size;
  }

  /** Make rows that have just come part of the grid. */
  dress() {
    const rows = this.rows();
    for (const [index, row] of rows.entries()) {
      if (row.hasAttribute("tabindex")) continue;
      row.tabIndex = -1;
      row.setAttribute("aria-rowindex", String(index + 2));
      for (const part of row.querySelectorAll("a, input")) part.tabIndex = -1;
    }
    if (!rows.includes(this.focused)) this.focused = this.anchor = rows[0];
    if (this.focused) this.focused.tabIndex = 0;
    this.show();
  }

  /** Mark all hits but these, or only these. */
  mark(all, ids) {
    this.all = all;
    this.ids = new Set(ids);
    this.show();
  }

  toggle(row) {
    if (isFixed(row)) return;
    if (!this.ids.delete(row.dataset.id)) this.ids.add(row.dataset.id);
    this.anchor = row;
    this.show();
  }

  only(row) {
    this.anchor = row;
    this.mark(false, isFixed(row) ? [] : [row.dataset.id]);
  }

  range(to) {
    const rows = this.rows();
    const [first, last] = [rows.indexOf(this.anchor), rows.indexOf(to)].sort((one, other) => one - other);
    const between = rows.slice(first, last + 1).filter((row) => !isFixed(row));
    this.mark(
      false,
      between.map((row) => row.dataset.id),
    );
  }

  show() {
    for (const row of this.rows()) {
      const marked = this.isMarked(row);
      row.setAttribute("aria-selected", String(marked));
      const box = row.querySelector("input[type=checkbox]");
      if (box) box.checked = marked;
    }
    const [out, title] = [
      this.form?.querySelector("[data-marked]"),
      this.menu?.querySelector("[data-menu-count]"),
    ];
    const shown = this.count === null ? "Alle" : this.count.toLocaleString("nb");
    if (out) out.textContent = this.count === 0 ? "Ingen markert" : `${shown} markert`;
    if (title) title.textContent = this.count === 1 ? "1 pasient markert" : `${shown} pasienter markert`;
  }

  focus(row) {
    if (!row) return;
    this.focused.tabIndex = -1;
    row.tabIndex = 0;
    this.focused = row;
    row.focus();
  }

  onClick(event) {
    const row = event.target.closest("tr[data-id]");
    if (!row || event.target.closest(OWN)) return;
    const box = event.target.closest("input[type=checkbox]");
    if (!box) event.preventDefault(); // the name is a link without JavaScript; here Enter and double click open the card
    if (event.shiftKey) this.range(row);
    else if (box || event.ctrlKey || event.metaKey) this.toggle(row);
    else this.only(row);
    this.focus(row);
  }

  onKey(event) {
    if (!event.target.matches("tr[data-id]")) return;
    const rows = this.rows();
    if (event.key in STEPS) {
      const at = Math.max(0, Math.min(rows.length - 1, rows.indexOf(this.focused) + STEPS[event.key]));
      if (event.shiftKey) this.range(rows[at]);
      else if (!event.ctrlKey && !event.metaKey) this.only(rows[at]);
      this.focus(rows[at]);
    } else if (event.key === " ") this.toggle(this.focused);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "a") this.mark(true, []);
    else if (event.key === "Escape") this.mark(false, []);
    else if ((event.shiftKey && event.key === "F10") || event.key === "ContextMenu") this.menuAtRow();
    else if (!this.pressed(event)) return;
    event.preventDefault();
  }

  /** Single letters do what the menu's item says, while a row has the focus (WCAG 2.1.4). */
  pressed(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return false;
    const item = this.menu?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!item || this.lacks(item)) return false;
    if (this.count === 0) this.only(this.focused);
    item.click();
    return true;
  }

  open(row) {
    const card = row?.querySelector("[data-card]");
    if (card) location.assign(card.href);
  }

  /** What is posted: the word for all hits and those left out, or only the marked ones. */
  fill(formData) {
    formData.set("mode", this.all ? "all" : "only");
    formData.set("ids", [...this.ids].join(","));
  }

  onContextMenu(event) {
    const row = event.target.closest("tr[data-id]");
    if (!row || !this.menu) return;
    event.preventDefault();
    if (!this.isMarked(row)) this.only(row);
    this.focus(row);
    if (event.button === 2) this.openMenu(event.clientX, event.clientY);
    else this.menuAtRow(); // the menu key tells no place
  }

  menuAtRow() {
    if (!this.menu) return;
    if (!this.isMarked(this.focused)) this.only(this.focused);
    const box = this.focused.getBoundingClientRect();
    this.openMenu(box.left + 80, box.bottom);
  }

  /** Whether the item does what the row it would be done to has no link or button for. */
  lacks(item) {
    return Boolean(item.dataset.follow && !this.focused.querySelector(item.dataset.follow));
  }

  openMenu(x, y) {
    for (const item of this.menu.querySelectorAll("[data-follow]")) item.hidden = this.lacks(item);
    if (!this.menu.matches(":popover-open")) this.menu.showPopover();
    const box = this.menu.getBoundingClientRect();
    this.menu.style.left = `${Math.max(0, Math.min(x, innerWidth - box.width - 8))}px`;
    this.menu.style.top = `${Math.max(0, Math.min(y, innerHeight - box.height - 8))}px`;
    this.items()[0].focus();
  }

  items() {
    return [...this.menu.querySelectorAll('[role="menuitem"]:not([hidden])')];
  }

  closeMenu() {
    if (!this.menu.matches(":popover-open")) return;
    this.menu.hidePopover();
    this.focused.focus();
  }

  wireMenu() {
    this.menu.addEventListener("keydown", (event) => {
      const list = this.items();
      const at = list.indexOf(document.activeElement);
      if (event.key === "ArrowDown") list[(at + 1) % list.length].focus();
      else if (event.key === "ArrowUp") list[(at - 1 + list.length) % list.length].focus();
      else if (event.key === "Home") list[0].focus();
      else if (event.key === "End") list.at(-1).focus();
      else if (event.key === "Escape" || event.key === "Tab") this.closeMenu();
      else return;
      event.preventDefault();
    });
    this.menu.addEventListener("click", (event) => {
      const item = event.target.closest('[role="menuitem"]');
      this.closeMenu();
      if (item) this.act(item);
    });
    document.addEventListener("pointerdown", (event) => {
      if (!this.menu.contains(event.target) && this.menu.matches(":popover-open")) this.menu.hidePopover();
    });
  }

  act(item) {
    const { press, go, follow } = item.dataset;
    if (press) this.form.requestSubmit(this.form.querySelector(`[data-act="${press}"]`));
    if (go) location.assign(go.replace("/0/", `/${this.focused.dataset.id}/`) + (go.endsWith("=") ? this.focused.dataset.id : ""));
    if (follow) this.focused.querySelector(follow)?.click();
    if ("openCard" in item.dataset) this.open(this.focused);
    if ("markAll" in item.dataset) this.mark(true, []);
  }
}
