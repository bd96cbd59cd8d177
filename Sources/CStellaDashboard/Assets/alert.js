// One alert: what it is, what to do about it, and why its rule has decided so.
import { getLines, part, query, send } from "./api.js";
import { bullet, TimeChart } from "./chart.js";
import { confirm, field, toast } from "./dialog.js";
import { button, data, fact, h, put, refuse, say } from "./dom.js";
import { alertState, isOver, runs, stateText } from "./model.js";
import { hasArchive, ofService } from "./series.js";
import { session } from "./session.js";
import { clock, counted, keyText, length, number, short, stamp, visible } from "./text.js";

const LENGTHS = [["30m", "30 minutes"], ["2h", "2 hours"], ["8h", "8 hours"], ["1d", "1 day"], ["7d", "7 days"], ["30d", "30 days"]];

/**
 * The details of an alert. `host.isShown(alert)` says whether it is still the one that is shown, and `host.changed(alert, value)`
 * hears that something was done about it.
 */
export function makeAlertDetail(host) {
  let current = null;
  const title = h("h2", { class: "detail-title" });
  const line = h("p", { class: "detail-line" });
  const trouble = h("p", { class: "trouble", role: "alert" });
  const acknowledge = button("Acknowledge", () => remark("acknowledge"));
  const resolve = button("Resolve", () => remark("resolve"));
  const silence = button("Silence …", () => hush());
  const why = button("Why", () => { reasons.open = true; reasons.scrollIntoView({ block: "start" }); reasons.querySelector("summary").focus(); });
  const limits = h("p", { class: "limits" });
  const facts = h("dl", { class: "facts" });
  const waivers = h("dl", { class: "facts" });
  /** Counts the alerts that were shown: an answer about one before is for nobody. */
  let round = 0;
  const gauge = h("div", { class: "gauge" });
  const chart = new TimeChart({
    title: "Value against what is usual", unit: "each time it fired", kind: "lines", height: 116, hasDots: true, format: short,
    series: [{ id: "value", label: "value", className: "value" }, { id: "expected", label: "usually", className: "expected", isDashed: true }],
  });
  const rate = new TimeChart({
    title: "Events of this service", unit: "a second, last hour", kind: "stack", height: 104, format: short,
    series: [{ id: "error", label: "error and worse", className: "level-error" }, { id: "warning", label: "warning", className: "level-warning" }],
  });
  const todo = h("ol", { class: "todo" });
  const evidence = h("div", { class: "evidence" });
  const helps = h("ul", { class: "plain-list" });
  const attempts = h("ul", { class: "plain-list" });
  const decisions = h("div", { class: "decisions" });
  const reasons = h("details", { class: "more", open: true }, h("summary", {}, "Why: what the rule has decided about this key"), decisions);
  const section = (name, ...content) => h("section", { class: "detail-part" }, h("h3", {}, name), content);
  const evidencePart = section("Evidence", evidence);
  const todoPart = section("What to do", todo);
  const helpPart = section("Fixes that could help", helps, attempts);
  const element = h(
    "div", {}, title, line, h("div", { class: "actions start" }, acknowledge, resolve, silence, why), limits, trouble, gauge, facts, waivers,
    todoPart, evidencePart, helpPart, chart.element, rate.element, reasons);

  function remark(verb) {
    const alert = current;
    const reason = field("Reason", { kind: "area", required: true, hint: "Everybody who looks at the alert sees it." });
    const says = verb === "acknowledge"
      ? "Others see that you have taken it up. It goes on firing, and nothing is muted."
      : "A new alert fires when its rule's condition is met again. Nothing is repaired by this.";
    confirm({
      title: (verb === "acknowledge" ? "Acknowledge" : "Resolve") + " this alert?",
      label: verb === "acknowledge" ? "Acknowledge" : "Resolve by hand",
      body: [h("p", { class: "quote" }, visible(alert.summary || alert.title)), h("p", {}, says), reason.element],
      ready: () => (reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => send("POST", "alerts/" + part(alert.id) + "/" + verb, { reason: reason.input.value.trim() }),
    }).then((answer) => {
      if (!answer) return;
      toast(verb === "acknowledge" ? "Acknowledged." : "Resolved.");
      host.changed(alert, answer.value);
    });
  }

  function hush() {
    const alert = current;
    const names = Object.entries(alert.key ?? {});
    const checks = names.map(([name, value]) => ({ name, value, box: field("only " + visible(name) + "=" + visible(value), { kind: "check" }) }));
    for (const check of checks) check.box.input.checked = true;
    const time = field("For", { kind: "select", choices: LENGTHS, value: "2h" });
    const reason = field("Reason", { kind: "area", required: true });
    confirm({
      title: "Silence " + visible(alert.rule) + "?", label: "Silence",
      body: [
        h("p", {}, "Alerts of this rule" + (names.length ? " for the chosen part of the key" : "") + " are kept but not told while it holds."),
        h("fieldset", {}, h("legend", {}, names.length ? "Which" : "Which: all of this rule, it has no key"), checks.map((check) => check.box.element)),
        time.element, reason.element,
      ],
      focus: reason.input,
      ready: () => (reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => send("POST", "silences", {
        rule: alert.rule,
        key: Object.fromEntries(checks.filter((check) => check.box.input.checked).map(({ name, value }) => [name, typeof value === "string" ? value : JSON.stringify(value)])),
        for: time.input.value, reason: reason.input.value.trim(),
      }),
    }).then((answer) => {
      if (!answer) return;
      toast("Silenced until " + clock(stamp(answer.value?.until)) + ".");
      host.changed(alert, null);
    });
  }

  function showEvidence(alert) {
    const found = Array.isArray(alert.evidence) ? alert.evidence.slice(-5) : [];
    evidencePart.hidden = found.length === 0;
    put(evidence, found.map((event) => {
      const fields = Object.entries(event.fields ?? {}).filter(([name]) => !["message", "level", "service", "ts", "time"].includes(name));
      return h(
        "div", { class: "event-card" },
        h("p", { class: "mono" }, h("span", { class: "dim" }, clock(stamp(event.time), true) + " "),
          h("span", { class: "level", "data-level": event.level }, visible(event.level)), " ", h("b", {}, visible(event.service)), " ", data(h("span"), event.message)),
        fields.length ? h("p", { class: "mono dim" }, fields.map(([name, value]) => visible(name) + "=" + visible(value)).join("  ")) : null);
    }));
  }

  /** Each time that it fired for this key, against what was usual then. */
  function showHistory(alert, found) {
    const key = JSON.stringify(alert.key);
    const episodes = found.filter((other) => typeof other.value === "number" && JSON.stringify(other.key) === key)
      .sort((a, b) => stamp(a.last_seen) - stamp(b.last_seen));
    if (episodes.length === 0) return;
    const times = episodes.map((other) => stamp(other.last_seen));
    const room = Math.max(60e3, (times[times.length - 1] - times[0]) * 0.04);
    chart.set({
      times, from: times[0] - room, to: times[times.length - 1] + room,
      values: { value: episodes.map((other) => other.value), expected: episodes.map((other) => other.expected ?? null) },
    });
  }

  return {
    element,
    trouble: (text) => say(trouble, text),
    clear() {
      round += 1;
      current = null;
      say(title, "Loading …");
      for (const place of [line, trouble]) say(place, "");
      for (const place of [gauge, facts, waivers, todo, evidence, helps, attempts, decisions]) put(place);
      for (const one of [todoPart, evidencePart, helpPart, chart.element, rate.element]) one.hidden = true;
    },
    draw(alert) {
      current = alert;
      data(title, alert.summary || alert.title || alert.rule);
      put(line, h("span", { class: "badge", "data-kind": alert.severity }, visible(alert.severity)), " ", alertState(alert), " · ",
        h("a", { href: "#rules/" + part(alert.rule) }, visible(alert.rule)));
      const refusal = session.refusal("respond");
      const isDone = isOver(alert);
      refuse(acknowledge, refusal ?? (isDone ? "It is over." : alert.acknowledged ? "Somebody has taken it up already." : null));
      refuse(resolve, refusal ?? (isDone ? "It is over." : null));
      refuse(silence, refusal);
      say(limits, refusal ?? "");
      const remarks = [["Acknowledged", alert.acknowledged], ["Resolved", alert.resolved]].filter(([, remark]) => remark);
      put(
        facts, fact("Key", keyText(alert.key) || "none"),
        fact("Seen", counted(alert.count, "event") + ", from " + clock(stamp(alert.first_seen)) + " to " + clock(stamp(alert.last_seen))
          + " (" + length(stamp(alert.last_seen) - stamp(alert.first_seen)) + ")"),
        remarks.map(([name, remark]) => fact(name, remark.by + " at " + clock(stamp(remark.time)) + ": " + remark.reason)),
        alert.muted ? fact("Muted", typeof alert.muted === "object" ? Object.entries(alert.muted).map(([name, value]) => name + " " + visible(value)).join(", ") : alert.muted) : null,
        alert.input_ended ? fact("Input", "ended while it fired: nothing will tell that it is over") : null,
        alert.affected_users?.length ? fact("Users", counted(alert.affected_users.length, "user") + ": " + alert.affected_users.slice(0, 12).map(visible).join(", ")) : null,
        alert.runbook ? fact("Runbook", runbook(alert.runbook)) : null, fact("Source", alert.source ?? "–"), fact("Id", alert.id));
      put(gauge, typeof alert.value === "number" && typeof alert.expected === "number" ? bullet(alert.value, alert.expected, short) : null);
      put(todo, (alert.suggested_actions ?? []).map((action) => h("li", {}, visible(action))));
      todoPart.hidden = !alert.suggested_actions?.length;
      showEvidence(alert);
      // What is shown later has its place at once.
      chart.element.hidden = typeof alert.expected !== "number";
      rate.element.hidden = typeof alert.key?.service !== "string" || !hasArchive();
      const made = (runs.value ?? []).filter((run) => run.alert === alert.id);
      put(attempts, made.map((run) => h("li", {}, h("a", { href: "#" + (run.state === "awaiting" ? "approvals/" : "runs/") + run.id }, run.id),
        " " + visible(run.fix) + ", " + stateText(run.state))));
      helpPart.hidden = made.length === 0 && helps.childElementCount === 0;
    },
    suggest(suggestions, exceptions) {
      put(helps, suggestions.map((one) => h("li", {}, h("span", {}, h("b", {}, visible(one.fix)), ": " + (one.reasons ?? []).map(visible).join(", ") + "; "
        + experience(one)
        + (one.applies ? "" : "; does not apply")))));
      if (suggestions.length) helpPart.hidden = false;
      put(waivers, exceptions.length ? fact("Exceptions", exceptions.map((one) => visible(one.reason ?? one)).join("; ")) : null);
    },
    async explain(alert) {
      put(decisions, h("p", { class: "dim" }, "Loading …"));
      const asked = round;
      const service = typeof alert.key?.service === "string" ? alert.key.service : null;
      const [found, counts, fired] = await Promise.all([
        getLines("rules/" + part(alert.rule) + "/history" + query({ key: JSON.stringify(alert.key), limit: 30 })).catch((error) => error),
        service ? ofService(service) : null,
        typeof alert.expected === "number"
          ? getLines("alerts" + query({ all: "true", rule: alert.rule, limit: 300 })).catch(() => []) : [],
      ]);
      if (asked !== round || !host.isShown(alert)) return;
      showHistory(alert, fired);
      rate.element.hidden = counts === null;
      if (counts) rate.set(counts);
      if (found instanceof Error) { put(decisions, h("p", { class: "dim" }, found.message)); return; }
      put(decisions, found.length === 0
        ? h("p", { class: "dim" }, "Nothing is kept about this key yet: decisions are written down every few seconds.")
        : h("table", {}, h("thead", {}, h("tr", {}, ["When", "Decision", "Times", "Why"].map((name) => h("th", { scope: "col" }, name)))),
          h("tbody", {}, found.slice().reverse().map((one) => h("tr", {}, h("td", { class: "mono" }, clock(stamp(one.last_time))),
            h("td", {}, visible(one.decision)), h("td", { class: "figure" }, number(one.count)), h("td", {}, visible(one.reason)))))));
    },
  };
}

/** How often a fix has helped. What was taken back tells neither. */
function experience(one) {
  const judged = one.succeeded + one.unsuccessful, back = one.taken_back ?? 0;
  if (judged === 0) return back === 0 ? "never carried out yet" : counted(back, "run") + ", taken back or to be";
  return "helped in " + one.succeeded + " of " + counted(judged, "run") + (back === 0 ? "" : ", " + back + " more taken back or to be");
}

/** Only addresses of pages become links; anything else is text. */
function runbook(text) {
  return /^https?:\/\//.test(text) ? h("a", { href: text, rel: "noreferrer noopener", target: "_blank" }, visible(text)) : visible(text);
}
