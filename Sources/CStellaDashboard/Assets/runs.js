// Plans that wait for approval, and what became of all of them.
import { send } from "./api.js";
import { confirm, field, toast } from "./dialog.js";
import { button, data, h, mark, refuse, say } from "./dom.js";
import { badge, Grid } from "./grid.js";
import { freeze, outcome, runs, stateText, waiting } from "./model.js";
import { choice, noteOf, panel, split, tool } from "./panel.js";
import { PlanDetail } from "./plan.js";
import { session } from "./session.js";
import { clock, counted, length, number, stamp, visible } from "./text.js";

export function approvalsView(go) {
  return runsView(go, {
    id: "approvals", title: "Approvals", label: "Plans that wait for approval", pick: waiting, empty: "Nothing waits for approval.",
    columns: [
      { name: "id", title: "Run" }, { name: "title", title: "Plan" }, { name: "target", title: "Target" }, { name: "size", title: "Rows" },
      { name: "votes", title: "Votes" }, { name: "asked", title: "Asked for" }, { name: "deadline", title: "Decide within" },
    ],
  });
}

export function historyView(go) {
  return runsView(go, {
    id: "runs", title: "Fix history", label: "Runs of fixes", pick: () => runs.value ?? [], empty: "No fix has been asked for yet.", filters: true,
    columns: [
      { name: "id", title: "Run" }, { name: "state", title: "State" }, { name: "title", title: "Fix" }, { name: "target", title: "Target" },
      { name: "size", title: "Rows" }, { name: "asked", title: "Asked for" }, { name: "took", title: "Took" }, { name: "decided", title: "Decided by" },
    ],
  });
}

const KINDS = [{ id: "all", label: "All" }, { id: "open", label: "Under way" }, { id: "bad", label: "Went wrong" }, { id: "good", label: "Went well" }];

function runsView(go, options) {
  let kind = "all";
  let shownID = null;
  const search = tool("Search runs", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const tally = h("span", { class: "tally" });
  const more = button("More", () => runs.more(), { class: "quiet", title: "Earlier ones, too" });
  const frozen = h("p", { class: "frozen", hidden: true, role: "status" });
  const stop = button("Stop all effects …", () => setFreeze(true), { class: "danger" });
  const thaw = button("Let effects go on …", () => setFreeze(false));
  const grid = new Grid({
    name: options.id, label: options.label, id: (run) => run.id, columns: options.columns, show, open: (run) => go(options.id + "/" + run.id),
  });
  const list = panel(options.title, {
    className: "fill", body: [frozen, grid.element],
    tools: [options.filters ? choice("Which runs", KINDS, "all", (id) => { kind = id; draw(); }) : null, search.element, more, options.filters ? [stop, thaw] : null, tally],
  });
  const frame = split(list.element, "Run");
  const detail = new PlanDetail(frame, go);
  frame.onClose = () => { shownID = null; detail.close(); grid.opened(null); go(options.id); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);
  search.input.addEventListener("input", draw);

  function show(cells, run, row) {
    const asked = stamp(run.proposed_at);
    say(cells.id, visible(run.id));
    data(cells.title, run.title || run.fix);
    cells.title.title = visible(run.fix) + (run.rule ? ", for " + visible(run.rule) : "");
    data(cells.target, (run.targets ?? []).join(", "));
    say(cells.size, number(run.rows));
    if (cells.state) { badge(cells.state, "run-" + run.state, stateText(run.state)); mark(row, "data-outcome", outcome(run)); }
    if (cells.votes) say(cells.votes, run.approvals + " of " + run.approvals_needed);
    say(cells.asked, clock(asked) + (cells.votes ? " by " + visible(run.requested_by) : ""));
    if (cells.deadline) {
      const left = stamp(run.decide_by) - Date.now();
      say(cells.deadline, Number.isFinite(left) ? (left > 0 ? length(left) : "over") : "–");
      mark(cells.deadline, "data-urgent", left < 900e3 ? "" : null);
    }
    if (cells.took) say(cells.took, run.ended_at ? length(stamp(run.ended_at) - asked) : "–");
    if (cells.decided) data(cells.decided, run.decided_by ?? (run.approvals > 0 ? counted(run.approvals, "vote") : "–"));
    mark(row, "data-needs", run.needs_person ? "" : null);
  }

  function draw() {
    if (element.hidden) return;
    list.note(runs.value === null ? "" : noteOf(runs));
    const wanted = search.input.value.trim().toLowerCase();
    const all = options.pick();
    const found = all.filter((run) => (kind === "all" || outcome(run) === kind)
      && (wanted === "" || [run.id, run.fix, run.title, run.rule, run.state, run.requested_by, ...(run.targets ?? [])].join(" ").toLowerCase().includes(wanted)));
    grid.set(found);
    more.hidden = !runs.hasMore;
    say(tally, found.length === all.length ? counted(all.length, "run") : found.length + " of " + counted(all.length, "run"));
    grid.say(runs.value === null ? noteOf(runs) : found.length > 0 ? "" : all.length > 0 ? "No run is like that." : options.empty);
    const held = freeze.value?.frozen ? freeze.value : null;
    frozen.hidden = held === null;
    if (held) say(frozen, "All effects are stopped since " + clock(stamp(held.since)) + ", by " + visible(held.by ?? "") + ": " + visible(held.reason ?? ""));
    stop.hidden = held !== null;
    thaw.hidden = held === null;
    refuse(stop, session.refusal("respond"));
    refuse(thaw, session.refusal("thaw"));
    detail.follow();
  }

  function setFreeze(isStop) {
    const reason = field("Reason", { kind: "area", required: true });
    confirm({
      title: isStop ? "Stop all effects?" : "Let effects go on?", label: isStop ? "Stop all effects" : "Let them go on", isDanger: isStop,
      body: [h("p", {}, isStop
        ? "No fix changes anything from the next boundary on, until somebody lets effects go on. What is approved is held. Rules and alerts go on."
        : "What is approved and held is carried out now, if its plan is still the same."), reason.element],
      ready: () => (reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => isStop ? send("PUT", "freeze", { reason: reason.input.value.trim() }) : send("DELETE", "freeze?reason=" + encodeURIComponent(reason.input.value.trim())),
    }).then((done) => { if (done) { toast(isStop ? "All effects are stopped." : "Effects go on."); freeze.refresh(); } });
  }

  runs.watch(() => { grid.redraw(); draw(); });
  freeze.watch(draw);
  session.on(draw);

  return {
    id: options.id, title: options.title, element, search: search.input, grid, badge: options.filters ? null : () => waiting().length,
    show(id) {
      if (element.hidden) for (const resource of [runs, freeze]) resource.use();
      element.hidden = false;
      draw();
      if (id && id !== shownID) { shownID = id; grid.opened(id); grid.activate(id); detail.open(id); }
      else if (!id && frame.isOpen) frame.close();
    },
    hide() { element.hidden = true; runs.release(); freeze.release(); },
    tick() { grid.redraw(); },
    redraw() { grid.redraw(); detail.load(); },
    reset() { shownID = null; detail.close(); frame.clear(); grid.opened(null); },
    reload() { detail.load(); },
  };
}
