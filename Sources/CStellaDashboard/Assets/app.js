// The page: views, what is asked for, and how the connection fares.
import { when } from "./api.js";
import { accessView } from "./access.js";
import { alertsView } from "./alerts.js";
import { makeBell } from "./bell.js";
import { h, mark, put, say } from "./dom.js";
import { eventsView } from "./events.js";
import { healthView } from "./health.js";
import { listen, showKeys } from "./keys.js";
import { logView } from "./log.js";
import { alertHappened, runHappened, silenceHappened } from "./model.js";
import { overviewView } from "./overview.js";
import { pause, refreshAll, resetAll } from "./resource.js";
import { rulesView } from "./rules.js";
import { approvalsView, historyView } from "./runs.js";
import { forgetArchive } from "./series.js";
import { session, showAccount } from "./session.js";
import { stream } from "./stream.js";
import { clock, currentZone, length, setZone } from "./text.js";

const main = document.getElementById("main");
const nav = document.getElementById("nav");

const go = (place) => { if (location.hash !== "#" + place) location.hash = place; };
const events = eventsView(go, () => listenTo());
const overview = overviewView(go, () => listenTo());
const views = [overview, alertsView(go), events, approvalsView(go), historyView(go), rulesView(go), logView(go), healthView(go), accessView(go)];
let shown = null;

const links = new Map(views.map((view, index) => {
  const count = view.badge ? h("span", { class: "count", "data-none": "" }) : null;
  const link = h("a", { href: "#" + view.id, title: view.title + " (" + (index + 1) + ")" }, h("span", {}, view.title), count);
  nav.append(link);
  main.append(view.element);
  return [view, { link, count }];
}));

/** One stream for the page: a browser has few connections to a host for all of its tabs. */
function listenTo() {
  if (session.state !== "in" && session.state !== "open") return;
  if (shown === events) stream.want({ types: "event,alert,run,silence", ...events.filter() });
  else stream.want({ types: overview.keepsEvents() ? "event,alert,run,silence" : "alert,run,silence" });
}

function route() {
  const [id, ...rest] = location.hash.slice(1).split("/");
  const view = views.find((one) => one.id === id) ?? overview;
  if (shown !== view) {
    shown?.hide();
    shown = view;
    for (const [one, { link }] of links) mark(link, "aria-current", one === view ? "page" : null);
    links.get(view).link.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  view.show(rest.length ? rest.join("/") : null);
  listenTo();
}

function tallies() {
  for (const [view, { link, count }] of links) {
    if (count === null) continue;
    const found = view.badge();
    const text = found > 99 ? "99+" : String(found);
    say(count, text);
    mark(count, "data-none", found === 0 ? "" : null);
    mark(link, "aria-label", found ? view.title + ", " + text : null);
  }
}

// MARK: the connection

const link = document.getElementById("link");
const linkText = document.getElementById("link-text");
let lost = NaN;

function drawLink() {
  const since = Number.isFinite(stream.staleSince) ? stream.staleSince : lost;
  let text;
  let state = stream.state;
  if (stream.state === "live" && !Number.isFinite(lost)) text = "live";
  else if (session.state === "out") { state = "refused"; text = "not logged in"; }
  else if (stream.state === "refused") text = "no live stream";
  else {
    if (stream.state === "live") state = "waiting";
    const next = stream.state === "waiting" ? stream.retryAt - Date.now() : NaN;
    text = (Number.isFinite(since) ? "stale since " + clock(since) : "connecting")
      + (stream.state === "waiting" ? (next > 1000 ? ", next try in " + length(next) : ", trying …") : "");
  }
  mark(link, "data-state", state);
  mark(link, "data-types", stream.joined);
  mark(link, "title", stream.reason || null);
  // Read out when it changes, not each second.
  say(linkText, text);
  mark(linkText, "aria-hidden", state === "waiting" ? "true" : null);
  mark(document.documentElement, "data-stale", state === "waiting" && Number.isFinite(since) ? "" : null);
}

let wasLost = false;
stream.on("state", () => {
  if (stream.state === "live") {
    lost = NaN;
    // What happened meanwhile isn't all in the stream.
    if (wasLost) { forgetArchive(); refreshAll(); shown?.reload?.(); }
    wasLost = false;
  } else if (stream.state === "waiting" || stream.state === "asleep") wasLost = true;
  drawLink();
});
stream.on("alert", alertHappened);
stream.on("run", runHappened);
stream.on("silence", silenceHappened);
when("unauthorized", () => session.lost());
// Roles may be others by now.
when("forbidden", () => session.look());
when("unreachable", () => { if (!Number.isFinite(lost)) lost = Date.now(); if (stream.state === "live") stream.now(); drawLink(); });
when("reached", () => {
  if (!Number.isFinite(lost)) return;
  lost = NaN;
  // Who waits for the server needn't wait longer. A stream that was refused for another reason keeps its own pace.
  if (stream.state === "waiting") stream.now();
  drawLink();
});

// MARK: looks

const THEMES = ["system", "dark", "light"];
const themeButton = document.getElementById("theme");
const zoneButton = document.getElementById("zone");
const stored = (name) => { try { return localStorage.getItem(name); } catch { return null; } };
const store = (name, value) => { try { localStorage.setItem(name, value); } catch { /* It holds for as long as the page does. */ } };
let theme = THEMES.includes(stored("stella.theme")) ? stored("stella.theme") : "system";
setZone(stored("stella.zone") ?? "utc");

function drawLooks() {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  put(themeButton, { system: "◐", dark: "●", light: "○" }[theme]);
  mark(themeButton, "aria-label", "Colours: " + { system: "as the system has it", dark: "dark", light: "light" }[theme]);
  put(zoneButton, currentZone() === "utc" ? "UTC" : "local");
  mark(zoneButton, "aria-label", "Times: " + (currentZone() === "utc" ? "UTC" : "in this browser's zone"));
}

const nextTheme = () => {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  store("stella.theme", theme);
  drawLooks();
};
const nextZone = () => {
  setZone(currentZone() === "utc" ? "local" : "utc");
  store("stella.zone", currentZone());
  drawLooks();
  for (const view of views) if (!view.element.hidden) view.redraw();
};
themeButton.addEventListener("click", nextTheme);
zoneButton.addEventListener("click", nextZone);
document.getElementById("help").addEventListener("click", showKeys);

// MARK: people

const account = document.getElementById("account");
account.addEventListener("click", showAccount);
function drawAccount() {
  const text = session.state === "in" ? session.user : session.state === "open" ? "read only" : session.state === "out" ? "Log in" : "…";
  say(account, text);
  mark(account, "aria-label", session.state === "in" ? "Logged in as " + session.user : text);
}

session.on((now, former) => {
  drawAccount();
  pause(now.state === "out");
  if (now.state === "in" || now.state === "open") {
    if (former !== undefined && former !== now.user) {
      stream.forget();
      // A question that was put to one person isn't for the next to answer, nor is a secret to be read.
      for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
      for (const view of views) view.reset?.();
      resetAll();
      if (shown) route();
    } else refreshAll();
    listenTo();
    if (now.state === "in" && stream.state === "refused") stream.now();
    shown?.reload?.();
  } else if (now.state === "out") stream.stop();
  drawLink();
});

// MARK: begin

let bell = null;

async function begin() {
  drawLooks();
  drawAccount();
  drawLink();
  listen(views, () => shown, go, {
    b: () => bell?.toggle(), t: nextTheme, z: nextZone, r: () => { forgetArchive(); refreshAll(); stream.now(); shown.redraw(); },
    Escape: () => {
      if (bell?.isOpen) bell.close();
      else if (shown.element.querySelector('.detail[data-open="yes"]')) { go(shown.id); shown.show(null); }
    },
  });
  window.addEventListener("hashchange", route);
  let pause = 500;
  while (true) {
    try { await session.find(); break; } catch (error) {
      // The page has come from somewhere, so somebody will answer again.
      say(linkText, "no answer yet");
      mark(link, "title", error.message);
      await new Promise((done) => setTimeout(done, Math.max(pause, (error.retryAfter ?? 0) * 1000)));
      pause = Math.min(30000, pause * 2);
    }
  }
  bell = makeBell();
  route();
  setInterval(() => { stream.look(); drawLink(); tallies(); }, 1000);
  setInterval(() => { if (!document.hidden) shown.tick(); }, 10000);
  setInterval(() => { if (!document.hidden) session.look(); }, 180000);
  document.documentElement.dataset.ready = "";
}

begin();
