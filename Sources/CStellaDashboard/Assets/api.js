// The server's routes.

import { visible } from "./text.js";

const ROOT = "/api/v1/";
const PATIENCE = 65000;

/** A failure: `status` is that of HTTP, 0 when nobody answered; `retryAfter` is in seconds. */
export class APIError extends Error {
  constructor(status, message, exitStatus = null, retryAfter = 0) {
    super(message);
    this.status = status;
    this.exitStatus = exitStatus;
    this.retryAfter = retryAfter;
  }
  /** Whether the server couldn't answer just now: that says nothing about what was asked. */
  get isPassing() { return this.status === 0 || this.status === 429 || this.status >= 500; }
  /** Whether the server has no such route. */
  get isMissing() { return this.status === 404 || this.status === 405; }
}

let crossSiteToken = null;
export function setCrossSiteToken(token) { crossSiteToken = token; }

const listeners = { unauthorized: [], forbidden: [], unreachable: [], reached: [] };
/** Calls `action` when the server says that nobody is logged in, or that who is may not, can't be reached, or was reached. */
export function when(what, action) { listeners[what].push(action); }
const tell = (what) => { for (const action of listeners[what]) action(); };

function lost(method) {
  tell("unreachable");
  return new APIError(0, method === "GET"
    ? "The server can't be reached."
    : "The server didn't answer. Whether it did what was asked isn't known: look before you repeat it.");
}

const unreadable = () => new APIError(0, "What came isn't an answer of this server.");

async function ask(method, path, body, accept, signal) {
  const headers = { accept };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && crossSiteToken) headers["stella-cross-site-token"] = crossSiteToken;
  const limit = AbortSignal.timeout(PATIENCE);
  let answer;
  try {
    answer = await fetch(path.startsWith("/") ? path : ROOT + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), credentials: "same-origin",
      cache: "no-store", redirect: "error", referrerPolicy: "no-referrer",
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw lost(method);
  }
  tell("reached");
  if (answer.ok) return answer;
  let detail = answer.statusText || "The server answered " + answer.status + ".";
  let exitStatus = null;
  try {
    const problem = await answer.json();
    if (typeof problem.detail === "string") detail = visible(problem.detail);
    if (typeof problem.exit_status === "number") exitStatus = problem.exit_status;
  } catch {
    // What isn't a problem in JSON has told its status.
  }
  if (answer.status === 401 && !path.startsWith("session") && !path.startsWith("enrolment")) tell("unauthorized");
  if (answer.status === 403 && !path.startsWith("session") && !path.startsWith("enrolment")) tell("forbidden");
  throw new APIError(answer.status, detail, exitStatus, Number(answer.headers.get("retry-after")) || 0);
}

/** The whole of an answer's text: one that ends early is none. */
async function textOf(answer, method) { try { return await answer.text(); } catch { throw lost(method); } }

export async function getJSON(path) {
  const text = await textOf(await ask("GET", path, undefined, "application/json"), "GET");
  try { return JSON.parse(text); } catch { throw unreadable(); }
}

/** The objects of an answer with one JSON object a line. A last line that was cut is left out. */
export async function getLines(path) { return (await getPage(path)).lines; }

/** The lines, and what the next page goes on with; null when nothing is left. */
export async function getPage(path) {
  const answer = await ask("GET", path, undefined, "application/json, application/x-ndjson");
  return { lines: linesOf(await textOf(answer, "GET")), next: answer.headers.get("stella-next") };
}

function linesOf(text) {
  const found = [];
  const lines = text.split("\n").filter((line) => line !== "");
  for (const [index, line] of lines.entries()) {
    try {
      const value = JSON.parse(line);
      if (Array.isArray(value)) found.push(...value);
      else found.push(value);
    } catch {
      if (index < lines.length - 1) throw unreadable();
    }
  }
  return found;
}

/** What the command prints. */
export async function getText(path) { return textOf(await ask("GET", path, undefined, "text/plain"), "GET"); }

/** Changes something. Gives the status of HTTP and what the answer tells. */
export async function send(method, path, body) {
  const answer = await ask(method, path, body, "application/json");
  const text = await textOf(answer, method);
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { value = null; }
  return { status: answer.status, value, notes: (answer.headers.get("stella-note") ?? "").split(", ").filter(Boolean).map(decode) };
}

/** What ``part`` has encoded; text that nobody has encoded stays as it is. */
export function decode(text) { try { return decodeURIComponent(text); } catch { return text; } }

export const part = encodeURIComponent;

/** A query of the members that have a value, once for each that a list has. */
export function query(members) {
  const found = Object.entries(members).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one]))
    .filter(([, value]) => value !== undefined && value !== null && value !== "");
  return found.length === 0 ? "" : "?" + found.map(([name, value]) => name + "=" + encodeURIComponent(value)).join("&");
}
