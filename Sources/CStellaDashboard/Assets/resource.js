// What the page knows: each thing with whether it is there, when it was told, and who wants to hear of it.
import { APIError } from "./api.js";

const all = [];
let isPaused = false;
/** Nothing is asked for while nobody is logged in. */
export function pause(value) { isPaused = value; }

/**
 * Something that is asked for again and again while somebody looks at it.
 * `status` is `loading`, `ready`, `missing` (no such route), `forbidden`, or `failed`; a value that was there stays while asking fails.
 */
export class Resource {
  #listeners = new Set();
  #users = 0;
  #timer = null;
  #asking = null;
  #again = false;
  /** Counts the resets: an answer to what was asked before one is for nobody. */
  #round = 0;
  /** Until when the server wants no question, on the clock of `performance`, which nobody sets. */
  #rest = 0;

  constructor(name, load, every) {
    this.name = name;
    this.load = load;
    this.every = every;
    this.value = null;
    this.status = "loading";
    this.message = "";
    this.at = NaN;
    all.push(this);
  }

  /** Calls `action` whenever something changes; once at once when there is something already. */
  watch(action) {
    this.#listeners.add(action);
    if (this.status !== "loading") action(this);
    return () => this.#listeners.delete(action);
  }

  /** Somebody looks: it is asked for now, and again every so often until ``release``. */
  use() {
    this.#users += 1;
    if (this.#users === 1) this.refresh();
  }

  release() {
    this.#users = Math.max(0, this.#users - 1);
    if (this.#users === 0) { clearTimeout(this.#timer); this.#timer = null; }
  }

  get isUsed() { return this.#users > 0; }

  /** Asks now, or as soon as the server wants it; one question at a time, and once more when somebody asks meanwhile. */
  refresh() {
    if (isPaused) return Promise.resolve();
    if (this.#asking) { this.#again = true; return this.#asking; }
    clearTimeout(this.#timer);
    const rest = this.#rest - performance.now();
    if (rest > 0) {
      if (this.isUsed) this.#timer = setTimeout(() => this.refresh(), rest);
      return Promise.resolve();
    }
    this.#asking = this.#ask().finally(() => {
      this.#asking = null;
      if (this.#again) { this.#again = false; this.refresh(); return; }
      // A route that isn't there won't come soon; a page that isn't seen needs little.
      const factor = this.status === "missing" ? 20 : document.hidden ? 6 : 1;
      if (this.#users > 0 && this.every) this.#timer = setTimeout(() => this.refresh(), Math.max(this.every * factor, this.#rest - performance.now()));
    });
    return this.#asking;
  }

  async #ask() {
    const asked = this.#round;
    try {
      const value = await this.load();
      if (asked !== this.#round) return;
      this.value = value;
      this.at = Date.now();
      this.status = "ready";
      this.message = "";
    } catch (error) {
      if (asked !== this.#round) return;
      if (!(error instanceof APIError)) { if (error.name === "AbortError") return; console.error(error); }
      const status = error instanceof APIError ? error : new APIError(0, String(error));
      this.message = status.message;
      this.#rest = performance.now() + status.retryAfter * 1000;
      this.status = status.isMissing ? "missing" : status.status === 403 ? "forbidden" : "failed";
      if (this.status !== "failed") this.value = null;
    }
    this.tell();
  }

  /** Changes the value without asking. */
  set(value) {
    this.value = value;
    this.at = Date.now();
    this.status = "ready";
    this.tell();
  }

  tell() { for (const action of [...this.#listeners]) action(this); }

  /** Forgets everything, as when another person has logged in. */
  reset() {
    this.#round += 1;
    this.#rest = 0;
    this.value = null;
    this.status = "loading";
    this.tell();
    if (this.isUsed) this.refresh();
  }

  /** Whether what is there is of before the last question, which had no answer. */
  get isStale() { return this.status === "failed" && this.value !== null; }

  /** Why there is nothing to show, for people; empty when there is something, or will be soon. */
  get absence() {
    switch (this.status) {
      case "missing": return "Not available on this server.";
      case "forbidden": return this.message || "Not for you.";
      case "failed": return this.value === null ? this.message : "";
      case "loading": return "Loading …";
      default: return "";
    }
  }
}

/** Asks anew for all that somebody looks at. */
export function refreshAll() { for (const resource of all) if (resource.isUsed) resource.refresh(); }
export function resetAll() { for (const resource of all) resource.reset(); }

/** Runs `action` once things are quiet, and at the latest every `longest` milliseconds. */
export function settle(action, quiet = 400, longest = 2000) {
  let timer = null;
  let since = 0;
  return () => {
    const now = Date.now();
    if (timer === null) since = now;
    clearTimeout(timer);
    timer = setTimeout(() => { timer = null; action(); }, Math.max(0, Math.min(quiet, since + longest - now)));
  };
}
