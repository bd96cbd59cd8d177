// Events as they come, with search and pause.
import { getLines, query } from "./api.js";
import { toast } from "./dialog.js";
import { button, data, fact, h, mark, put, say } from "./dom.js";
import { Grid } from "./grid.js";
import { LEVELS } from "./model.js";
import { panel, split, tool } from "./panel.js";
import { stream } from "./stream.js";
import { clock, counted, fullTime, isMoment, number, stamp, visible } from "./text.js";

const KEPT = 3000;
/** By then what was written is to be read. */
const SEAM = 4000;
/** Events in an answer at most. */
const PIECE = 1000;
/** Events in a page of the archive. */
const PAGE = 200;
const content = (event) => JSON.stringify([event.time, event.level, event.service, event.message, event.fields]);

export function eventsView(go, filterChanged) {
  let last = 0;
  let all = [];
  let coming = [];
  let held = [];
  /** Events since the pause, also those of which too many came to be held. */
  let since = 0;
  let isPaused = false;
  let isFrame = false;
  let missed = 0;
  let wasLive = false;
  let shown = null;
  let hasArchive = null;
  /** The newest of the archive: `due`, `asked`, or `there`. */
  let first = "due";
  let isAsking = false;
  /** Counts the lists that were begun: an answer to what was asked for another one is for nobody. */
  let round = 0;
  const level = tool("Level", { choices: [["", "all levels"], ...LEVELS.slice(0, 6).reverse().map((name) => [name, name + " and worse"])], isQuiet: true });
  const search = tool("Search in what is shown", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const service = tool("Services, with commas", { placeholder: "service", isQuiet: true, className: "narrow" });
  const where = tool("Condition, as in rules", { placeholder: "where: status >= 500", isQuiet: true, className: "grow" });
  const pause = button("Pause", () => setPaused(!isPaused), { class: "pause" });
  mark(pause, "aria-pressed", "false");
  const newest = button("Newest", () => grid.toEnd(), { class: "quiet" });
  const earlier = button("Earlier", () => loadEarlier(), { class: "quiet" });
  earlier.hidden = true;
  const exports = h("span", { class: "exports", "data-none": "" }, "Export CSV JSON");
  const tally = h("span", { class: "tally" });
  const refusal = h("p", { class: "trouble", role: "alert", hidden: true });

  const grid = new Grid({
    name: "events", label: "Events", id: (event) => event.number, follows: true,
    columns: [{ name: "time", title: "Time" }, { name: "level", title: "Level" }, { name: "service", title: "Service" }, { name: "message", title: "Message" }],
    show(cells, event) {
      say(cells.time, event.isHole ? "" : clock(event.ms, true));
      say(cells.level, event.isHole ? "" : visible(event.level ?? "–"));
      mark(cells.message, "data-hole", event.isHole ? "" : null);
      mark(cells.level, "data-level", event.level);
      say(cells.service, visible(event.service ?? ""));
      data(cells.message, event.message ?? "");
    },
    open: (event) => { if (!event.isHole) open(event); },
  });
  grid.onPin = () => tell();

  const list = panel("Events", {
    className: "fill",
    tools: [pause, level.element, service.element, where.element, search.element, earlier, newest, exports, tally],
    body: [refusal, grid.element],
  });
  const frame = split(list.element, "Event");
  frame.onClose = () => { shown = null; grid.opened(null); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);

  const typed = () => ({ level: level.input.value, service: service.input.value.trim(), where: where.input.value.trim() });
  /** What of the stream, and of the archive, the list has; what is still being typed chooses nothing yet. */
  let filter = typed();

  const number1 = (event) => {
    last += 1;
    return { ...event, number: last, ms: stamp(event.time), text: null };
  };

  stream.on("event", (event) => {
    // Another view may have the stream tell of all events: the list asks for its own when it is shown again.
    if (!stream.isChosen(filter)) return;
    coming.push(event);
    if (!isFrame) { isFrame = true; setTimeout(flush, element.hidden ? 1000 : 100); }
  });
  stream.on("gap", (gap) => {
    const count = typeof gap.missed === "number" ? gap.missed : 0;
    missed += count;
    leaveHole(count);
    tell();
  });
  stream.on("state", () => {
    if (stream.state === "live" && stream.joined?.includes("event")) {
      if (wasLive && stream.isAnew) leaveHole(0);
      wasLive = true;
    }
    tell();
  });

  function flush() {
    isFrame = false;
    const found = coming.slice(-KEPT).map(number1);
    if (isPaused) since += coming.length;
    coming = [];
    if (isPaused) {
      held = held.concat(found).slice(-KEPT);
      tell();
    } else append(found);
  }

  function append(found) {
    all = all.concat(found);
    const before = all.length;
    if (before > KEPT) all = all.slice(before - KEPT);
    draw();
  }

  // MARK: Holes

  /** The list that ends with what came last. */
  const newestList = () => (isPaused && held.length > 0 ? held : all);
  const holeAt = (number) => [all, held].map((list) => ({ list, place: list.findIndex((event) => event.isHole && event.number === number) })).find((found) => found.place >= 0);

  /** Says in the list that something may be missing there, and asks the archive for it when that can have it. */
  function leaveHole(count) {
    if (coming.length) flush();
    const before = newestList().at(-1);
    if (!before) return;
    let hole = before;
    if (!before.isHole) {
      last += 1;
      hole = { isHole: true, number: last, ms: before.ms, time: before.time, message: "Events may be missing here.", missed: 0 };
      if (isPaused) held = held.concat([hole]);
      else append([hole]);
    }
    hole.missed += count;
    hole.until = Date.now();
    // One that grows is filled once all of it is to be read.
    clearTimeout(hole.timer);
    hole.timer = setTimeout(() => fillHole(hole), SEAM);
  }

  async function fillHole(hole) {
    if (hasArchive === false) return;
    const asked = hole.until;
    let found;
    try {
      const place = holeAt(hole.number);
      if (!place) return;
      const after = place.list[place.place + 1];
      const until = after ? new Date(Math.max(hole.until, hole.ms + 1, after.ms + 1)).toISOString() : null;
      found = (await getLines("events" + archiveQuery({ since: hole.time, until, limit: PIECE, search: "" }))).reverse();
    } catch {
      return; // The mark stays.
    }
    if (coming.length) flush();
    const place = holeAt(hole.number);
    if (!place || hole.until !== asked) return;
    const missing = between(hole.number, absent(found));
    // An answer that is full has the newest only.
    const isWhole = found.length < PIECE;
    if (isWhole) missed = Math.max(0, missed - hole.missed);
    const filled = place.list.toSpliced(place.place, 1, ...(isWhole ? [] : [hole]), ...missing);
    if (place.list === held) { held = filled; since += missing.length; }
    else all = filled;
    draw();
    tell();
  }

  /** Those of the archive's events that the list doesn't have: the stream has told of some of them. */
  function absent(found) {
    const there = new Map();
    for (const event of all.concat(held)) if (!event.isHole) there.set(content(event), (there.get(content(event)) ?? 0) + 1);
    return found.map(({ id, ...event }) => event).filter((event) => {
      const count = there.get(content(event)) ?? 0;
      there.set(content(event), count - 1);
      return event.time !== undefined && count <= 0;
    });
  }

  /** Events with numbers behind `number` and before the next whole one. */
  const between = (number, events) => events.map((event, index) => (
    { ...event, number: number + (index + 1) / (events.length + 1), ms: stamp(event.time), text: null }));

  function draw() {
    if (element.hidden) return;
    const wanted = search.input.value.trim().toLowerCase();
    const items = wanted === "" ? all : all.filter((event) => event.isHole || haystack(event).includes(wanted));
    const firstNumber = items[0]?.number ?? Infinity;
    const removed = grid.items.findIndex((item) => item.number >= firstNumber);
    grid.set(items, removed > 0 ? removed : 0);
    grid.say(items.length > 0 ? "" : all.length > 0 ? "No event is like that." : first === "asked" ? "Loading …" : stream.state === "live" ? "Waiting for events …" : "");
    tell(items.length);
  }

  function haystack(event) {
    event.text ??= [event.time, event.level, event.service, event.message, JSON.stringify(event.fields ?? {})].join(" ").toLowerCase();
    return event.text;
  }

  function tell(found = grid.items.length) {
    const holes = all.filter((event) => event.isHole).length;
    const count = all.length - holes;
    found -= grid.items.filter((event) => event.isHole).length;
    const told = [found === count ? counted(count, "event") : number(found) + " of " + counted(count, "event")];
    if (isPaused) told.push(number(since) + " more since the pause");
    if (missed > 0) told.push(number(missed) + " missed");
    if (!grid.isPinned && !isPaused) told.push("newer ones are below");
    say(tally, told.join(" · "));
    const isRefused = stream.state === "refused" && stream.reason !== "nobody is logged in";
    refusal.hidden = !isRefused;
    say(refusal, isRefused ? stream.reason : "");
  }

  function setPaused(value) {
    isPaused = value;
    mark(pause, "aria-pressed", isPaused ? "true" : "false");
    say(pause, isPaused ? "Go on" : "Pause");
    if (!isPaused) {
      const found = held;
      held = [];
      since = 0;
      append(found);
      grid.toEnd();
    }
    tell();
  }

  function open(event) {
    shown = event;
    grid.opened(event.number);
    // Its time is told already; one that it says besides is not.
    const fields = Object.entries(event.fields ?? {}).filter(([name, value]) => name !== "time" || !isMoment(value, event.ms));
    const copy = button("Copy as JSON", async () => {
      const { number, ms, text, ...bare } = event;
      try { await navigator.clipboard.writeText(JSON.stringify(bare)); toast("Copied."); } catch { toast("This browser doesn't let pages copy."); }
    }, { class: "small" });
    const only = event.service ? button("Only " + visible(event.service), () => { service.input.value = event.service; begin(); }, { class: "small" }) : null;
    put(
      frame.body, data(h("h2", { class: "detail-title mono" }), event.message ?? ""),
      h("p", { class: "detail-line" }, h("span", { class: "level", "data-level": event.level }, visible(event.level ?? "no level")), " · "
        + visible(event.service ?? "no service") + " · " + fullTime(event.ms)),
      h("div", { class: "actions start" }, copy, only),
      h("dl", { class: "facts mono" }, fact("time", event.time), fields.map(([name, value]) => fact(visible(name), typeof value === "string" ? value : JSON.stringify(value)))));
    frame.open();
  }

  // MARK: The filter

  /** Begins the list anew when the filter is another one: what is there was chosen by the former. */
  function begin() {
    const wanted = typed();
    if (query(wanted) === query(filter)) return;
    filter = wanted;
    clear();
    filterChanged();
    drawExports();
    loadFirst();
    draw();
    grid.toEnd();
  }

  /** Takes everything off the list; a pause goes on, and what is open beside the list stays. */
  function clear() {
    round += 1;
    all = [];
    held = [];
    since = 0;
    coming = [];
    missed = 0;
    wasLive = false;
    isAsking = false;
    first = "due";
    grid.opened(null);
    grid.activate(null);
  }

  // MARK: The archive

  function archiveQuery(more) {
    return query({ ...filter, search: search.input.value.trim(), ...more });
  }

  /** The newest that the archive has, before what the stream has told since. */
  async function loadFirst() {
    if (first !== "due" || hasArchive === false) return;
    first = "asked";
    const asked = round;
    try {
      const found = await getLines("events" + archiveQuery({ limit: PAGE, search: "" }));
      if (asked !== round) return;
      first = "there";
      hasArchive = true;
      earlier.hidden = false;
      if (coming.length) flush();
      const older = absent(found.reverse());
      // Numbers of earlier events are below those that are there.
      const end = (all[0] ?? held[0])?.number ?? last + 1;
      const page = older.map((event, index) => ({ ...event, number: end - older.length + index, ms: stamp(event.time), text: null }));
      all = page.concat(all);
      const seam = { round, number: end - 1, time: page.at(-1)?.time, ms: page.at(-1)?.ms ?? 0, until: Date.now() };
      setTimeout(() => fillSeam(seam), SEAM);
      drawExports();
    } catch (error) {
      if (asked !== round) return;
      hasArchive = error.isMissing ? false : hasArchive;
      // What the server doesn't understand it won't understand later.
      first = error.status === 400 || error.isMissing ? "there" : "due";
    }
    draw();
  }

  async function loadEarlier() {
    if (isAsking || first === "asked") return;
    isAsking = true;
    const asked = round;
    const start = () => all[0] ?? held[0];
    try {
      const found = await getLines("events" + archiveQuery({ until: start()?.time, limit: PAGE }));
      if (asked !== round) return;
      if (coming.length && !isPaused) flush();
      const oldest = start()?.time;
      const older = found.filter((event) => event.time !== undefined && (oldest === undefined || event.time < oldest)).reverse();
      if (older.length === 0) { toast("There are no earlier events."); return; }
      const base = (start()?.number ?? last + 1) - older.length;
      all = older.map((event, index) => ({ ...event, number: base + index, ms: stamp(event.time), text: null })).concat(all).slice(0, KEPT + 2000);
      draw();
      grid.scroller.scrollTop = 0;
    } catch (error) {
      if (asked === round) toast(error.message);
    } finally {
      if (asked === round) isAsking = false;
    }
  }

  /** What was neither in the archive yet nor in the stream already, when the one was asked and the other began. */
  async function fillSeam(seam) {
    const place = () => {
      const index = all.findIndex((event) => event.number > seam.number);
      return index < 0 ? all.length : index;
    };
    const isGone = () => seam.round !== round || (seam.time !== undefined && place() === 0);
    if (isGone()) return;
    const after = all[place()] ?? held[0];
    // A hole there is filled by itself.
    if (after?.isHole) return;
    try {
      const until = after ? new Date(Math.max(seam.until, seam.ms + 1, after.ms + 1)).toISOString() : null;
      const found = (await getLines("events" + archiveQuery({ since: seam.time, until, limit: PIECE, search: "" }))).reverse();
      if (coming.length) flush();
      if (isGone()) return;
      const missing = between(seam.number, absent(found));
      if (missing.length === 0) return;
      // What is shown stays as it is during a pause.
      if (isPaused && place() === all.length) { held = missing.concat(held); since += missing.length; }
      else all = all.toSpliced(place(), 0, ...missing);
      draw();
      tell();
    } catch {
      // It was only to be complete; Earlier asks again.
    }
  }

  function drawExports() {
    if (!hasArchive) return;
    mark(exports, "data-none", null);
    put(exports, "Export ", ["csv", "json"].map((format) => h(
      "a", { href: "/api/v1/events/export" + archiveQuery({ format }), download: "events." + format, class: "export" }, format.toUpperCase())));
  }

  search.input.addEventListener("input", () => { draw(); drawExports(); });
  for (const input of [level.input, service.input, where.input]) {
    input.addEventListener("change", begin);
  }

  return {
    id: "events", title: "Events", element, search: search.input, grid,
    /** What of the stream this view wants. */
    filter: () => filter,
    show() {
      element.hidden = false;
      loadFirst();
      draw();
    },
    hide() { element.hidden = true; },
    tick() { if (stream.state === "live") loadFirst(); },
    reload() { loadFirst(); },
    redraw() { grid.redraw(); if (shown) open(shown); },
    keys: { p: () => setPaused(!isPaused) },
    reset() { clear(); hasArchive = null; frame.close(); draw(); },
  };
}
