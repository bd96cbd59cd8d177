// Alerts: what fires, why, and what to do about it.
import { makeAlertDetail } from "./alert.js";
import { getJSON, part, send } from "./api.js";
import { confirm, toast } from "./dialog.js";
import { button, data, h, mark, put, renew, say } from "./dom.js";
import { badge, Grid } from "./grid.js";
import { alerts, allAlerts, alertState, isOver, runs, SEVERITIES, withNews } from "./model.js";
import { choice, noteOf, panel, split, tool } from "./panel.js";
import { session } from "./session.js";
import { stream } from "./stream.js";
import { clock, counted, keyText, number, stamp, visible } from "./text.js";

export function alertsView(go) {
  let showsAll = false;
  let shownID = null;
  let shownText = "";
  let shownAlert = null;
  /** Counts the people who have looked: what one asked for isn't for the next. */
  let round = 0;
  const severity = tool("Severity", {
    choices: [["", "any severity"], ...SEVERITIES.slice(0, 4).map((name, index) => [name, index === 0 ? name : name + " and worse"])], isQuiet: true,
  });
  const search = tool("Search alerts", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const count = h("span", { class: "tally" });
  const more = button("More", () => source().more(), { class: "quiet", title: "Earlier ones, too" });
  const grid = new Grid({
    name: "alerts", label: "Alerts", id: (alert) => alert.id,
    columns: [
      { name: "severity", title: "Severity" }, { name: "what", title: "What" }, { name: "key", title: "Key" },
      { name: "state", title: "State" }, { name: "count", title: "Events", hint: "Matching events of this episode" },
      { name: "since", title: "Since" }, { name: "last", title: "Last seen" },
    ],
    show(cells, alert, row) {
      badge(cells.severity, alert.severity, alert.severity);
      data(cells.what, alert.summary || alert.title || alert.rule);
      cells.what.title = visible(alert.rule);
      say(cells.key, keyText(alert.key));
      const state = alertState(alert);
      say(cells.state, state);
      mark(cells.state, "data-state", state);
      say(cells.count, number(alert.count));
      say(cells.since, clock(stamp(alert.first_seen)));
      say(cells.last, clock(stamp(alert.last_seen)));
      mark(row, "data-dim", isOver(alert) || state === "muted" ? "" : null);
    },
    open: (alert) => go("alerts/" + alert.id),
  });
  const silences = h("ul", { class: "plain-list" });
  const silencePanel = h("details", { class: "more" }, h("summary", {}, "Silences that hold: 0"), silences);
  const list = panel("Alerts", {
    className: "fill",
    tools: [
      choice("Which alerts", [{ id: "open", label: "Open" }, { id: "all", label: "All" }], "open", (id) => { showsAll = id === "all"; swap(); }),
      severity.element, search.element, more, count,
    ],
    body: [grid.element, silencePanel],
  });
  const frame = split(list.element, "Alert");
  frame.onClose = () => { shownID = null; shownText = ""; grid.opened(null); go("alerts"); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);
  severity.input.addEventListener("change", draw);
  search.input.addEventListener("input", draw);

  const source = () => (showsAll ? allAlerts : alerts);

  function swap() {
    (showsAll ? alerts : allAlerts).release();
    source().use();
    draw();
  }

  function draw() {
    if (element.hidden) return;
    const resource = source();
    list.note(resource.value === null ? "" : noteOf(resource));
    const least = SEVERITIES.indexOf(severity.input.value);
    const wanted = search.input.value.trim().toLowerCase();
    const all = resource.value?.alerts ?? [];
    const found = all.filter((alert) => (least < 0 || SEVERITIES.indexOf(alert.severity) <= least)
      && (wanted === "" || haystack(alert).includes(wanted)));
    grid.set(found);
    more.hidden = !resource.hasMore;
    const isCut = resource.value?.isCut ?? false;
    const known = isCut ? number(all.length) + "+ alerts" : counted(all.length, "alert");
    say(count, found.length === all.length ? known : found.length + " of " + known);
    grid.say(resource.value === null ? noteOf(resource) : found.length > 0 ? ""
      : all.length > 0 ? (isCut ? "No alert of these is like that; there may be others." : "No alert is like that.") : showsAll ? "No alert has fired yet." : "Nothing fires.");
    drawSilences(resource.value?.silences ?? []);
    const shown = all.find((alert) => alert.id === shownID);
    if (shown) drawDetail(shown);
  }

  function haystack(alert) {
    return [alert.id, alert.rule, alert.title, alert.summary, keyText(alert.key), alertState(alert)].join(" ").toLowerCase();
  }

  function drawSilences(held) {
    say(silencePanel.firstChild, "Silences that hold: " + held.length);
    renew(silences, held.map((silence) => h(
      "li", { "data-number": silence.number }, h("span", { class: "mono" }, visible(silence.rule) + " " + keyText(silence.key)),
      h("span", { class: "dim" }, "until " + clock(stamp(silence.until)) + ", by " + visible(silence.by) + ": " + visible(silence.reason)),
      button("End", () => endSilence(silence), {
        class: "small", refusal: session.refusal("respond"),
      }))));
  }

  function endSilence(silence) {
    return confirm({
      title: "End silence " + silence.number + "?", label: "End the silence", body: [h("p", {}, "Alerts of " + visible(silence.rule)
        + (Object.keys(silence.key ?? {}).length ? " for " + keyText(silence.key) : "") + " are told again from now on.")],
      act: () => send("DELETE", "silences/" + silence.number),
    }).then((done) => { if (done) { toast("Silence " + silence.number + " is over."); source().refresh(); } });
  }

  // MARK: One alert

  const parts = makeAlertDetail({
    isShown: (alert) => shownID === alert.id,
    changed(alert, value) {
      if (value && shownID === alert.id) drawDetail(value);
      source().refresh();
    },
  });

  async function open(id) {
    shownID = id;
    shownText = "";
    shownAlert = null;
    grid.opened(id);
    grid.activate(id);
    put(frame.body, parts.element);
    parts.clear();
    frame.open();
    const known = (source().value?.alerts ?? []).find((alert) => alert.id === id);
    if (known) drawDetail(known);
    await load(id, known !== undefined);
  }

  async function load(id, isKnown) {
    const asked = round;
    try {
      const alert = await getJSON("alerts/" + part(id));
      if (asked !== round || shownID !== id) return;
      drawDetail(alert);
      parts.suggest(alert.suggestions ?? [], alert.exceptions ?? []);
      parts.explain(alert);
    } catch (error) {
      if (asked !== round || shownID !== id) return;
      parts.trouble(isKnown ? "" : error.message);
      if (isKnown) parts.explain(shownAlert);
    }
  }

  function drawDetail(alert) {
    const { suggestions, exceptions, ...bare } = alert;
    const text = JSON.stringify(bare) + session.state + session.roles.join();
    if (text === shownText) return;
    shownText = text;
    shownAlert = bare;
    parts.draw(alert);
  }

  // One that is over by now is no longer in the list of those that are open.
  stream.on("alert", (news) => {
    const changed = shownID === null || element.hidden ? null : withNews(shownAlert, news);
    if (changed) drawDetail(changed);
  });
  alerts.watch(draw);
  allAlerts.watch(draw);
  runs.watch(() => { shownText = ""; draw(); });
  session.on(draw);

  return {
    id: "alerts", title: "Alerts", element, search: search.input, grid,
    badge: () => (alerts.value?.alerts ?? []).filter((alert) => alertState(alert) === "firing").length,
    show(id) {
      if (element.hidden) for (const resource of [source(), runs]) resource.use();
      element.hidden = false;
      draw();
      if (id && id !== shownID) open(id);
      else if (!id && frame.isOpen) frame.close();
    },
    hide() { element.hidden = true; source().release(); runs.release(); },
    tick: draw,
    redraw() {
      shownText = "";
      grid.redraw();
      draw();
      // Why it fired has times, too, in a list that needn't have the alert.
      if (shownID !== null) load(shownID, shownAlert !== null);
    },
    /** Details hold data: what one person was shown isn't for the next. */
    reset() { round += 1; shownID = null; shownText = ""; shownAlert = null; parts.clear(); frame.clear(); grid.opened(null); },
    reload() { if (shownID !== null) load(shownID, shownAlert !== null); },
  };
}
