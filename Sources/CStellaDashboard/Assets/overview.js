// How things are, on one screen.
import { part, send } from "./api.js";
import { TimeChart } from "./chart.js";
import { confirm, field, toast } from "./dialog.js";
import { button, data, h, mark, renew, say } from "./dom.js";
import { alerts, alertState, findings, firing, freeze, health, logStatus, runs, system, top, waiting } from "./model.js";
import { sealOf } from "./log.js";
import { choice, noteOf, panel } from "./panel.js";
import { FIRST, GROUPS, hasArchive, load, RANGES, seen } from "./series.js";
import { session } from "./session.js";
import { stream } from "./stream.js";
import { ago, clock, counted, keyText, length, milliseconds, number, percent, short, stamp, visible } from "./text.js";

const SHOWN = 6;

export function overviewView(go, sourceKnown) {
  let range = FIRST;
  let timer = null;
  let isAsking = false;
  let isLate = false;

  // MARK: health

  const score = h("span", { class: "score-number" }, "–");
  const status = h("span", { class: "score-word" }, "…");
  const ring = h("div", { class: "score", role: "img", "aria-label": "Health: not known yet" }, score, status);
  const reasons = h("ul", { class: "reasons" });
  const uptime = h("span", { class: "tally" });
  const healthPanel = panel("Health", { className: "health", tools: [uptime, h("a", { href: "#health" }, "History")], body: [ring, reasons] });

  // MARK: figures

  const tiles = {};
  const tile = (id, label, href) => {
    const value = h("span", { class: "tile-value" }, "–");
    const more = h("span", { class: "tile-more" }, "");
    tiles[id] = { value, more, element: h("a", { class: "tile", href }, h("span", { class: "tile-label" }, label), value, more) };
    return tiles[id].element;
  };
  const figures = h(
    "div", { class: "tiles" }, tile("rate", "Events a second", "#events"), tile("errors", "Errors", "#events"), tile("alerts", "Alerts firing", "#alerts"),
    tile("approvals", "Wait for approval", "#approvals"), tile("rules", "Rules", "#rules"), tile("log", "Execution log", "#log"));

  /** `source` is what the figure is from: one that couldn't be asked for again isn't what is. */
  function set(id, value, more, tone = null, source = null) {
    say(tiles[id].value, value);
    say(tiles[id].more, source?.isStale ? "stale since " + clock(source.at) : more);
    mark(tiles[id].element, "data-tone", source?.isStale && tone !== "bad" ? "warn" : tone);
  }

  // MARK: charts

  const rate = new TimeChart({
    title: "Events by level", unit: "a second", kind: "stack", format: short,
    series: GROUPS.map(({ id, label, className }) => ({ id, label, className })),
  });
  const errors = new TimeChart({
    title: "Error rate", unit: "% of events with a level", kind: "lines", least: 1, format: (value) => short(value) + " %",
    series: [{ id: "share", label: "error and worse", className: "level-error" }],
  });
  const latency = new TimeChart({
    title: "Latency", unit: "duration_ms", kind: "lines", format: milliseconds,
    series: [
      { id: "p50", label: "p50", className: "quantile-50" }, { id: "p95", label: "p95", className: "quantile-95" },
      { id: "p99", label: "p99", className: "quantile-99", isDashed: true },
    ],
  });
  const origin = h("span", { class: "tally" });
  const ranges = choice("Span of the charts", RANGES, range.id, (id) => { range = RANGES.find((one) => one.id === id); sourceKnown(); draw(); });
  const charts = panel("Traffic", { className: "traffic", tools: [origin, ranges], body: [h("div", { class: "charts" }, rate.element, errors.element, latency.element)] });

  // MARK: what needs somebody

  const alertList = h("ul", { class: "short-list" });
  const alertPanel = panel("Alerts that nobody has taken up", { body: [alertList], tools: [h("a", { href: "#alerts" }, "All alerts")] });
  const runList = h("ul", { class: "short-list" });
  const runPanel = panel("Plans that wait for approval", { body: [runList], tools: [h("a", { href: "#approvals" }, "All")] });
  const findingList = h("ul", { class: "short-list" });
  const findingPanel = panel("Recommendations", { className: "findings", tools: [h("a", { href: "#health" }, "All findings")], body: [findingList] });

  const element = h(
    "div", { class: "view overview", hidden: true }, h("h1", { class: "unseen" }, "Overview"), h("div", { class: "row-health" }, healthPanel.element, figures),
    charts.element, h("div", { class: "row-lists" }, alertPanel.element, runPanel.element, findingPanel.element));

  const WORDS = { healthy: "good", degraded: "warn", down: "bad", running: "good", starting: "warn", stopping: "warn" };

  function drawHealth() {
    const told = system.value;
    if (told) {
      const points = Math.round(told.score);
      say(score, String(points));
      say(status, visible(told.status));
      mark(ring, "data-tone", WORDS[told.status] ?? "none");
      ring.style.setProperty("--score", String(Math.max(0, Math.min(100, points))));
      mark(ring, "aria-label", "Health: " + points + " of 100, " + told.status);
      const found = [...(told.reasons ?? [])].sort((a, b) => b.points - a.points);
      renew(reasons, found.length
        ? found.slice(0, 5).map((reason) => h("li", { "data-tone": ["critical", "high"].includes(reason.severity) ? "bad" : "warn" }, h("span", { class: "points" }, "−" + number(reason.points)),
          h("span", {}, data(h("span"), reason.text), reason.since ? h("span", { class: "dim" }, " since " + clock(stamp(reason.since))) : null)))
        : h("li", { "data-tone": "good" }, "Nothing takes points off."),
      found.length > 5 ? h("li", { class: "dim" }, "and " + (found.length - 5) + " more") : null);
      say(uptime, "up " + length((told.uptime_s ?? 0) * 1000) + (told.active_users === null || told.active_users === undefined ? "" : " · " + counted(told.active_users, "active user")));
      healthPanel.note(noteOf(system));
      return;
    }
    // Without an analysis, what the process itself says.
    say(uptime, "");
    const parts = health.value?.parts ?? [];
    const ill = parts.filter((one) => !one.well);
    const word = health.value ? (ill.length ? "degraded" : health.value.status) : "…";
    say(score, health.value ? (ill.length ? "!" : "✓") : "–");
    say(status, word);
    mark(ring, "data-tone", WORDS[word] ?? "none");
    ring.style.setProperty("--score", health.value ? (ill.length ? "50" : "100") : "0");
    mark(ring, "aria-label", "Health: " + word);
    renew(reasons, parts.map((one) => h("li", { "data-tone": one.well ? "good" : "bad" }, h("span", { class: "points" }, one.well ? "✓" : "✗"), h("span", {}, visible(one.name) + (one.detail ? ": " + visible(one.detail) : one.well ? " is well" : " is not well")))),
      system.status === "missing" && health.value ? h("li", { class: "dim" }, "This server keeps no score.") : null);
    healthPanel.note(noteOf(health));
  }

  function drawFigures() {
    const engine = top.value?.engine;
    const perSecond = system.value?.events_per_second ?? engine?.events_per_second;
    set("rate", short(perSecond), engine ? percent(engine.cpu_share) + " of a core" : top.absence && top.status !== "loading" ? "" : " ", null, typeof system.value?.events_per_second === "number" ? system : top);
    const share = system.value?.error_rate;
    const lastShare = rateNow();
    const errorShare = typeof share === "number" ? share : lastShare === null ? NaN : lastShare / 100;
    // From there on errors take points, unless there are too few events.
    const isUnjudged = typeof share === "number" && share > 0.01 && !(system.value.reasons ?? []).some((reason) => reason.code === "errors.rate");
    set("errors", percent(errorShare), !Number.isFinite(errorShare) ? "no events yet" : isUnjudged ? "too few events to judge"
      : typeof share === "number" ? "5 min, with level or status" : "of events with a level", errorShare > 0.05 && !isUnjudged ? "warn" : null, typeof share === "number" ? system : null);
    const open = firing();
    const worst = open.filter((alert) => alert.severity === "critical").length;
    const taken = (alerts.value?.alerts ?? []).filter((alert) => alertState(alert) === "acknowledged").length;
    const isCut = alerts.value?.isCut ?? false;
    const kinds = worst ? worst + " critical" : taken ? taken + " acknowledged" : isCut ? "" : "none critical";
    set("alerts", alerts.value ? number(open.length) + (isCut ? "+" : "") : "–", alerts.value ? (!isCut ? kinds : kinds ? kinds + ", maybe others" : "there may be others") : alerts.absence,
      !alerts.value ? null : worst ? "bad" : open.length || isCut ? "warn" : "good", alerts);
    const queue = waiting();
    const soonest = Math.min(...queue.map((run) => stamp(run.decide_by)).filter(Number.isFinite));
    set("approvals", runs.value ? number(queue.length) : "–", freeze.value?.frozen ? "all effects are stopped" : queue.length && Number.isFinite(soonest) ? "first ends in " + length(soonest - Date.now()) : runs.value ? "nothing to decide" : runs.absence, queue.length ? "ask" : null, runs);
    set("rules", engine ? number(engine.rules) : "–", engine ? (engine.refused.length ? counted(engine.refused.length, "refused") .replace("refuseds", "refused") : engine.resting ? engine.resting + " resting" : "all active") : top.absence, engine && (engine.refused.length || engine.resting) ? "warn" : null, top);
    const log = logStatus.value;
    const seal = log ? sealOf(log) : null;
    set("log", log ? number(log.size) : "–", seal?.textContent ?? logStatus.absence, { broken: "bad", items: "warn" }[seal?.dataset.seal] ?? null, logStatus);
  }

  let lastErrors = null;
  const rateNow = () => lastErrors;

  function drawLists() {
    for (const [one, source] of [[alertPanel, alerts], [runPanel, runs], [findingPanel, findings]]) one.note(source.isStale ? noteOf(source) : "");
    const open = firing().slice(0, SHOWN);
    renew(alertList, open.length === 0 ? h("li", { class: "nothing" }, alerts.value?.isCut ? "Nothing of the newest " + number(alerts.value.alerts.length) + " fires; there may be others." : alerts.value ? "Nothing fires." : alerts.absence) : open.map((alert) => h(
      "li", {}, h("a", { href: "#alerts/" + part(alert.id) }, h("span", { class: "badge", "data-kind": alert.severity }, visible(alert.severity)),
        h("span", { class: "short-main" }, data(h("span"), alert.summary || alert.title)), h("span", { class: "dim" }, keyText(alert.key)), h("span", { class: "dim figure" }, ago(stamp(alert.first_seen)))))));
    const queue = waiting().slice(0, SHOWN);
    renew(runList, queue.length === 0 ? h("li", { class: "nothing" }, runs.value ? "Nothing waits for approval." : runs.absence) : queue.map((run) => h(
      "li", {}, h("a", { href: "#approvals/" + part(run.id) }, h("span", { class: "mono" }, visible(run.id)), h("span", { class: "short-main" }, data(h("span"), run.title)),
        h("span", { class: "dim" }, (run.targets ?? []).map(visible).join(", ") + ", " + counted(run.rows, "row")), h("span", { class: "dim figure" }, run.approvals + " of " + run.approvals_needed)))));
    const found = (findings.value ?? []).slice(0, SHOWN);
    renew(findingList, found.length === 0 ? h("li", { class: "nothing" }, findings.value ? "No recommendation is open." : findings.absence) : found.map((finding) => h(
      "li", { "data-id": finding.id }, h("div", { class: "short-row" }, h("span", { class: "badge", "data-kind": finding.severity }, visible(finding.severity ?? "–")),
        h("span", { class: "short-main" }, data(h("span", { title: visible([finding.detail, finding.recommendation].filter(Boolean).join(" ")) }), about(finding))),
        button("Acknowledge", () => acknowledge(finding), { class: "small", refusal: session.refusal("respond") })))));
  }

  const about = (finding) => [finding.title ?? finding.text ?? "", finding.subject].filter(Boolean).join(": ");

  function acknowledge(finding) {
    const reason = field("Reason", { kind: "area", required: true });
    confirm({
      title: "Acknowledge this recommendation?", label: "Acknowledge",
      body: [h("p", { class: "quote" }, visible(about(finding))), finding.detail ? h("p", {}, visible(finding.detail)) : null, finding.recommendation ? h("p", {}, visible(finding.recommendation)) : null, reason.element],
      ready: () => (reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => send("POST", "findings/" + part(finding.id) + "/acknowledge", { reason: reason.input.value.trim() }),
    }).then((done) => { if (done) { toast("Acknowledged."); findings.refresh(); } });
  }

  async function draw() {
    if (element.hidden) return;
    drawHealth();
    drawFigures();
    drawLists();
    if (isAsking) { isLate = true; return; }
    isAsking = true;
    try {
      const asked = range;
      const found = await load(asked);
      if (asked !== range) return;
      const isOwn = found.source === "page";
      ranges.hidden = !hasArchive();
      say(origin, isOwn ? "seen by this page since " + clock(seen.since) : "");
      const nothing = isOwn && stream.state !== "live" && stream.state !== "connecting" ? "The live stream isn't there." : isOwn && found.levels.values.none.every((value) => value === null) ? "Nothing was seen yet." : "";
      rate.set(found.levels, nothing);
      errors.set(found.share, nothing);
      latency.set(found.latency, nothing || (found.latency.values.p50.every((value) => value === null) ? "No event has a duration_ms." : ""));
      const shares = found.share.values.share.filter((value) => value !== null);
      lastErrors = shares.length ? shares[shares.length - 1] : null;
      charts.note("");
      sourceKnown();
      drawFigures();
    } catch (error) {
      charts.note(error.message);
    } finally {
      isAsking = false;
      if (isLate) { isLate = false; draw(); }
    }
  }

  const used = [system, health, alerts, runs, freeze, top, logStatus, findings];
  for (const resource of used) resource.watch(() => { if (!element.hidden) { drawHealth(); drawFigures(); drawLists(); } });
  // Who has just logged in needn't wait for the next round to see what happens.
  session.on((now) => { if (!element.hidden) { if (now.state === "out") drawLists(); else draw(); } });

  return {
    id: "overview", title: "Overview", element,
    show() {
      if (element.hidden) for (const resource of used) resource.use();
      element.hidden = false;
      draw();
      clearInterval(timer);
      // What nobody sees, or nobody may see, isn't asked for.
      timer = setInterval(() => { if (!document.hidden && session.state !== "out") draw(); }, 5000);
    },
    hide() {
      element.hidden = true;
      clearInterval(timer);
      for (const resource of used) resource.release();
    },
    tick() {},
    redraw() { for (const chart of [rate, errors, latency]) chart.redraw(); draw(); },
    keepsEvents: () => !hasArchive() || (range.id === "live" && !element.hidden),
  };
}
