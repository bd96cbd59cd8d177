// The live stream: read by hand rather than by EventSource, to know why it ends, to wait longer each time, and to say since when
// nothing has come.
import { query } from "./api.js";
import { visible } from "./text.js";

const SILENCE = 75000; // Two pings and a half.
const SHORTEST = 500;
const LONGEST = 30000;
/** A page that nobody has seen for this long gives its place back. */
const HIDDEN = 300000;

class Stream {
  #listeners = { event: [], alert: [], run: [], silence: [], gap: [], state: [] };
  #filter = {};
  #last = null;
  #current = null;
  #failures = 0;
  #retry = null;
  #watch = null;
  #hiding = null;
  #wanted = false;
  /** `connecting`, `live`, `waiting` (for the next try), `refused` (not for us), `asleep`. */
  state = "connecting";
  /** Since when what is shown may be old; NaN while it isn't. */
  staleSince = NaN;
  heard = NaN;
  retryAt = NaN;
  reason = "";
  /** Whether what comes now doesn't go on behind what came before. */
  isAnew = true;
  /** The types of messages that come now; null while none do. */
  joined = null;

  constructor() {
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.#hiding);
      if (document.hidden) this.#hiding = setTimeout(() => this.#sleep(), HIDDEN);
      else if (this.#wanted && (this.state === "asleep" || this.state === "waiting")) this.now();
    });
    window.addEventListener("online", () => { if (this.state === "waiting") this.now(); });
  }

  on(kind, action) { this.#listeners[kind].push(action); }
  #tell(kind, value, id) { for (const action of this.#listeners[kind]) action(value, id); }

  #set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    if (state === "live") this.staleSince = NaN;
    else if (Number.isNaN(this.staleSince) && !Number.isNaN(this.heard)) this.staleSince = this.heard;
    this.#tell("state", this);
  }

  /** Which messages to get; another filter begins anew, from now on. */
  want(filter) {
    // What is empty isn't asked for: only what the server is told makes another filter.
    const isSame = query(filter) === query(this.#filter);
    if (isSame && this.#wanted) return;
    this.#wanted = true;
    // What was never asked for is no gap.
    if (!isSame) this.#last = null;
    this.#filter = filter;
    this.now();
  }

  /** Whether what comes is chosen as `filter` says, of whatever types. */
  isChosen(filter) { return query({ types: this.#filter.types, ...filter }) === query(this.#filter); }

  stop() {
    this.#wanted = false;
    this.#end();
    this.#set("refused", "nobody is logged in");
  }

  /** Forgets where it was, for another person: what is wanted next begins anew. */
  forget() {
    this.#end();
    this.#wanted = false;
    this.#last = null;
    this.heard = NaN;
    this.staleSince = NaN;
  }

  #sleep() {
    this.#end();
    this.#set("asleep", "the page was hidden");
  }

  #end() {
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    this.#current?.abort();
    this.#current = null;
    this.joined = null;
  }

  /** Tries at once. */
  now() {
    this.#end();
    this.#wanted = true;
    const current = new AbortController();
    this.#current = current;
    if (this.state !== "live") this.#set("connecting");
    // An answer that never begins is silence, too.
    this.#expect(current);
    this.#read(current).catch((error) => this.#failed(current, error.message || "the connection ended"));
  }

  #failed(current, reason, seconds = 0) {
    if (current !== this.#current) return;
    this.#end();
    // Longer each time, and never all at once: a server that comes back isn't overrun by those who wait for it. Never before the
    // server has said, either.
    const share = Math.random() * 0.5;
    const wait = Math.max(seconds * 1000 * (1 + share / 2), Math.min(LONGEST, SHORTEST * 2 ** this.#failures) * (0.75 + share));
    this.#failures = Math.min(this.#failures + 1, 10);
    this.retryAt = Date.now() + wait;
    this.#set("waiting", reason);
    this.#retry = setTimeout(() => this.now(), wait);
  }

  #alive(current) {
    this.heard = Date.now();
    this.#expect(current);
  }

  #expect(current) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#failed(current, "nothing has come for " + SILENCE / 1000 + " s"), SILENCE);
  }

  /** Timers rest while a computer sleeps, its clock doesn't: whoever wakes it needn't wait for the rest of a patience. */
  look() {
    const now = Date.now();
    if (this.state === "live" && now - this.heard > SILENCE) {
      const { heard } = this;
      this.#end();
      this.#failures = 0;
      this.#set("waiting", "nothing has come for " + Math.round((now - heard) / 1000) + " s");
      this.now();
    } else if (this.state === "waiting" && now - this.retryAt > SHORTEST) this.now();
  }

  async #read(current) {
    const headers = { accept: "text/event-stream" };
    this.isAnew = !this.#last;
    if (this.#last) headers["last-event-id"] = this.#last;
    const answer = await fetch("/api/v1/stream" + query(this.#filter), {
      headers, signal: current.signal, cache: "no-store", credentials: "same-origin",
    }).catch((error) => { throw current.signal.aborted ? error : new Error("the server can't be reached"); });
    if (current !== this.#current) return;
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      if (current !== this.#current) return;
      if (answer.status === 401 || answer.status === 403 || answer.status === 400 || answer.status === 404) {
        this.#end();
        this.#set("refused", visible(problem.detail ?? answer.statusText));
        return;
      }
      this.#failed(current, visible(problem.detail ?? "the server answered " + answer.status), Number(answer.headers.get("retry-after")) || 0);
      return;
    }
    this.#alive(current);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    while (true) {
      const { value, done } = await reader.read();
      if (current !== this.#current) return;
      if (done) break;
      this.#alive(current);
      if (this.joined === null) {
        this.#failures = 0;
        this.joined = this.#filter.types;
        this.#set("live");
      }
      rest += value;
      let end;
      while ((end = rest.indexOf("\n\n")) >= 0) {
        const isOver = this.#message(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (isOver) { this.#failed(current, isOver); return; }
      }
    }
    throw new Error("the server ended the stream");
  }

  /** Takes one message; why the stream is over, when it says so. */
  #message(text) {
    let kind = "message";
    let id = null;
    let data = "";
    for (const line of text.split("\n")) {
      if (line.startsWith("data:")) data += (data ? "\n" : "") + line.slice(line[5] === " " ? 6 : 5);
      else if (line.startsWith("event:")) kind = line.slice(6).trim();
      else if (line.startsWith("id:")) id = line.slice(3).trim();
    }
    if (id) this.#last = id;
    let value = null;
    if (data) { try { value = JSON.parse(data); } catch { return null; } }
    if (kind === "dropped") return "this page took too little";
    if (kind === "end") return "the server ends";
    if (value !== null && this.#listeners[kind]) this.#tell(kind, value, id);
    return null;
  }
}

export const stream = new Stream();
