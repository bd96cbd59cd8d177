// What is new: alerts, plans that wait, runs that went wrong, notifications that couldn't be sent.
import { part, send } from "./api.js";
import { toast } from "./dialog.js";
import { button, data, h, mark, newID, put, renew, say } from "./dom.js";
import { alerts, alertState, notifications, outcome, runs, stateText } from "./model.js";
import { session } from "./session.js";
import { ago, stamp, visible } from "./text.js";

const KEY = "stella.read";
const KEPT = 50;

export function makeBell() {
  const opener = document.getElementById("bell");
  const count = document.getElementById("unread");
  const popup = document.getElementById("popup");
  let read = load();
  let isOpen = false;
  let items = [];

  function load() {
    try { return Number(localStorage.getItem(KEY)) || 0; } catch { return 0; }
  }

  function save() {
    try { localStorage.setItem(KEY, String(read)); } catch { /* It is kept for as long as the page is. */ }
  }

  function collect() {
    const found = [];
    for (const alert of alerts.value?.alerts ?? []) {
      if (alertState(alert) !== "firing") continue;
      found.push({ at: stamp(alert.first_seen), kind: alert.severity, what: alert.severity + " alert", text: alert.summary || alert.title || alert.rule, href: "#alerts/" + part(alert.id) });
    }
    for (const run of runs.value ?? []) {
      if (run.state === "awaiting") found.push({ at: stamp(run.proposed_at), kind: "run-awaiting", what: "waits for approval", text: run.title, href: "#approvals/" + part(run.id) });
      else if (outcome(run) === "bad") found.push({ at: stamp(run.ended_at ?? run.proposed_at), kind: "run-" + run.state, what: "run " + stateText(run.state), text: run.title, href: "#runs/" + part(run.id) });
    }
    for (const one of notifications.value ?? []) {
      found.push({ at: stamp(one.ended_at ?? one.written_at), kind: "high", what: "not sent to " + visible(one.sink), text: [one.title, one.trouble].filter(Boolean).join(": "), notification: one });
    }
    return found.filter((item) => Number.isFinite(item.at)).sort((a, b) => b.at - a.at).slice(0, KEPT);
  }

  function draw() {
    items = collect();
    const unread = items.filter((item) => item.at > read).length;
    say(count, unread > 99 ? "99+" : String(unread));
    count.hidden = unread === 0;
    mark(opener, "aria-label", unread === 0 ? "Nothing new" : unread + " new");
    document.title = (unread ? "(" + unread + ") " : "") + "Stella";
    if (isOpen) drawList();
  }

  const heading = h("h2", { id: newID("bell") }, "What is new");
  const list = h("ul", { class: "news" });
  const all = button("Mark all as read", () => {
    read = Math.max(Date.now(), ...items.map((item) => item.at));
    save();
    draw();
  }, { class: "small" });
  put(popup, h("div", { class: "popup-head" }, heading, all, button("Close", () => close(), { class: "small quiet" })), list);
  mark(popup, "role", "dialog");
  mark(popup, "aria-labelledby", heading.id);

  function drawList() {
    renew(list, items.length === 0 ? h("li", { class: "nothing" }, "Nothing.") : items.map((item) => h(
      "li", { "data-new": item.at > read ? "" : null },
      item.notification
        ? h("div", { class: "news-row" }, row(item), button("Try again", () => retry(item.notification), { class: "small", refusal: session.refusal("respond") }))
        : h("a", { class: "news-row", href: item.href, onclick: () => close(false) }, row(item)))));
  }

  const row = (item) => [h("span", { class: "badge", "data-kind": item.kind }, item.what), h("span", { class: "news-text" }, data(h("span"), item.text)),
    h("span", { class: "dim" }, ago(item.at), item.at > read ? h("span", { class: "unseen" }, ", new") : null)];

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
  for (const resource of [alerts, runs, notifications]) { resource.watch(draw); resource.use(); }
  draw();
  return { toggle: () => (isOpen ? close() : open()), close, get isOpen() { return isOpen; } };
}
