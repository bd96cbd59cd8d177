// The execution log: what was done, by whom, and what proves it.
import { APIError, getPage, query } from "./api.js";
import { button, data, fact, h, put, renew, say } from "./dom.js";
import { Grid } from "./grid.js";
import { logStatus } from "./model.js";
import { noteOf, panel, split, tool } from "./panel.js";
import { ago, clock, counted, fullTime, number, stamp, visible } from "./text.js";

const PAGE = 200;

export function logView(go) {
  let records = [];
  let trouble = "";
  /** The run that the list is about; what is still being typed chooses nothing yet. */
  let about = "";
  let isAsking = false;
  let isWhole = false;
  /** Counts the lists that were begun: an answer to what was asked for another one is for nobody. */
  let round = 0;
  /** How large the log was when its newest records were asked for. */
  let known = null;
  let shown = null;
  const run = tool("Only about the run", { placeholder: "run, such as r-7f3a2b10", isQuiet: true, className: "narrow" });
  const search = tool("Search in what is shown", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const earlier = button("Earlier", () => load("earlier"), { class: "quiet" });
  const tally = h("span", { class: "tally" });
  const seal = h("div", { class: "seal" });
  const grid = new Grid({
    name: "log", label: "Records of the execution log, newest first", id: (record) => record.number,
    columns: [
      { name: "number", title: "No." }, { name: "time", title: "Time" }, { name: "kind", title: "What" }, { name: "run", title: "Run" },
      { name: "actor", title: "By" }, { name: "body", title: "Details" },
    ],
    show(cells, record) {
      say(cells.number, number(record.number));
      say(cells.time, clock(stamp(record.time)));
      data(cells.kind, record.kind);
      data(cells.run, record.run ?? "");
      data(cells.actor, record.actor ?? "");
      say(cells.body, body(record));
    },
    open,
  });
  const list = panel("Execution log", { className: "fill", tools: [run.element, search.element, earlier, tally], body: [seal, grid.element] });
  const frame = split(list.element, "Record");
  frame.onClose = () => { shown = null; grid.opened(null); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);
  search.input.addEventListener("input", draw);
  run.input.addEventListener("change", () => { about = run.input.value.trim(); clear(); load("newest"); draw(); });

  const body = (record) => Object.entries(record.body ?? {}).map(([name, value]) => visible(name) + "=" + visible(value)).join("  ");

  function clear() {
    round += 1;
    records = [];
    isWhole = false;
    isAsking = false;
    trouble = "";
    grid.opened(null);
  }

  /** Numbers are without gaps, so that pages are asked for by them. */
  async function load(what) {
    if (isAsking) return;
    isAsking = true;
    const asked = round;
    const size = logStatus.value?.size ?? null;
    try {
      let after;
      if (about === "" && what === "earlier" && records.length) after = Math.max(0, records[records.length - 1].number - 1 - PAGE);
      else if (about === "" && what === "newer" && records.length) after = records[0].number;
      else if (about === "" && size !== null) after = Math.max(0, size - PAGE);
      const limit = what === "earlier" && records.length ? Math.min(PAGE, records[records.length - 1].number - 1 - (after ?? 0)) : PAGE;
      if (limit <= 0) { isWhole = true; return; }
      let { lines: found, next } = await getPage("log" + query({ after, limit, run: about }));
      // A page looks through a part of the log only.
      while (about !== "" && next !== null && found.length < limit && asked === round) {
        const page = await getPage("log" + query({ before: next, limit: limit - found.length, run: about }));
        found = page.lines.concat(found);
        next = page.next;
      }
      if (asked !== round) return;
      if (what !== "earlier") known = size;
      const there = new Set(records.map((record) => record.number));
      records = records.concat(found.filter((record) => !there.has(record.number))).sort((a, b) => b.number - a.number);
      if (about !== "" || records[records.length - 1]?.number <= 1) isWhole = true;
      trouble = "";
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (asked === round) trouble = error.isMissing ? "Not available on this server." : error.message;
    } finally {
      if (asked === round) { isAsking = false; draw(); }
    }
  }

  function draw() {
    if (element.hidden) return;
    const wanted = search.input.value.trim().toLowerCase();
    const found = wanted === "" ? records : records.filter((record) => [record.number, record.kind, record.run, record.actor, body(record)].join(" ").toLowerCase().includes(wanted));
    grid.set(found);
    earlier.hidden = isWhole || records.length === 0;
    say(tally, found.length === records.length ? counted(records.length, "record") : found.length + " of " + counted(records.length, "record"));
    grid.say(found.length > 0 ? "" : trouble || (isAsking ? "Loading …" : records.length ? "No record is like that." : "Nothing is on the log yet."));
    drawSeal();
  }

  function drawSeal() {
    const status = logStatus.value;
    if (!status) { renew(seal, h("p", { class: "dim" }, "State of the log: " + noteOf(logStatus))); return; }
    const meaning = VERDICTS[status.verified?.verdict]?.meaning;
    renew(seal, sealOf(status), meaning ? h("p", { class: "seal-meaning" }, meaning) : null, h("dl", { class: "facts inline" },
      fact("Records", number(status.size)), fact("Signed up to", text(status.signed)), status.anchors?.length ? fact("Anchored", status.anchors.map((anchor) => visible(anchor.name) + " up to " + number(anchor.size)).join(", ")) : null,
      fact("Head", String(status.head ?? "–").slice(0, 16) + "…"),
      fact("Last checked", status.verified ? verified(status.verified) : "never; stella log verify does")));
  }

  const text = (value) => (typeof value === "number" ? "no. " + number(value) : value === null || value === undefined ? "nothing yet" : typeof value === "object" ? "no. " + number(value.size ?? value.number) : String(value));

  function verified(value) {
    const time = stamp(value.time);
    return [typeof value.size === "number" ? "up to no. " + number(value.size) : "", Number.isFinite(time) ? fullTime(time) + " (" + ago(time) + ")" : ""].filter(Boolean).join(", ");
  }

  function open(record) {
    shown = record;
    grid.opened(record.number);
    const { number: place, time, kind, run: about, actor, epoch, body: members, ...more } = record;
    put(
      frame.body, h("h2", { class: "detail-title mono" }, visible(kind)), h("p", { class: "detail-line" }, "No. " + number(place) + " · " + fullTime(stamp(time))),
      h("dl", { class: "facts" }, fact("By", actor ?? "–"), about ? fact("Run", h("a", { href: "#runs/" + encodeURIComponent(about) }, visible(about))) : null,
        Object.entries(members ?? {}).map(([name, value]) => fact(visible(name), typeof value === "string" ? value : JSON.stringify(value)))),
      h("h3", {}, "On the chain"),
      h("dl", { class: "facts mono" }, fact("time", time), epoch === undefined ? null : fact("epoch", String(epoch)),
        Object.entries(more).map(([name, value]) => fact(visible(name), typeof value === "string" ? value : JSON.stringify(value)))));
    frame.open();
  }

  logStatus.watch(() => {
    if (element.hidden) return;
    const size = logStatus.value?.size;
    const newest = about === "" ? records[0]?.number : known;
    if (records.length === 0 || (typeof size === "number" && size > newest)) load(records.length ? "newer" : "newest");
    draw();
  });

  return {
    id: "log", title: "Execution log", element, search: search.input, grid,
    show() {
      if (element.hidden) logStatus.use();
      element.hidden = false;
      if (records.length === 0 && logStatus.status !== "loading") load("newest");
      draw();
    },
    hide() { element.hidden = true; logStatus.release(); },
    tick() {},
    redraw() { grid.redraw(); draw(); if (shown) open(shown); },
    reset() { clear(); frame.close(); },
  };
}

/** What the last check found: its mark, its words as `stella log verify` has them, and what that means. */
const VERDICTS = {
  intact: { kind: "whole", text: "No fault found" },
  open_items: {
    kind: "items", text: "No fault found, with open items",
    meaning: "What is on the log is whole. For some effects it has no known outcome, or details were erased without a record of it: stella log verify names them.",
  },
  failed: { kind: "broken", text: "The log does not verify", meaning: "Run stella log verify on the server's machine: it says what is wrong." },
};

/** Whether the log holds what it proves, as a word with its mark. */
export function sealOf(status) {
  const verdict = status.verified?.verdict ?? null;
  const { kind, text } = VERDICTS[verdict] ?? { kind: "open", text: verdict ? "Checked: " + visible(verdict) : "Not verified yet" };
  return h("p", { class: "seal-state", "data-seal": kind }, text);
}
