// The things that views show.
import { getJSON, getLines, query } from "./api.js";
import { Resource, settle } from "./resource.js";
import { stamp } from "./text.js";

export const SEVERITIES = ["critical", "high", "medium", "low", "informational"];
export const LEVELS = ["critical", "error", "warning", "notice", "info", "debug", "trace"];
/** States of runs in which something is still to come. */
export const OPEN_STATES = ["awaiting", "approved", "checking", "applying", "verifying", "stopped", "frozen", "proposed"];

/** The most lines that the server gives of one. */
const MOST = 10000;

/** Runs that wait for somebody, at most. */
const WAITING = 5000;
/** States in which a run waits for votes, or for a person to look at what became of it. */
const WAITING_STATES = ["awaiting", "unknown", "partial", "rollback_unknown", "rollback_conflict", "rollback_failed"];

/** A list of which the newest are there, and more of them when somebody wants that. */
class PagedResource extends Resource {
  constructor(name, page, load, every, size = (value) => value.length) {
    super(name, () => load(this.limit), every);
    this.page = page;
    this.limit = page;
    this.size = size;
  }

  /** Whether there may be more than what is there. */
  get hasMore() { return this.value !== null && this.limit < MOST && this.size(this.value) >= this.limit; }

  more() {
    this.limit = Math.min(MOST, this.limit + this.page);
    return this.refresh();
  }
}

const alertCount = (value) => value.alerts.length;
export const alerts = new PagedResource("alerts", 500, async (limit) => readAlerts(await getLines("alerts" + query({ limit })), limit), 15000, alertCount);
export const allAlerts = new PagedResource(
  "alerts and those that are over", 500, async (limit) => readAlerts(await getLines("alerts" + query({ all: "true", limit })), limit), 20000, alertCount);
export const runs = new PagedResource("runs", 200, readRuns, 15000);
export const users = new Resource("users", async () => getLines("users"), 30000);
export const tokens = new Resource("tokens", async () => getLines("tokens"), 30000);
export const top = new Resource("costs", async () => {
  const lines = await getLines("top");
  return { engine: lines.find((line) => line.kind === "engine") ?? null, rules: lines.filter((line) => line.kind === "rule") };
}, 5000);
export const rules = new Resource("rules", async () => getLines("rules"), 30000);
export const fixes = new Resource("fixes", async () => getLines("fixes"), 60000);
export const mutes = new Resource("mutes", async () => getLines("mutes"), 30000);
export const freeze = new Resource("freeze", async () => getJSON("freeze"), 15000);
export const system = new Resource("system health", async () => getJSON("system"), 10000);
export const health = new Resource("health", async () => getJSON("/health"), 10000);
export const findings = new Resource("findings", async () => getLines("findings" + query({ status: "open", limit: 50 })), 60000);
export const notifications = new Resource(
  "notifications", async () => getLines("notifications" + query({ state: "failed", limit: 50 })), 60000);
export const logStatus = new Resource("log", async () => getJSON("log/status"), 15000);

/** The newest, and all that wait for somebody: those may have waited while many others came. */
async function readRuns(limit) {
  const newest = await getLines("runs" + query({ limit }));
  const waiting = newest.length < limit ? [] : await getLines("runs" + query({ state: WAITING_STATES, limit: WAITING }));
  const there = new Set(newest.map((run) => run.id));
  return newest.concat(waiting.filter((run) => !there.has(run.id))).sort(byProposal);
}

function byProposal(a, b) { return stamp(b.proposed_at) - stamp(a.proposed_at) || (a.id < b.id ? -1 : 1); }

/** `isCut` says that the server may have others, of which nothing is known here. */
function readAlerts(lines, limit) {
  const found = sorted(lines.filter((line) => line.id));
  return { alerts: found, isCut: found.length >= limit, silences: lines.filter((line) => line.kind === "silence") };
}

/** What needs somebody comes first; within that, an alert keeps its place for as long as it lives. Times are read once for each. */
function sorted(found) {
  return found.map((alert) => ({ alert, weight: weight(alert), first: stamp(alert.first_seen) }))
    .sort((a, b) => a.weight - b.weight || b.first - a.first || (a.alert.id < b.alert.id ? -1 : 1)).map((one) => one.alert);
}

function weight(alert) {
  const severity = SEVERITIES.indexOf(alert.severity);
  const state = isOver(alert) ? 20 : alert.acknowledged || alert.muted ? 10 : 0;
  return state + (severity < 0 ? SEVERITIES.length : severity);
}

export function isOver(alert) { return alert.status === "resolved" || Boolean(alert.resolved); }

export function alertState(alert) {
  if (alert.resolved) return "resolved by hand";
  if (alert.status === "resolved") return "resolved";
  if (alert.muted) return "muted";
  return alert.acknowledged ? "acknowledged" : alert.status ?? "firing";
}

/** Runs that wait for votes. */
export const waiting = () => (runs.value ?? []).filter((run) => run.state === "awaiting");
/** Alerts that nobody has taken up yet. */
export const firing = () => (alerts.value?.alerts ?? []).filter((alert) => alertState(alert) === "firing");

/** How the end of a run is to be seen: good, bad, open, or neither. */
export function outcome(run) {
  if (run.state === "succeeded" || run.state === "rolled_back" || run.state === "accepted") return "good";
  if (OPEN_STATES.includes(run.state)) return "open";
  return ["failed", "partial", "unknown", "ineffective", "rollback_failed", "rollback_conflict", "rollback_unknown"]
    .includes(run.state) ? "bad" : "none";
}

export const stateText = (state) => String(state ?? "").replaceAll("_", " ");

const alertsSoon = settle(() => { for (const one of [alerts, allAlerts]) if (one.isUsed) one.refresh(); });
const runsSoon = settle(() => { if (runs.isUsed) runs.refresh(); if (logStatus.isUsed) logStatus.refresh(); });

/** An alert with what the stream has told of it; null when that is older than what is known. */
export function withNews(alert, news) {
  if (!alert || alert.id !== news.id || news.revision < alert.revision) return null;
  const { muted, ...rest } = alert;
  // What mutes it stays until the stream says otherwise: its rule knows only what did when it fired.
  return muted === undefined || news.event === "unmuted" ? { ...rest, ...news } : { ...rest, muted, ...news };
}

/** In a storm of alerts lists are made anew so often, in milliseconds, and no more. */
const GATHERED = 100;
let told = [];
let gathering = null;
// What one person was told isn't for the next.
alerts.watch(() => { if (alerts.status === "loading") told = []; });

/** The stream has told of an alert or a run: what is known of it is shown soon, and what is kept about it asked for after that. */
export function alertHappened(news) {
  told.push(news);
  gathering ??= setTimeout(takeNews, GATHERED);
  alertsSoon();
}

function takeNews() {
  gathering = null;
  const all = told;
  told = [];
  for (const resource of [alerts, allAlerts]) {
    const known = new Map((resource.value?.alerts ?? []).map((alert) => [alert.id, alert]));
    let isChanged = false;
    for (const news of all) {
      const changed = withNews(known.get(news.id), news);
      if (!changed) continue;
      isChanged = true;
      if (resource === allAlerts || !isOver(changed)) known.set(changed.id, changed);
      else known.delete(changed.id);
    }
    if (isChanged) resource.set({ ...resource.value, alerts: sorted([...known.values()]) });
  }
}
export function runHappened() { runsSoon(); }
/** The stream has told that a silence was set or is over. */
export function silenceHappened(news) {
  for (const resource of [alerts, allAlerts]) {
    if (resource.value === null) continue;
    const others = resource.value.silences.filter((silence) => silence.number !== news.number);
    resource.set({ ...resource.value, silences: news.event === "set" ? [...others, news].sort((a, b) => a.number - b.number) : others });
  }
  alertsSoon();
  if (mutes.isUsed) mutes.refresh();
}
