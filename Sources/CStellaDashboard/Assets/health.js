// Health over time, and what the analysis has found.
import { APIError, decode, getLines, part, query, send } from "./api.js";
import { TimeChart } from "./chart.js";
import { confirm, field, toast } from "./dialog.js";
import { button, data, fact, h, mark, put, renew, say } from "./dom.js";
import { badge, Grid } from "./grid.js";
import { SEVERITIES } from "./model.js";
import { choice, panel, split, tool } from "./panel.js";
import { session } from "./session.js";
import { clock, counted, fullTime, length, number, stamp, visible } from "./text.js";

const SPANS = [
  { id: "6h", label: "6 h", ms: 6 * 3600e3, step: 60e3 }, { id: "24h", label: "24 h", ms: 24 * 3600e3, step: 300e3 },
  { id: "7d", label: "7 d", ms: 7 * 86400e3, step: 1800e3 }, { id: "30d", label: "30 d", ms: 30 * 86400e3, step: 7200e3 },
  { id: "90d", label: "90 d", ms: 90 * 86400e3, step: 21600e3 },
];
/** Samples in an answer at most; a span with more is asked for in pieces. */
const PIECE = 1500;
const PAGE = 100;
const STATES = [{ id: "open", label: "Open" }, { id: "acknowledged", label: "Acknowledged" }, { id: "closed", label: "Closed" }, { id: "", label: "All" }];
const AGES = [["", "any time"], ["24h", "last 24 h"], ["7d", "last 7 days"], ["30d", "last 30 days"]];

export function healthView(go) {
  let span = SPANS[1];
  let findings = [];
  let shownID = null;
  let limit = PAGE;
  let state = "open";
  let trouble = "Loading …";
  let asked = 0;
  let timer = null;

  // MARK: the score over time

  const chart = new TimeChart({
    title: "Health", unit: "score, 0 to 100", kind: "lines", least: 100, format: (value) => number(value),
    series: [
      { id: "score", label: "score", className: "health-score" },
      { id: "least", label: "lowest", className: "health-least", isDashed: true },
    ],
  });
  const spans = choice("Span of the history", SPANS, span.id, (id) => { span = SPANS.find((one) => one.id === id); history(); });
  const summary = h("span", { class: "tally" });
  const charts = panel("History", { className: "health-history", tools: [summary, spans], body: [chart.element] });

  async function history() {
    const want = span;
    const to = Math.ceil(Date.now() / want.step) * want.step;
    const from = to - want.ms;
    try {
      const samples = await samplesOf(from, to);
      if (want !== span) return;
      charts.note("");
      show(want, from, to, samples);
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (want === span) charts.note(error.isMissing ? "Not available on this server." : error.message);
    }
  }

  /** The newest come first, a piece at a time, for as long as there are earlier ones. */
  async function samplesOf(from, to) {
    const found = [];
    let until = to;
    while (until > from) {
      const piece = await getLines("system/history" + query({ since: new Date(from).toISOString(), until: new Date(until).toISOString(), limit: PIECE }));
      found.unshift(...piece);
      const first = piece.length ? stamp(piece[0].time) : NaN;
      if (piece.length < PIECE || !(first < until)) break;
      until = first;
    }
    return found;
  }

  function show(want, from, to, samples) {
    const times = [];
    for (let time = from; time < to; time += want.step) times.push(time);
    const sums = times.map(() => ({ sum: 0, count: 0, least: Infinity }));
    let below = 0;
    for (const sample of samples) {
      const bucket = sums[Math.floor((stamp(sample.time) - from) / want.step)];
      if (!bucket) continue;
      bucket.sum += sample.score;
      bucket.count += 1;
      bucket.least = Math.min(bucket.least, sample.score);
      if (sample.status !== "healthy") below += 1;
    }
    const score = sums.map((one) => (one.count ? one.sum / one.count : null));
    const least = sums.map((one) => (one.count ? one.least : null));
    chart.set({ times, from, to, step: want.step, values: { score, least } }, samples.length ? "" : "Nothing was noted in this time.");
    say(summary, samples.length ? "healthy " + Math.round(100 * (1 - below / samples.length)) + " % of the time" : "");
  }

  // MARK: findings

  const severity = tool("Criticality", {
    choices: [["", "any criticality"], ...SEVERITIES.slice(0, 4).map((name, index) => [name, index === 0 ? name : name + " and worse"])], isQuiet: true,
  });
  const score = tool("Score", { choices: [["", "any score"], ["80", "score below 80"], ["60", "score below 60"], ["40", "score below 40"]], isQuiet: true });
  const age = tool("When", { choices: AGES, isQuiet: true });
  const search = tool("Search findings", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const more = button("More", () => { limit += PAGE; ask(); }, { class: "quiet" });
  const tally = h("span", { class: "tally" });
  const grid = new Grid({
    name: "findings", label: "Findings of the analysis", id: (finding) => finding.id, open: (finding) => go("health/" + part(finding.id)),
    columns: [
      { name: "severity", title: "Criticality" }, { name: "what", title: "What" }, { name: "state", title: "Status" },
      { name: "score", title: "Score", hint: "The lowest score while it held" }, { name: "since", title: "Since" }, { name: "last", title: "Last seen" },
    ],
    show(cells, finding) {
      badge(cells.severity, finding.severity, finding.severity);
      data(cells.what, about(finding));
      cells.what.title = visible(finding.detail ?? "");
      say(cells.state, finding.status);
      mark(cells.state, "data-state", finding.status);
      say(cells.score, finding.score == null ? "–" : number(finding.score));
      say(cells.since, clock(stamp(finding.first_seen)));
      say(cells.last, clock(stamp(finding.last_seen)));
    },
  });
  const list = panel("Findings", {
    className: "fill", body: [grid.element],
    tools: [choice("Which findings", STATES, state, (id) => { state = id; anew(); }), severity.element, score.element, age.element, search.element, more, tally],
  });
  const frame = split(list.element, "Finding");
  frame.onClose = () => { shownID = null; grid.opened(null); go("health"); };
  const element = h("div", { class: "view view-split health-view", hidden: true }, h("h1", { class: "unseen" }, "Health"), charts.element, frame.element);
  for (const one of [severity, score, age]) one.input.addEventListener("change", anew);
  search.input.addEventListener("input", draw);

  const about = (finding) => [finding.title, finding.subject].filter(Boolean).join(": ");

  /** What is there is of other filters from now on. */
  let isOther = false;

  function anew() {
    limit = PAGE;
    isOther = true;
    ask();
  }

  async function ask() {
    if (element.hidden) return;
    const turn = ++asked;
    try {
      const found = await getLines("findings" + query({
        status: state, severity: severity.input.value, score_below: score.input.value, since: age.input.value, limit,
      }));
      if (turn !== asked) return;
      findings = found.reverse();
      isOther = false;
      trouble = "";
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (turn !== asked) return;
      trouble = error.isMissing ? "Not available on this server." : error.message;
      if (isOther) findings = [];
    }
    draw();
  }

  function draw() {
    if (element.hidden) return;
    const wanted = search.input.value.trim().toLowerCase();
    const found = findings.filter((one) => wanted === "" || [one.id, one.kind, one.subject, one.title, one.detail, one.recommendation].join(" ").toLowerCase().includes(wanted));
    grid.set(found);
    more.hidden = findings.length < limit;
    list.note(findings.length ? trouble : "");
    say(tally, found.length === findings.length ? counted(findings.length, "finding") : found.length + " of " + counted(findings.length, "finding"));
    grid.say(found.length ? "" : trouble || (findings.length ? "No finding is like that." : "Nothing is found like that."));
    const shown = findings.find((one) => one.id === shownID);
    if (shown) drawDetail(shown);
  }

  function open(id) {
    shownID = id;
    grid.opened(id);
    grid.activate(id);
    const known = findings.find((one) => one.id === id);
    put(frame.body, h("p", { class: "dim" }, known ? "" : "This finding isn't in the list."));
    if (known) drawDetail(known);
    frame.open();
  }

  function drawDetail(finding) {
    const ack = finding.acknowledged;
    renew(
      frame.body, data(h("h2", { class: "detail-title" }), about(finding)),
      h("p", { class: "detail-line" }, h("span", { class: "badge", "data-kind": finding.severity }, visible(finding.severity)), " " + visible(finding.status) + " ", h("span", { class: "mono" }, visible(finding.kind))),
      finding.detail ? data(h("p"), finding.detail) : null,
      finding.recommendation ? [h("h3", {}, "What to do"), data(h("p"), finding.recommendation)] : null,
      h("dl", { class: "facts" },
        fact("Since", fullTime(stamp(finding.first_seen))), fact("Last seen", fullTime(stamp(finding.last_seen))),
        finding.closed ? fact("Closed", fullTime(stamp(finding.closed))) : null,
        fact("Held for", length(stamp(finding.closed ?? finding.last_seen) - stamp(finding.first_seen))),
        finding.score == null ? null : fact("Lowest score", number(finding.score)), fact("Id", h("span", { class: "mono" }, visible(finding.id))),
        ack ? fact("Acknowledged", [ack.by ? "by " + ack.by : "", ack.reason].filter(Boolean).join(": ")) : null),
      finding.status === "closed" ? null : h("div", { class: "actions" }, button("Acknowledge …", () => acknowledge(finding), { refusal: session.refusal("respond") })));
  }

  function acknowledge(finding) {
    const reason = field("Reason", { kind: "area", required: true });
    confirm({
      title: "Acknowledge this finding?", label: "Acknowledge", body: [h("p", { class: "quote" }, visible(about(finding))), reason.element],
      ready: () => (reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => send("POST", "findings/" + part(finding.id) + "/acknowledge", { reason: reason.input.value.trim() }),
    }).then((done) => {
      if (!done) return;
      toast("Acknowledged.");
      if (done.value?.id) {
        findings = findings.map((one) => (one.id === done.value.id ? done.value : one));
        draw();
      }
      ask();
    });
  }

  session.on(draw);

  return {
    id: "health", title: "Health", element, search: search.input, grid,
    show(id) {
      const isNew = element.hidden;
      element.hidden = false;
      if (isNew) { history(); ask(); }
      clearInterval(timer);
      timer = setInterval(() => { if (!document.hidden && session.state !== "out") { history(); ask(); } }, 60000);
      const name = id ? decode(id) : null;
      if (name && name !== shownID) open(name);
      else if (!name && frame.isOpen) frame.close();
    },
    hide() { element.hidden = true; clearInterval(timer); },
    tick() {},
    redraw() { chart.redraw(); grid.redraw(); draw(); },
    reload() { history(); ask(); },
    reset() { asked += 1; findings = []; trouble = "Loading …"; shownID = null; frame.clear(); grid.opened(null); draw(); },
  };
}
