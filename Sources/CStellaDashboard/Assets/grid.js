// Lists of any length in which no row ever jumps: rows lie at their places, and only those that are seen exist.
import { h, mark, newID, put, say } from "./dom.js";

const MARGIN = 6; // Rows kept above and below what is seen.

/**
 * A list with columns: `{ label, name, columns, id, show, open, empty, follows }`.
 *
 * - `columns`: `{ title, name, hint, sort }`; each row has a cell for each, filled by `show(cells, item, row)`.
 * - `id(item)`: what makes an item the same one when the list changes.
 * - `open(item)`: called by a click or Enter.
 * - `follows`: whether the newest rows are at the end and stay in view.
 */
export class Grid {
  #rows = new Map();
  #spare = [];
  #height = 28;
  #active = null;
  #opened = null;
  #isFrame = false;
  items = [];
  isPinned = true;
  onPin = () => {};
  onSort = null;

  constructor(options) {
    this.options = options;
    this.space = h("div", { class: "grid-space", role: "rowgroup" });
    this.head = h(
      "div", { class: "grid-row grid-head", role: "row" },
      options.columns.map((column) => this.#title(column)));
    this.note = h("p", { class: "grid-note" });
    this.scroller = h(
      "div", {
        class: "grid grid-" + options.name, role: "grid", "aria-label": options.label, tabindex: 0, "aria-readonly": "true",
      }, h("div", { class: "grid-headgroup", role: "rowgroup" }, this.head), this.space);
    this.element = h("div", { class: "grid-frame" }, this.scroller, this.note);
    this.prefix = newID("row");
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.scroller.addEventListener("keydown", (event) => this.#key(event));
    this.space.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#measure()).observe(this.scroller);
  }

  #title(column) {
    const cell = h("div", { class: "cell cell-" + column.name, role: "columnheader", title: column.hint });
    if (column.sort) {
      const sorter = h("button", { type: "button", class: "sorter" }, column.title);
      sorter.addEventListener("click", () => this.onSort?.(column));
      cell.append(sorter);
    } else cell.append(column.title);
    column.cell = cell;
    return cell;
  }

  /** Marks by which column the list is sorted. */
  sortedBy(column, isUp) {
    for (const one of this.options.columns) mark(one.cell, "aria-sort", one === column ? (isUp ? "ascending" : "descending") : null);
  }

  /** Shows `items`; `removed` are so many that were taken off the beginning. */
  set(items, removed = 0) {
    const wasPinned = this.isPinned;
    this.items = items;
    mark(this.scroller, "aria-rowcount", items.length + 1);
    this.space.style.height = items.length * this.#height + "px";
    if (removed > 0 && this.options.follows && !wasPinned) this.scroller.scrollTop -= removed * this.#height;
    this.#draw();
    if (this.options.follows && wasPinned) this.toEnd();
  }

  /** What stands in the place of rows that aren't there. */
  say(text) {
    say(this.note, text);
    this.note.hidden = text === "";
  }

  toEnd() {
    this.isPinned = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.#draw();
  }

  /** Marks the row whose details are shown. */
  opened(id) {
    this.#opened = id;
    for (const [key, row] of this.#rows) mark(row.element, "aria-selected", key === id ? "true" : "false");
  }

  redraw() {
    for (const row of this.#rows.values()) row.item = null;
    this.#draw();
  }

  #measure() {
    const height = parseFloat(getComputedStyle(this.scroller).getPropertyValue("--row")) || 28;
    if (height !== this.#height) {
      this.#height = height;
      for (const row of this.#rows.values()) row.index = -1;
      this.space.style.height = this.items.length * height + "px";
      if (this.options.follows && this.isPinned) this.scroller.scrollTop = this.scroller.scrollHeight;
    }
    this.#draw();
  }

  #scrolled() {
    const scroller = this.scroller;
    const isPinned = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < this.#height;
    if (this.options.follows && isPinned !== this.isPinned) {
      this.isPinned = isPinned;
      this.onPin(isPinned);
    }
    if (this.#isFrame) return;
    this.#isFrame = true;
    requestAnimationFrame(() => { this.#isFrame = false; this.#draw(); });
  }

  #draw() {
    const { scroller, items } = this;
    if (scroller.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(scroller.scrollTop / this.#height) - MARGIN);
    const end = Math.min(items.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / this.#height) + MARGIN);
    const wanted = new Set();
    for (let index = first; index < end; index += 1) wanted.add(this.options.id(items[index]));
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      this.#rows.delete(key);
      row.element.hidden = true;
      row.item = null;
      this.#spare.push(row);
    }
    for (let index = first; index < end; index += 1) {
      const item = items[index];
      const key = this.options.id(item);
      let row = this.#rows.get(key);
      if (!row) {
        row = this.#spare.pop() ?? this.#make();
        row.element.hidden = false;
        row.key = key;
        this.#rows.set(key, row);
        mark(row.element, "aria-selected", key === this.#opened ? "true" : "false");
      }
      if (row.item !== item) {
        this.options.show(row.cells, item, row.element);
        row.item = item;
      }
      if (row.index !== index) {
        row.index = index;
        row.element.style.transform = "translateY(" + index * this.#height + "px)";
        mark(row.element, "aria-rowindex", index + 2);
      }
      mark(row.element, "data-active", key === this.#active ? "" : null);
    }
    const active = this.#active === null ? null : this.#rows.get(this.#active);
    mark(scroller, "aria-activedescendant", active ? active.element.id : null);
    while (this.#spare.length > 60) this.#spare.pop().element.remove();
  }

  #make() {
    const cells = {};
    const element = h("div", { class: "grid-row", role: "row", id: this.prefix + "-" + newID("r") });
    for (const column of this.options.columns) {
      cells[column.name] = h("div", { class: "cell cell-" + column.name, role: "gridcell" });
      element.append(cells[column.name]);
    }
    this.space.append(element);
    return { element, cells, item: null, index: -1, key: null };
  }

  #click(event) {
    if (event.target.closest("button, a, input")) return;
    const element = event.target.closest(".grid-row");
    for (const row of this.#rows.values()) {
      if (row.element !== element) continue;
      // Whoever marks text to copy it doesn't open anything.
      if (String(getSelection())) return;
      this.#active = row.key;
      this.#draw();
      this.options.open?.(this.items[row.index]);
    }
  }

  get activeItem() { return this.items.find((item) => this.options.id(item) === this.#active) ?? null; }

  /** Makes the row of `id` the one that keys are about. */
  activate(id) {
    this.#active = id;
    const index = this.items.findIndex((item) => this.options.id(item) === id);
    if (index >= 0) this.#reveal(index);
    this.#draw();
  }

  #reveal(index) {
    const { scroller } = this;
    const top = index * this.#height;
    const room = scroller.clientHeight - this.head.offsetHeight - this.#height;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (top > scroller.scrollTop + room) scroller.scrollTop = top - room;
  }

  /** Goes `by` rows on from the active one. */
  move(by) {
    if (this.items.length === 0) return;
    const now = this.items.findIndex((item) => this.options.id(item) === this.#active);
    const start = now >= 0 ? now + by : by >= 0 && !this.options.follows ? 0 : this.items.length - 1;
    const index = Math.min(this.items.length - 1, Math.max(0, start));
    this.#active = this.options.id(this.items[index]);
    this.#reveal(index);
    this.#draw();
  }

  #key(event) {
    if (event.target !== this.scroller || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.#height) - 2);
    const moves = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, PageDown: page, PageUp: -page, Home: -1e9, End: 1e9 };
    if (event.key in moves) {
      this.move(moves[event.key]);
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" || event.key === " ") {
      const item = this.activeItem;
      if (item) { this.options.open?.(item); event.preventDefault(); }
    }
  }
}

/** A cell with a coloured mark before its word: the colour never stands alone. */
export function badge(element, kind, text) {
  mark(element, "data-kind", kind);
  if (element.firstChild?.className !== "badge") put(element, h("span", { class: "badge" }));
  mark(element.firstChild, "data-kind", kind);
  say(element.firstChild, text);
}
