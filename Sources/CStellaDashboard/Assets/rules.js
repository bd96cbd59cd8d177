// Rules: what each costs, whether it is loaded, and what it decides.
import { APIError, decode, getJSON, part, send } from "./api.js";
import { confirm, notice, toast } from "./dialog.js";
import { button, data, fact, h, mark, put, refuse, renew, say } from "./dom.js";
import { badge, Grid } from "./grid.js";
import { mutes, rules, top } from "./model.js";
import { noteOf, panel, split, tool } from "./panel.js";
import { session } from "./session.js";
import { bytes, clock, counted, keyText, length, nanoseconds, number, percent, short, stamp, visible } from "./text.js";

export function rulesView(go) {
  let shownID = null;
  const search = tool("Search rules", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const reload = button("Reload rules …", () => ask());
  const tally = h("span", { class: "tally" });
  const engine = h("p", { class: "engine" });
  const columns = [
    { name: "rule", title: "Rule", sort: (row) => row.id },
    { name: "state", title: "State", sort: (row) => row.state },
    { name: "share", title: "Cost", hint: "Of one core, estimated from batches that were timed", sort: (row) => -(row.top?.share ?? -1) },
    { name: "each", title: "Per event", hint: "Time for an event that its condition lets through", sort: (row) => -(row.top?.ns_per_event ?? -1) },
    { name: "matched", title: "Events/s", sort: (row) => -(row.top?.matched_per_second ?? -1) },
    { name: "alerts", title: "Alerts", hint: "Open, and all since the start", sort: (row) => -(row.top?.alerts ?? -1) },
    { name: "keys", title: "Keys", hint: "Kept, and the most that may be", sort: (row) => -(row.top?.keys ?? -1) },
    { name: "memory", title: "Memory", sort: (row) => -((row.top?.state_bytes ?? -1) + (row.top?.lua_bytes ?? 0)) },
  ];
  let sorted = columns[2];
  let isUp = true;
  const grid = new Grid({
    name: "rules", label: "Rules", id: (row) => row.key, columns, open: (row) => go("rules/" + part(row.id)),
    show(cells, row, element) {
      data(cells.rule, row.id);
      cells.rule.title = visible(row.title ?? "");
      badge(cells.state, "rule-" + row.state, row.state);
      const told = row.top;
      say(cells.share, told ? percent(told.share, 2) : "–");
      cells.share.style.setProperty("--part", Math.min(1, (told?.share ?? 0) / Math.max(0.0001, row.most)).toFixed(3));
      say(cells.each, told?.ns_per_event == null ? "–" : nanoseconds(told.ns_per_event));
      say(cells.matched, told ? short(told.matched_per_second) : "–");
      say(cells.alerts, told ? number(told.alerts_open) + " / " + number(told.alerts) : "–");
      say(cells.keys, told ? number(told.keys) + " / " + short(told.max_keys) : "–");
      say(cells.memory, told ? bytes(told.state_bytes + told.lua_bytes) : "–");
      mark(element, "data-bad", row.isBad ? "" : null);
    },
  });
  grid.onSort = (column) => {
    isUp = sorted === column ? !isUp : true;
    sorted = column;
    draw();
  };
  const muteList = h("ul", { class: "plain-list" });
  const mutePanel = h("details", { class: "more" }, h("summary", {}, "Mutes"), muteList);
  const list = panel("Rules", { className: "fill", tools: [search.element, reload, tally], body: [engine, grid.element, mutePanel] });
  const frame = split(list.element, "Rule");
  frame.onClose = () => { shownID = null; grid.opened(null); go("rules"); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);
  search.input.addEventListener("input", draw);

  /** What is loaded and what it costs, together. */
  function rows() {
    const costs = new Map((top.value?.rules ?? []).map((rule) => [rule.rule, rule]));
    const found = (rules.value ?? []).map((rule, index) => {
      const told = costs.get(rule.id);
      costs.delete(rule.id);
      return row(rule.id ?? rule.file ?? "?", rule, told, index);
    });
    for (const [id, told] of costs) found.push(row(id, null, told, found.length));
    for (const id of top.value?.engine?.refused ?? []) {
      if (!found.some((one) => one.id === id)) found.push(row(id, { state: "refused" }, null, found.length));
    }
    const most = Math.max(0, ...found.map((one) => one.top?.share ?? 0));
    for (const one of found) one.most = most;
    return found;
  }

  function row(id, rule, told, index) {
    const state = told?.resting ? "resting" : rule?.state ?? (rule?.active === false ? "refused" : "active");
    return { key: rule ? id + "#" + (rule.id ? "" : index) : id + "#", id, rule, top: told ?? null, title: rule?.title, state, isBad: !["active", "shadow"].includes(state) };
  }

  function draw() {
    if (element.hidden) return;
    const isNothing = rules.value === null && top.value === null;
    list.note(isNothing ? "" : rules.status === "failed" ? noteOf(rules) : top.status === "failed" ? noteOf(top) : "");
    const all = rows();
    const wanted = search.input.value.trim().toLowerCase();
    const found = all.filter((one) => wanted === "" || [one.id, one.title, one.state, one.rule?.severity, one.rule?.file].join(" ").toLowerCase().includes(wanted));
    found.sort((a, b) => compare(sorted.sort(a), sorted.sort(b)) * (isUp ? 1 : -1) || compare(a.id, b.id));
    grid.sortedBy(sorted, isUp);
    grid.set(found);
    const bad = all.filter((one) => one.isBad).length;
    say(tally, counted(all.length, "rule") + (bad ? ", " + bad + " not active" : ""));
    grid.say(found.length > 0 ? "" : isNothing ? noteOf(top) || noteOf(rules) : all.length ? "No rule is like that." : "No rules are loaded.");
    const told = top.value?.engine;
    say(engine, told
      ? [short(told.events_per_second) + " events/s", bytes(told.bytes_per_second) + "/s read", percent(told.cpu_share) + " of a core", bytes(told.resident_bytes) + " memory",
        "up " + length(told.uptime_seconds * 1000), told.late_events ? number(told.late_events) + " late" : "", told.undecoded_lines ? number(told.undecoded_lines) + " lines not decoded" : "",
        told.latest_event ? "last event " + clock(stamp(told.latest_event)) : ""].filter(Boolean).join(" · ")
      : top.status === "loading" ? "The engine is being asked …" : "Costs: " + noteOf(top));
    refuse(reload, session.refusal("respond") ?? (rules.status === "missing" ? "This server reads its rules anew at SIGHUP." : null));
    drawMutes();
  }

  const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

  function drawMutes() {
    const found = mutes.value ?? [];
    mutePanel.hidden = mutes.value === null;
    say(mutePanel.firstChild, "Silences, exceptions, maintenance and shadows: " + found.length);
    if (!mutePanel.open && muteList.childElementCount === 0 && found.length === 0) return;
    renew(muteList, found.map((one) => h("li", {}, h("span", { class: "badge", "data-kind": "none" }, visible(one.kind ?? "mute")), " ",
      h("span", { class: "mono" }, visible(one.rule ?? (one.rules ?? []).join(", ")) + (one.where ? " " + visible(one.where) : "") + " " + keyText(one.key ?? {})),
      h("span", { class: "dim" }, [one.until ? "until " + clock(stamp(one.until)) : "", one.windows?.length ? one.windows.map(visible).join(", ") : "", one.by ? "by " + visible(one.by) : "", visible(one.reason ?? "")].filter(Boolean).join(", ")))));
  }

  function ask() {
    confirm({
      title: "Reload the rules?", label: "Reload",
      body: [h("p", {}, "All rules are read anew and checked, and take the place of those that run, with their state. If one of them is wrong, everything stays as it is.")],
      act: () => send("POST", "rules/reload", {}),
    }).then((answer) => {
      if (!answer) return;
      const told = answer.value;
      if (told?.outcome && told.outcome !== "live") {
        notice(told.outcome === "refused" ? "The rules stay as they were" : "The rules are being reloaded", [h("dl", { class: "facts" }, Object.entries(told).map(([name, value]) => fact(name.replaceAll("_", " "), typeof value === "string" ? value : JSON.stringify(value))))]);
      } else toast(told?.active === undefined ? "The rules were reloaded." : counted(told.active, "rule") + " run, " + number(told.carried_over) + " with their state.");
      rules.refresh();
      top.refresh();
    });
  }

  async function open(id) {
    shownID = id;
    const known = rows().find((one) => one.id === id);
    grid.opened(known?.key ?? null);
    if (known) grid.activate(known.key);
    frame.open();
    drawDetail(id, known?.rule ?? {}, known);
    try {
      const rule = await getJSON("rules/" + part(id));
      if (shownID === id) drawDetail(id, rule, rows().find((one) => one.id === id));
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
    }
  }

  function drawDetail(id, rule, known) {
    const told = known?.top;
    const errors = rule.reason ? [rule.reason] : rule.errors ?? [];
    const tests = rule.tests;
    put(
      frame.body, data(h("h2", { class: "detail-title" }), rule.title ?? id),
      h("p", { class: "detail-line" }, h("span", { class: "badge", "data-kind": "rule-" + known?.state }, known?.state ?? "?"), " ", h("span", { class: "mono" }, visible(id))),
      errors.map((error) => h("p", { class: "trouble" }, visible(typeof error === "string" ? error : JSON.stringify(error)))),
      told?.last_error ? h("p", { class: "trouble" }, "Its script failed " + counted(told.script_failures, "time") + ", last with: " + visible(told.last_error)) : null,
      rule.description ? h("p", {}, visible(rule.description)) : null,
      h("dl", { class: "facts" },
        rule.severity ? fact("Severity", rule.severity) : null, rule.status ? fact("Status", rule.status) : null, rule.where ? fact("Where", h("code", {}, visible(rule.where))) : null,
        rule.by?.length ? fact("By", rule.by.join(", ")) : null, rule.file ? fact("File", rule.file) : null,
        told ? [fact("Cost", percent(told.share, 3) + " of a core, " + (told.ns_per_event == null ? "not timed yet" : nanoseconds(told.ns_per_event) + " an event, at most " + nanoseconds(told.ns_per_event_max))),
          fact("Alerts", number(told.alerts_open) + " open, " + number(told.alerts) + " since the start" + (told.alerts_held_back ? ", " + number(told.alerts_held_back) + " held back" : "")),
          fact("Keys", number(told.keys) + " of " + number(told.max_keys) + (told.evictions ? ", " + number(told.evictions) + " dropped" : "")),
          fact("Memory", bytes(told.state_bytes) + " of windows, " + bytes(told.lua_bytes) + " of Lua")] : null,
        rule.params && Object.keys(rule.params).length ? fact("Parameters", keyText(rule.params)) : null,
        tests ? fact("Tests", tests.file ?? "yes") : null),
      rule.runbook ? h("p", { class: "dim" }, "Runbook: " + visible(rule.runbook)) : null,
      typeof rule.source === "string" ? [h("h3", {}, "Source"), h("pre", { class: "plan source", tabindex: 0, role: "region", "aria-label": "Source of the rule" }, visible(rule.source.replaceAll("\t", "  "), true))] : null);
  }

  for (const resource of [rules, top, mutes]) resource.watch(draw);
  session.on(draw);

  return {
    id: "rules", title: "Rules", element, search: search.input, grid,
    badge: () => rows().filter((one) => one.isBad).length,
    show(id) {
      if (element.hidden) for (const resource of [rules, top, mutes]) resource.use();
      element.hidden = false;
      draw();
      const name = id ? decode(id) : null;
      if (name && name !== shownID) open(name);
      else if (!name && frame.isOpen) frame.close();
    },
    hide() { element.hidden = true; for (const resource of [rules, top, mutes]) resource.release(); },
    tick() {},
    redraw() { grid.redraw(); draw(); },
    reset() { shownID = null; frame.clear(); grid.opened(null); },
  };
}
