// What the charts show: from the archive of events where the server has one, else from what the page itself has seen.
import { APIError, getLines, query } from "./api.js";
import { stream } from "./stream.js";
import { stamp } from "./text.js";

export const RANGES = [
  { id: "live", label: "live" }, { id: "1h", label: "1 h", ms: 3600e3, step: 60e3, text: "1m" },
  { id: "6h", label: "6 h", ms: 21600e3, step: 300e3, text: "5m" }, { id: "24h", label: "24 h", ms: 86400e3, step: 900e3, text: "15m" },
  { id: "7d", label: "7 d", ms: 604800e3, step: 7200e3, text: "2h" },
];
export const FIRST = RANGES[1];

/** The groups in which levels are shown, worst at the bottom of the stack. */
export const GROUPS = [
  { id: "error", label: "error", className: "level-error", levels: ["error", "critical"] },
  { id: "warning", label: "warning", className: "level-warning", levels: ["warning"] },
  { id: "info", label: "info", className: "level-info", levels: ["info", "notice"] },
  { id: "debug", label: "debug", className: "level-debug", levels: ["debug", "trace"] },
  { id: "none", label: "no level", className: "level-none", levels: ["none"] },
];
/** Those that count for the share of errors: events without a level don't say how it went. */
const JUDGED = GROUPS.filter((group) => group.id !== "none");

const groupOf = new Map(GROUPS.flatMap((group) => group.levels.map((level) => [level, group.id])));

// MARK: What the page has seen itself

const STEP = 10e3;
const KEPT = 91;
const buckets = new Map();
const QUANTILES = { p50: 0.5, p95: 0.95, p99: 0.99 };
/** Buckets of durations grow by a tenth: quantiles are right to 5 %. */
const GROWTH = Math.log(1.1);

export const seen = { since: Date.now() };

/** Times at which not all events were told here, oldest first: of them nothing is known. The last goes on while it has no end. */
const deaf = [{ from: -Infinity, to: Infinity }];

/** Nothing is known from `from` up to `to`. */
function miss(from, to) {
  deaf.push({ from, to });
  while (deaf[0].to < Date.now() - (KEPT + 1) * STEP) deaf.shift();
}

function listen() {
  const now = Date.now();
  const isDeaf = deaf.at(-1).to === Infinity;
  if (stream.state === "live" && stream.joined?.split(",").includes("event") && stream.isChosen({})) {
    // Another filter, or what is told again after a pause: the step in which it begins isn't whole.
    if (isDeaf) deaf.at(-1).to = now;
    else miss(now, now);
  } else if (!isDeaf) miss(Number.isFinite(stream.staleSince) ? stream.staleSince : now, Infinity);
}
stream.on("state", listen);
stream.on("gap", () => { if (deaf.at(-1).to !== Infinity) miss(Date.now(), Date.now()); });

/** Whether all events of the step were told here. */
const isHeard = (time) => !deaf.some((one) => one.from < time + STEP && one.to >= time);

stream.on("event", (event) => {
  const now = Math.floor(Date.now() / STEP) * STEP;
  let bucket = buckets.get(now);
  if (!bucket) {
    bucket = { error: 0, warning: 0, info: 0, debug: 0, none: 0, durations: new Map(), count: 0 };
    buckets.set(now, bucket);
    for (const time of buckets.keys()) if (time < now - KEPT * STEP) buckets.delete(time);
  }
  bucket[groupOf.get(event.level) ?? "none"] += 1;
  const duration = event.fields?.duration_ms;
  if (typeof duration === "number" && duration >= 0) {
    const slot = Math.round(Math.log(Math.max(duration, 0.001)) / GROWTH);
    bucket.durations.set(slot, (bucket.durations.get(slot) ?? 0) + 1);
    bucket.count += 1;
  }
});

function quantile(bucket, share) {
  if (bucket.count === 0) return null;
  let left = Math.max(1, Math.ceil(bucket.count * share));
  for (const slot of [...bucket.durations.keys()].sort((a, b) => a - b)) {
    left -= bucket.durations.get(slot);
    if (left <= 0) return Math.exp(slot * GROWTH);
  }
  return null;
}

function local() {
  // The moment that has only begun isn't shown: it would look like a fall.
  const to = Math.floor(Date.now() / STEP) * STEP;
  const from = to - 900e3;
  const times = [];
  for (let time = from; time < to; time += STEP) times.push(time);
  const pick = (read) => times.map((time) => (isHeard(time) ? read(buckets.get(time)) : null));
  const levels = {};
  for (const group of GROUPS) levels[group.id] = pick((bucket) => (bucket?.[group.id] ?? 0) / (STEP / 1000));
  const share = pick((bucket) => {
    const all = bucket ? JUDGED.reduce((sum, group) => sum + bucket[group.id], 0) : 0;
    return all ? (bucket.error / all) * 100 : null;
  });
  const latency = {};
  for (const [name, part] of Object.entries(QUANTILES)) latency[name] = pick((bucket) => (bucket ? quantile(bucket, part) : null));
  const frame = { times, from, to, step: STEP };
  return {
    source: "page", levels: { ...frame, values: levels }, share: { ...frame, values: { share } }, latency: { ...frame, values: latency },
  };
}

// MARK: What the archive has

let isMissing = false;

/** The step that has only begun is shown too: of a long one that may be all there is. */
const endOf = (range) => (Math.floor(Date.now() / range.step) + 1) * range.step;

/** Seconds that a step has lasted until now; a moment at least, so that its beginning doesn't look like a rise. */
const secondsOf = (start, step, now) => Math.min(step, Math.max(now - start, Math.min(step, 10e3))) / 1000;

/** What the charts of `range` show now. */
export async function load(range) {
  if (isMissing || range.id === "live") return local();
  const to = endOf(range);
  const from = to - range.ms;
  const common = { step: range.text, since: new Date(from).toISOString(), until: new Date(to).toISOString() };
  try {
    const [counts, durations] = await Promise.all([
      read("events/series" + query({ ...common, by: "level" })),
      read("events/series" + query({ ...common, field: "duration_ms" })).catch(() => []),
    ]);
    return archived(range, from, to, counts, durations);
  } catch (error) {
    if (!(error instanceof APIError) || !(error.isMissing || error.status === 400 || error.status === 503)) throw error;
    if (error.isMissing) isMissing = true;
    return local();
  }
}

export const hasArchive = () => !isMissing;
export function forgetArchive() { isMissing = false; }

async function read(path) {
  const lines = await getLines(path);
  // One object with the points in it, or one object a line.
  if (lines.length === 1) for (const name of ["points", "series", "buckets"]) if (Array.isArray(lines[0][name])) return lines[0][name];
  return lines;
}

function archived(range, from, to, counts, durations) {
  const times = [];
  for (let time = from; time < to; time += range.step) times.push(time);
  const place = (line) => Math.floor((stamp(line.time ?? line.from ?? line.start) - from) / range.step);
  const levels = Object.fromEntries(GROUPS.map((group) => [group.id, times.map(() => 0)]));
  const now = Date.now();
  for (const line of counts) {
    const index = place(line);
    if (!(index >= 0 && index < times.length)) continue;
    for (const [level, count] of levelsOf(line)) levels[groupOf.get(level) ?? "none"][index] += count / secondsOf(times[index], range.step, now);
  }
  const share = times.map((_, index) => {
    const all = JUDGED.reduce((sum, group) => sum + levels[group.id][index], 0);
    return all > 0 ? (levels.error[index] / all) * 100 : null;
  });
  const latency = { p50: times.map(() => null), p95: times.map(() => null), p99: times.map(() => null) };
  for (const line of durations) {
    const index = place(line);
    if (!(index >= 0 && index < times.length)) continue;
    for (const name of Object.keys(latency)) {
      const value = line[name] ?? line.quantiles?.[name] ?? null;
      if (typeof value === "number") latency[name][index] = value;
    }
  }
  const frame = { times, from, to, step: range.step };
  return {
    source: "archive", levels: { ...frame, values: levels }, share: { ...frame, values: { share } }, latency: { ...frame, values: latency },
  };
}

/** A point has one level with its count, or an object of counts. */
function levelsOf(line) {
  const counts = line.counts ?? line.by ?? line.levels;
  if (counts && typeof counts === "object") return Object.entries(counts);
  return [[line.level ?? line.group ?? line.value ?? "", Number(line.count) || 0]];
}

/** Error counts of one service over the last hour, for the alert about it; null where no archive is. */
export async function ofService(service) {
  if (isMissing) return null;
  const range = FIRST;
  const to = endOf(range);
  const from = to - range.ms;
  try {
    const counts = await read("events/series" + query({
      step: range.text, since: new Date(from).toISOString(), until: new Date(to).toISOString(), by: "level", service,
    }));
    return archived(range, from, to, counts, []).levels;
  } catch (error) {
    if (error instanceof APIError) return null;
    throw error;
  }
}
