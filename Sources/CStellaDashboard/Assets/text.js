// Text, numbers and times as people read them.

// What a screen would act on, or what nobody would see: the same characters that the commands escape.
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e0fff}]/gu;
const SHORT = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const LONGEST = 20000;

function escapeOne(character) {
  if (SHORT[character]) return SHORT[character];
  const code = character.codePointAt(0);
  return code < 0x100 ? "\\x" + code.toString(16).padStart(2, "0") : "\\u{" + code.toString(16) + "}";
}

const cut = (length) => "… +" + (length - LONGEST) + " characters";

/** Text from data with everything invisible written out; `keepsLines` leaves line feeds, `isWhole` cuts nothing. */
export function visible(value, keepsLines = false, isWhole = false) {
  let text = typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);
  if (!isWhole && text.length > LONGEST) text = text.slice(0, LONGEST) + cut(text.length);
  return text.replace(HIDDEN, (found) => (keepsLines && found === "\n" ? found : escapeOne(found)));
}

/** The pieces of `text`, those that are escapes marked, for whoever shows them apart. */
export function pieces(value) {
  const text = typeof value === "string" ? value.slice(0, LONGEST) : visible(value);
  const found = [];
  let end = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: escapeOne(match[0]), escaped: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  if (typeof value === "string" && value.length > LONGEST) found.push({ text: cut(value.length), escaped: true });
  return found;
}

// Letters and digits of scripts that run from right to left.
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefe\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]+/gu;

/** The pieces of `text`, words that run from right to left marked: each for itself, none moves what stands around it. */
export function words(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(LEFTWARD)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: match[0], isLeftward: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  return value.toLocaleString("en-GB", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
}

/** Three significant digits with k, M, G. */
export function short(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e9) return three(value / 1e9) + " G";
  if (size >= 1e6) return three(value / 1e6) + " M";
  if (size >= 1e4) return three(value / 1e3) + " k";
  return three(value);
}

function three(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}

export function bytes(value) {
  if (!Number.isFinite(value)) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let index = 0;
  while (value >= 1024 && index < units.length - 1) { value /= 1024; index += 1; }
  return (value >= 100 || index === 0 ? value.toFixed(0) : value.toFixed(1)) + " " + units[index];
}

export function percent(share, digits = 1) {
  if (!Number.isFinite(share)) return "–";
  const least = 10 ** -digits;
  return share > 0 && share * 100 < least ? "< " + least + " %" : share === 0 ? "0 %" : (share * 100).toFixed(digits) + " %";
}

export function milliseconds(value) {
  if (!Number.isFinite(value)) return "–";
  return value >= 1000 ? three(value / 1000) + " s" : three(value) + " ms";
}

export function nanoseconds(value) {
  if (!Number.isFinite(value)) return "–";
  if (value >= 1e6) return three(value / 1e6) + " ms";
  return value >= 1e3 ? three(value / 1e3) + " µs" : three(value) + " ns";
}

/** How long, from milliseconds: `42 s`, `3 m 20 s`, `5 h 12 m`, `3 d 4 h`. */
export function length(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return seconds + " s";
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + " m" + (minutes < 10 && seconds % 60 ? " " + (seconds % 60) + " s" : "");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours + " h" + (hours < 10 && minutes % 60 ? " " + (minutes % 60) + " m" : "");
  const days = Math.floor(hours / 24);
  return days + " d" + (days < 10 && hours % 24 ? " " + (hours % 24) + " h" : "");
}

/** `count` with its noun. */
export function counted(count, noun) { return number(count) + " " + noun + (count === 1 ? "" : "s"); }

// MARK: times

let zone = "utc";
export function currentZone() { return zone; }
export function setZone(name) { zone = name === "local" ? "local" : "utc"; }

/** Milliseconds since 1970 of an RFC 3339 text; NaN for none. */
export function stamp(text) { return typeof text === "string" ? Date.parse(text.replace(/(\.\d{3})\d+/, "$1")) : NaN; }

/** Whether a value, as events write their time, is that moment to the millisecond: a text, or nanoseconds since 1970. */
export function isMoment(value, ms) { return typeof value === "number" ? Math.abs(value / 1e6 - ms) < 1 : stamp(value) === ms; }

const two = (value) => String(value).padStart(2, "0");

function parts(ms) {
  const date = new Date(ms);
  return zone === "utc"
    ? [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(),
      date.getUTCSeconds(), date.getUTCMilliseconds()]
    : [date.getFullYear(), date.getMonth() + 1, date.getDate(), date.getHours(), date.getMinutes(),
      date.getSeconds(), date.getMilliseconds()];
}

const suffix = () => (zone === "utc" ? "Z" : "");

/** `11:04:05Z`, with the day when it isn't today. */
export function clock(ms, hasMillis = false) {
  if (!Number.isFinite(ms)) return "–";
  const [year, month, day, hour, minute, second, millis] = parts(ms);
  const now = parts(Date.now());
  const time = two(hour) + ":" + two(minute) + ":" + two(second) + (hasMillis ? "." + String(millis).padStart(3, "0") : "");
  const isToday = now[0] === year && now[1] === month && now[2] === day;
  return (isToday ? "" : two(month) + "-" + two(day) + " ") + time + suffix();
}

export function minuteClock(ms) {
  const [, month, day, hour, minute] = parts(ms);
  return hour === 0 && minute === 0 ? two(month) + "-" + two(day) : two(hour) + ":" + two(minute);
}

/** Date and time, to the second. */
export function fullTime(ms) {
  if (!Number.isFinite(ms)) return "–";
  const [year, month, day, hour, minute, second] = parts(ms);
  return year + "-" + two(month) + "-" + two(day) + " " + two(hour) + ":" + two(minute) + ":" + two(second) + suffix();
}

export function ago(ms) { return Number.isFinite(ms) ? length(Date.now() - ms) + " ago" : "–"; }

/** A key object as `service=shop route=/pay`. */
export function keyText(key) {
  if (key === null || key === undefined) return "";
  if (typeof key !== "object") return visible(key);
  return Object.entries(key).map(([name, value]) => visible(name) + "=" + visible(value)).join("  ");
}
