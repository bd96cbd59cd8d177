// What is new: alerts, plans that wait, runs that went wrong, notifications that couldn't be sent.
import { part, send } from "./api.js";
import { toast } from "./dialog.js";
import { button, data, h, mark, newID, put, renew, say } from "./dom.js";
import { alerts, alertState, notifications, outcome, runs, stateText } from "./model.js";
import { session } from "./session.js";
import { ago, stamp, visible } from "./text.js";

const KEY = "stella.read";
const SHOWN = 50;
/** What was read at most; what was marked last stays. */
const KEPT = 3000;

export function makeBell() {
  const opener = document.getElementById("bell");
  const count = document.getElementById("unread");
  const popup = document.getElementById("popup");
  /** Names of what was read. Times don't tell it: an alert that fires now may have begun long ago, and clocks differ. */
  let read = load();
  let isOpen = false;
  let items = [];

  function load() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY));
      return new Set(Array.isArray(kept) ? kept : []);
    } catch { return new Set(); }
  }

  /** Adds to what was read here and in other tabs. */
  function markRead(names) {
    const known = new Set([...load(), ...read]);
    for (const name of names) { known.delete(name); known.add(name); }
    read = new Set([...known].slice(-KEPT));
    try { localStorage.setItem(KEY, JSON.stringify([...read])); } catch { /* It is kept for as long as the page is. */ }
  }

  const isNew = (item) => !read.has(item.name);

  function collect() {
    const found = [];
    for (const alert of alerts.value?.alerts ?? []) {
      if (alertState(alert) !== "firing") continue;
      // One that fires anew has another revision.
      found.push({ name: ["alert", alert.id, alert.revision].join(" "), at: stamp(alert.first_seen), kind: alert.severity, what: alert.severity + " alert", text: alert.summary || alert.title || alert.rule, href: "#alerts/" + part(alert.id) });
    }
    for (const run of runs.value ?? []) {
      if (run.state === "awaiting") found.push({ name: ["run", run.id, run.state].join(" "), at: stamp(run.proposed_at), kind: "run-awaiting", what: "waits for approval", text: run.title, href: "#approvals/" + part(run.id) });
      else if (outcome(run) === "bad") found.push({ name: ["run", run.id, run.state].join(" "), at: stamp(run.ended_at ?? run.proposed_at), kind: "run-" + run.state, what: "run " + stateText(run.state), text: run.title, href: "#runs/" + part(run.id) });
    }
    for (const one of notifications.value ?? []) {
      found.push({ name: ["notification", one.id, one.ended_at].join(" "), at: stamp(one.ended_at ?? one.written_at), kind: "high", what: "not sent to " + visible(one.sink), text: [one.title, one.trouble].filter(Boolean).join(": "), notification: one });
    }
    return found.filter((item) => Number.isFinite(item.at)).sort((a, b) => isNew(b) - isNew(a) || b.at - a.at);
  }

  function draw() {
    items = collect();
    const unread = items.filter(isNew).length;
    say(count, unread > 99 ? "99+" : String(unread));
    count.hidden = unread === 0;
    mark(opener, "aria-label", unread === 0 ? "Nothing new" : unread + " new");
    document.title = (unread ? "(" + unread + ") " : "") + "Stella";
    if (isOpen) drawList();
  }

  const heading = h("h2", { id: newID("bell") }, "What is new");
  const list = h("ul", { class: "news" });
  const all = button("Mark all as read", () => {
    markRead(items.map((item) => item.name));
    draw();
  }, { class: "small" });
  put(popup, h("div", { class: "popup-head" }, heading, all, button("Close", () => close(), { class: "small quiet" })), list);
  mark(popup, "role", "dialog");
  mark(popup, "aria-labelledby", heading.id);

  function drawList() {
    renew(list, items.length === 0 ? h("li", { class: "nothing" }, "Nothing.") : items.slice(0, SHOWN).map((item) => h(
      "li", { "data-name": item.name, "data-new": isNew(item) ? "" : null },
      item.notification
        ? h("div", { class: "news-row" }, row(item), button("Try again", () => retry(item.notification), { class: "small", refusal: session.refusal("respond") }))
        : h("a", { class: "news-row", href: item.href, onclick: () => close(false) }, row(item)))));
  }

  const row = (item) => [h("span", { class: "badge", "data-kind": item.kind }, item.what), h("span", { class: "news-text" }, data(h("span"), item.text)),
    h("span", { class: "dim" }, ago(item.at), isNew(item) ? h("span", { class: "unseen" }, ", new") : null)];

  async function retry(one) {
    try {
      await send("POST", "notifications/" + part(one.id) + "/retry", {});
      toast("It will be sent again.");
      notifications.refresh();
    } catch (error) { toast(visible(error.message)); }
  }

  function open() {
    isOpen = true;
    popup.hidden = false;
    mark(opener, "aria-expanded", "true");
    drawList();
    (popup.querySelector(".news a, .news button") ?? all).focus();
  }

  function close(takesFocus = true) {
    isOpen = false;
    popup.hidden = true;
    mark(opener, "aria-expanded", "false");
    if (takesFocus) opener.focus();
  }

  opener.addEventListener("click", () => (isOpen ? close() : open()));
  popup.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); event.stopPropagation(); } });
  document.addEventListener("pointerdown", (event) => {
    if (isOpen && !popup.contains(event.target) && !opener.contains(event.target)) close(false);
  });
  // What is read in one tab is read in all.
  window.addEventListener("storage", (event) => {
    if (event.key !== KEY) return;
    read = load();
    draw();
  });
  for (const resource of [alerts, runs, notifications]) { resource.watch(draw); resource.use(); }
  draw();
  return { toggle: () => (isOpen ? close() : open()), close, get isOpen() { return isOpen; } };
}
