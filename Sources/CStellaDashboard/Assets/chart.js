// Charts over time: stacked counts and lines, with axes that have units and times, a read-out, and a table of the same figures.
import { h, mark, newID, put, s, say } from "./dom.js";
import { clock, minuteClock } from "./text.js";

const TOP = 8;
const BOTTOM = 18;
const LEFT = 46;
const RIGHT = 8;
const STEPS = [1e3, 5e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3, 172800e3, 604800e3];

/**
 * `{ title, unit, kind, series, format, height }` with `kind` `stack` or `lines`, and `series` of `{ id, label, className, isDashed }`.
 * ``set`` shows `{ times, from, to, values: { id: [ … ] } }`, with null where nothing is known.
 */
export class TimeChart {
  #data = null;
  #at = null;
  #width = 0;
  #isFrame = false;

  constructor(options) {
    this.options = { height: matchMedia("(max-width: 40rem)").matches ? 132 : 168, ...options };
    const { title, unit, series } = this.options;
    const name = newID("chart");
    this.keys = series.map((one) => {
      const value = h("span", { class: "key-value" }, "–");
      return { one, value, element: h("li", {}, h("span", { class: "swatch " + one.className, "aria-hidden": "true" }), one.label, value) };
    });
    this.when = h("span", { class: "chart-when" });
    this.read = h("span", { class: "unseen", "aria-live": "polite" });
    this.svg = s("svg", {
      class: "plot", role: "img", tabindex: 0, focusable: "true", height: this.options.height, "aria-describedby": name + "-hint",
    });
    this.grid = s("g", { class: "plot-grid" });
    this.marks = s("g", { class: "plot-marks" });
    this.cross = s("line", { class: "plot-cross", y1: TOP, y2: this.options.height - BOTTOM, visibility: "hidden" });
    this.dots = s("g", { class: "plot-dots" });
    this.svg.append(this.grid, this.marks, this.cross, this.dots);
    this.empty = h("p", { class: "plot-empty" });
    this.table = h("div", { class: "plot-table", tabindex: 0, role: "region", "aria-label": title + ", as a table" });
    this.details = h("details", { class: "plot-details" }, h("summary", {}, "Table"), this.table);
    this.details.addEventListener("toggle", () => { if (this.details.open) this.#tabulate(); });
    this.element = h(
      "figure", { class: "chart" },
      h("figcaption", {}, h("span", { class: "chart-title", id: name }, title), h("span", { class: "chart-unit" }, unit), this.when),
      h("ul", { class: "chart-keys" }, this.keys.map((key) => key.element)),
      h("div", { class: "plot-place" }, this.svg, this.empty),
      h("p", { class: "unseen", id: name + "-hint" }, "Arrow keys go from moment to moment."), this.read, this.details);
    this.name = title + ", " + unit;
    mark(this.svg, "aria-label", this.name);
    this.svg.addEventListener("pointermove", (event) => this.#point(event));
    this.svg.addEventListener("pointerleave", () => this.#select(null));
    this.svg.addEventListener("blur", () => this.#select(null));
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width === this.#width || width === 0) return;
      this.#width = width;
      this.#soon();
    }).observe(this.element.querySelector(".plot-place"));
  }

  set(data, note = "") {
    this.#data = data;
    say(this.empty, note);
    this.#soon();
  }

  /** In the zone of times that is chosen now. */
  redraw() { this.#soon(); }

  #soon() {
    if (this.#isFrame) return;
    this.#isFrame = true;
    requestAnimationFrame(() => { this.#isFrame = false; this.#draw(); });
  }

  #values(index) { return this.options.series.map((one) => this.#data.values[one.id]?.[index] ?? null); }

  #draw() {
    const width = this.#width;
    if (!this.#data || width === 0) return;
    const { height, kind, series } = this.options;
    const { times, from, to } = this.#data;
    mark(this.svg, "viewBox", "0 0 " + width + " " + height);
    mark(this.svg, "width", width);
    let highest = 0;
    let lowest = 0;
    times.forEach((_, index) => {
      const values = this.#values(index).map((value) => value ?? 0);
      highest = Math.max(highest, kind === "stack" ? values.reduce((sum, value) => sum + value, 0) : Math.max(...values));
      if (kind === "lines") lowest = Math.min(lowest, ...values);
    });
    const ticks = ticksOf(lowest, Math.max(highest, this.options.least ?? 0));
    const bottom = ticks[0];
    const most = ticks[ticks.length - 1];
    const x = (time) => LEFT + ((time - from) / Math.max(1, to - from)) * (width - LEFT - RIGHT);
    const y = (value) => height - BOTTOM - ((value - bottom) / (most - bottom)) * (height - TOP - BOTTOM);
    this.x = x;
    this.y = y;
    put(this.grid, ...this.#axes(ticks, x, y, width));
    put(this.marks, ...(kind === "stack" ? this.#stack(x, y) : series.flatMap((one) => this.#line(one, x, y))));
    this.#read();
    if (this.details.open) this.#tabulate();
  }

  #axes(ticks, x, y, width) {
    const { height, format } = this.options;
    const { from, to } = this.#data;
    const marks = ticks.flatMap((value) => [
      s("line", { class: value === 0 ? "axis" : "rule", x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value) }),
      s("text", { x: LEFT - 6, y: y(value) + 3.5, "text-anchor": "end" }, format(value)),
    ]);
    const step = STEPS.find((one) => ((to - from) / one) * 72 <= width - LEFT - RIGHT) ?? STEPS[STEPS.length - 1];
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const place = x(time);
      if (place < LEFT + 14 || place > width - 20) continue;
      marks.push(s("line", { class: "tick", x1: place, x2: place, y1: height - BOTTOM, y2: height - BOTTOM + 3 }));
      marks.push(s("text", { x: place, y: height - 4, "text-anchor": "middle" }, step < 60e3 ? clock(time).replace("Z", "") : minuteClock(time)));
    }
    return marks;
  }

  #stack(x, y) {
    const { times, step } = this.#data;
    const { series } = this.options;
    const paths = series.map(() => "");
    const wide = Math.max(1, x(times[0] + step) - x(times[0]));
    const gap = wide > 5 ? 1 : 0;
    times.forEach((time, index) => {
      let sum = 0;
      const left = x(time).toFixed(2);
      this.#values(index).forEach((value, number) => {
        if (!value) return;
        const bottom = y(sum);
        sum += value;
        paths[number] += "M" + left + " " + bottom.toFixed(2) + "V" + y(sum).toFixed(2) + "h" + (wide - gap).toFixed(2) + "V" + bottom.toFixed(2) + "z";
      });
    });
    return paths.map((path, number) => s("path", { class: "area " + series[number].className, d: path }));
  }

  #line(one, x, y) {
    const { times } = this.#data;
    const values = this.#data.values[one.id] ?? [];
    let path = "";
    let isDown = false;
    let lone = [];
    times.forEach((time, index) => {
      const value = values[index];
      if (value === null || value === undefined) { isDown = false; return; }
      path += (isDown ? "L" : "M") + x(time).toFixed(2) + " " + y(value).toFixed(2);
      const next = values[index + 1];
      if (this.options.hasDots || (!isDown && (next === null || next === undefined))) lone.push([time, value]);
      isDown = true;
    });
    return [
      s("path", { class: "line " + one.className + (one.isDashed ? " dashed" : ""), d: path }),
      ...lone.map(([time, value]) => s("circle", { class: "dot " + one.className, cx: x(time), cy: y(value), r: 2.2 })),
    ];
  }

  // MARK: reading

  #nearest(time) {
    const { times, step = 0 } = this.#data;
    let best = null;
    times.forEach((one, index) => {
      if (best === null || Math.abs(one + step / 2 - time) < Math.abs(times[best] + step / 2 - time)) best = index;
    });
    return best;
  }

  #point(event) {
    if (!this.#data || !this.x || this.#data.times.length === 0) return;
    const box = this.svg.getBoundingClientRect();
    const { from, to } = this.#data;
    const share = (event.clientX - box.left - LEFT) / Math.max(1, box.width - LEFT - RIGHT);
    this.#select(share < -0.02 || share > 1.02 ? null : this.#nearest(from + share * (to - from)));
  }

  #key(event) {
    const count = this.#data?.times.length ?? 0;
    if (count === 0) return;
    const now = this.#at ?? count - 1;
    const places = {
      ArrowLeft: this.#at === null ? now : now - 1, ArrowRight: now + 1, Home: 0, End: count - 1, PageUp: now - 10, PageDown: now + 10,
    };
    if (event.key === "Escape" && this.#at !== null) { this.#select(null); event.stopPropagation(); return; }
    if (!(event.key in places)) return;
    event.preventDefault();
    this.#select(Math.min(count - 1, Math.max(0, places[event.key])));
    const values = this.#values(this.#at);
    say(this.read, clock(this.#data.times[this.#at]) + ": "
      + this.options.series.map((one, index) => one.label + " " + this.#text(values[index])).join(", "));
  }

  #text(value) { return value === null || value === undefined ? "–" : (this.options.exact ?? this.options.format)(value); }

  #select(index) {
    if (index === this.#at) return;
    this.#at = index;
    this.#read();
  }

  #read() {
    if (!this.#data || !this.x) return;
    const { times, step = 0 } = this.#data;
    const index = this.#at ?? this.#latest();
    const isShown = this.#at !== null && this.#at < times.length;
    const place = isShown ? this.x(times[this.#at] + (this.options.kind === "stack" ? step / 2 : 0)) : 0;
    mark(this.cross, "visibility", isShown ? "visible" : "hidden");
    mark(this.cross, "x1", place);
    mark(this.cross, "x2", place);
    const values = index === null ? [] : this.#values(index);
    this.keys.forEach((key, number) => say(key.value, this.#text(values[number])));
    say(this.when, index === null ? "" : (this.#at === null ? "" : "at ") + clock(times[index]));
    put(this.dots, ...(isShown && this.options.kind === "lines"
      ? this.options.series.flatMap((one, number) => values[number] === null ? []
        : [s("circle", { class: "dot " + one.className, cx: place, cy: this.y(values[number]), r: 3 })])
      : []));
    const spoken = this.options.series.map((one, number) => one.label + " " + this.#text(values[number])).join(", ");
    mark(this.svg, "aria-label", this.name + (index === null ? ", nothing yet" : ", last: " + spoken));
  }

  /** The last moment that is over: one that has only begun would look like a fall. */
  #latest() {
    const { times } = this.#data;
    for (let index = times.length - 1; index >= 0; index -= 1) {
      if (this.#values(index).some((value) => value !== null)) return index;
    }
    return null;
  }

  #tabulate() {
    const { times } = this.#data ?? { times: [] };
    const rows = times.map((time, index) => ({ time, values: this.#values(index) }))
      .filter((row) => row.values.some((value) => value !== null)).slice(-120).reverse();
    put(this.table, h(
      "table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Time"), this.options.series.map((one) => h("th", { scope: "col" }, one.label)))),
      h("tbody", {}, rows.map((row) => h(
        "tr", {}, h("th", { scope: "row" }, clock(row.time)), row.values.map((value) => h("td", {}, this.#text(value))))))));
  }
}

/** What is less can't be told from nothing. */
const LEAST = 1e-300;

/** Round figures with 0 among them, from at most `lowest` to at least `highest`, three to six of them. */
export function ticksOf(lowest, highest) {
  const top = highest - lowest < LEAST ? 1 : highest;
  const rough = (top - lowest) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const first = Math.floor(lowest / step + 1e-9);
  const count = Math.ceil(top / step - 1e-9) - first;
  return Array.from({ length: count + 1 }, (_, index) => (first + index) * step);
}

/** One value against what is usual, as a bar with a mark. */
export function bullet(value, expected, format) {
  const most = Math.max(value, expected) * 1.15 || 1;
  const wide = (part) => Math.max(0, Math.min(100, (part / most) * 100)).toFixed(1);
  return h(
    "div", { class: "bullet", role: "img", "aria-label": "value " + format(value) + ", usually " + format(expected) },
    s("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", "aria-hidden": "true" },
      s("rect", { class: "bullet-back", width: 100, height: 12 }),
      s("rect", { class: "bullet-bar", y: 2.5, height: 7, width: wide(value) }),
      s("rect", { class: "bullet-mark", x: wide(expected), width: 0.8, height: 12 })),
    h("span", { class: "bullet-text" }, h("b", {}, format(value)), " against usually " + format(expected)));
}
