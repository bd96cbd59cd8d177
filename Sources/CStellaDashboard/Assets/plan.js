// One run: what `stella approvals show` shows, and what can be decided and done about it.
import { APIError, getJSON, getText, part, send } from "./api.js";
import { confirm, field, toast } from "./dialog.js";
import { button, h, put, refuse, say } from "./dom.js";
import { runs, stateText } from "./model.js";
import { session } from "./session.js";
import { counted, visible, words } from "./text.js";

/** Of plans with more effects the server shows one of each kind, unless it is asked for all. */
const DETAILED = 6;

/**
 * Whether `text` tells of the plan that a vote on `run` would be for: it has the plan's digest, in groups. Who may not vote sees it
 * masked, which may take digits for something else.
 */
const isShown = (run, text) => Boolean(run.digest) && (session.refusal("vote") !== null || text.replace(/\s/g, "").includes(run.digest.replace("sha256:", "")));

const planLine = (line) => h("span", { class: "plan-line" }, words(line).map((one) => (one.isLeftward ? h("bdi", {}, one.text) : one.text)), "\n");

/** The details of a run in `frame`. */
export class PlanDetail {
  #id = null;
  #run = null;
  #digest = null;
  #text = "";
  #isWhole = false;
  #asking = 0;

  constructor(frame, go) {
    this.frame = frame;
    this.go = go;
    this.title = h("h2", { class: "detail-title", tabindex: -1 });
    this.line = h("p", { class: "detail-line" });
    this.change = h("div", { class: "change", role: "alert", hidden: true });
    this.trouble = h("p", { class: "trouble", role: "alert" });
    this.text = h("pre", { class: "plan", tabindex: 0, role: "region", "aria-label": "The plan, as stella approvals show tells it" });
    this.whole = button("Show every effect", () => this.#showAll());
    this.rows = h("a", { download: "run.json" }, "Every row, as JSON");
    this.extent = h("div", { class: "actions start", hidden: true }, this.whole, this.rows);
    this.ballot = this.#makeBallot();
    this.actions = h("div", { class: "actions start" });
    this.actionLimits = h("p", { class: "limits" });
    this.element = h("div", {}, this.title, this.line, this.change, this.trouble, this.text, this.extent, this.ballot, this.actions, this.actionLimits);
    session.on(() => {
      // What was shown to who may see less is none to vote on.
      if (session.state === "in") { this.#digest = null; this.load(); }
      this.#drawBallot();
    });
  }

  get id() { return this.#id; }

  close() { this.#id = null; this.#run = null; this.#digest = null; this.#text = ""; this.#isWhole = false; }

  /** Shows a run; what was typed about another one is gone. */
  async open(id) {
    if (this.#id !== id) {
      this.close();
      this.#id = id;
      this.reason.input.value = "";
      this.sure.input.checked = false;
      this.digits.input.value = "";
      this.glass.open = false;
      this.change.hidden = true;
      say(this.title, "Run " + visible(id));
      say(this.line, "Loading …");
      say(this.text, "");
      this.text.hidden = true;
      this.extent.hidden = true;
      this.ballot.hidden = true;
      put(this.actions);
    }
    put(this.frame.body, this.element);
    this.frame.open();
    await this.load();
  }

  /** Asks for the run anew. What was typed stays; that the plan was read counts for that plan alone. */
  async load(isAgain = false) {
    const id = this.#id;
    if (id === null) return;
    const asking = (this.#asking += 1);
    try {
      const [run, text] = await Promise.all([getJSON("runs/" + part(id)), getText("runs/" + part(id) + (this.#isWhole ? "?effects=all" : ""))]);
      if (asking !== this.#asking || id !== this.#id) return;
      // Two answers: a plan that came to be between them is in one of them alone.
      if (run.state === "awaiting" && !isShown(run, text) && !isAgain) { await this.load(true); return; }
      this.#show(run, text);
    } catch (error) {
      if (asking !== this.#asking || id !== this.#id) return;
      if (!(error instanceof APIError)) throw error;
      const known = (runs.value ?? []).find((run) => run.id === id);
      say(this.line, known ? stateText(known.state) + " · " + visible(known.title) : "");
      say(this.trouble, session.state === "open" && (error.isMissing || error.status === 403)
        ? "Plans hold data, so a server without a login doesn't show them here. On its machine: stella approvals show " + id
        : error.message);
    }
  }

  #show(run, text) {
    const former = this.#digest;
    const hadFocus = this.ballot.contains(document.activeElement) || this.actions.contains(document.activeElement);
    this.#run = run;
    // What isn't shown can't be decided on.
    this.#digest = isShown(run, text) ? run.digest : null;
    say(this.trouble, run.state === "awaiting" && this.#digest === null ? "This isn't the plan that waits, so nothing can be decided here. On the server's machine: stella approvals show " + run.id : "");
    say(this.title, visible(run.title));
    put(this.line, h("span", { class: "badge", "data-kind": "run-" + run.state }, stateText(run.state)), " ", h("span", { class: "mono" }, visible(run.id)),
      " · " + visible(run.fix) + " · " + (run.targets ?? []).map(visible).join(", "));
    // Whole lines, so that nothing is cut. Where one is broken it goes on further in: nothing of a value comes to stand where labels do.
    // What is the same stays, with what is marked in it.
    if (text !== this.#text) put(this.text, visible(text, true, true).replace(/\n$/, "").split("\n").map(planLine));
    this.#text = text;
    this.text.hidden = false;
    this.extent.hidden = run.effects === 0;
    this.whole.hidden = this.#isWhole || !(run.effects > DETAILED);
    this.rows.href = "/api/v1/runs/" + part(run.id);
    this.rows.download = run.id + ".json";
    if (former !== null && former !== this.#digest) {
      this.sure.input.checked = false;
      this.digits.input.value = "";
      this.#tell("The plan has changed since you looked. Read it again before you decide.");
    }
    if (run.superseded_by) this.#tell("Another plan has its place: ", run.superseded_by);
    this.#drawBallot();
    this.#drawActions();
    if (hadFocus) this.#keepFocus();
  }

  /** What had the focus may be gone by now: who works by keys goes on from the heading. */
  #keepFocus() {
    const one = document.activeElement;
    if (one === null || one === document.body || (this.ballot.hidden && this.ballot.contains(one))) this.title.focus();
  }

  async #showAll() {
    this.#isWhole = true;
    await this.load();
    if (this.whole.hidden) this.text.focus({ preventScroll: true });
  }

  #tell(text, next = null) {
    put(this.change, text, next ? h("a", { href: "#approvals/" + next }, next) : null);
    this.change.hidden = false;
  }

  // MARK: The vote

  #makeBallot() {
    this.sure = field("", { kind: "check" });
    this.digest = h("span", { class: "mono" });
    this.reason = field("Reason", { kind: "area", required: true, hint: "It stands on the execution log, with your name." });
    this.approve = button("Approve …", () => this.#vote("approve"), { class: "primary" });
    this.reject = button("Reject …", () => this.#vote("reject"), { class: "danger" });
    this.limits = h("p", { class: "limits" });
    this.digits = field("First 12 digits of the plan's digest, typed", { maxlength: 20, hint: "This takes the place of everybody else's votes. Another approver has to review it afterwards." });
    this.breakGlass = button("Break the glass …", () => this.#breakTheGlass(), { class: "danger" });
    this.glass = h("details", { class: "more glass" }, h("summary", {}, "Break the glass: decide alone in an emergency"), this.digits.element, h("div", { class: "actions start" }, this.breakGlass));
    const form = h(
      "form", { class: "ballot", novalidate: true, "aria-label": "Your vote" }, h("h3", {}, "Decide on exactly this plan"), this.sure.element, this.reason.element,
      h("div", { class: "actions start" }, this.approve, this.reject), this.limits, this.glass);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#drawBallot());
    return form;
  }

  get #short() { return (this.#digest ?? "").replace("sha256:", "").slice(0, 12); }

  #drawBallot() {
    const run = this.#run;
    if (!run) return;
    this.ballot.hidden = run.state !== "awaiting" || this.#digest === null;
    if (this.ballot.hidden) return;
    const digits = this.#short.replace(/(.{4})(?=.)/g, "$1 ");
    if (this.digest.textContent !== digits) {
      say(this.digest, digits);
      put(this.sure.element.querySelector("label"), "I have read this plan, whose digest begins with ", this.digest);
    }
    const name = run.you?.name;
    const may = session.refusal("vote") ?? (run.you && !run.you.may_approve && name === session.user ? "You may not: " + (run.you.why_not ?? "the policy wants others") + "." : null);
    const wants = !this.sure.input.checked ? "Say first that you have read this plan." : this.reason.input.value.trim() === "" ? "Give a reason." : null;
    refuse(this.approve, may ?? wants);
    // Who may not approve, because they asked for it, may still not reject: the server says so.
    refuse(this.reject, may ?? wants);
    const typed = this.digits.input.value.replace(/\s/g, "").toLowerCase();
    refuse(this.breakGlass, session.refusal("vote") ?? (this.reason.input.value.trim() === "" ? "Give a reason."
      : typed.length < 12 || !this.#digest.replace("sha256:", "").startsWith(typed) ? "Type the first 12 digits of this plan's digest." : null));
    say(this.limits, may ?? wants ?? "");
  }

  #what() {
    const run = this.#run;
    return counted(run.effects ?? 0, "effect") + ", " + counted(run.rows ?? 0, "row") + ", on " + (run.targets ?? []).map(visible).join(", ");
  }

  #vote(verb) {
    const id = this.#id;
    const run = this.#run;
    const digest = this.#digest;
    const reason = this.reason.input.value.trim();
    const isLast = run.approvals + 1 >= run.approvals_needed;
    const isApproval = verb === "approve";
    confirm({
      title: (isApproval ? "Approve " : "Reject ") + run.id + "?", label: isApproval ? "Approve this plan" : "Reject it for good", isDanger: !isApproval,
      body: [
        h("p", { class: "quote" }, visible(run.title)), h("p", {}, "Plan ", h("span", { class: "mono" }, this.#short), ": " + this.#what() + "."),
        h("p", {}, isApproval
          ? isLast ? "Yours is the last vote that is needed: it will be carried out at once, if the plan is still the same then."
            : "It is " + counted(run.approvals_needed - run.approvals - 1, "vote") + " short of being carried out after yours."
          : "One rejection is final. Nothing of this plan is carried out."),
        h("p", {}, "Reason: " + visible(reason)),
      ],
      act: () => this.#send(id, verb, { digest, reason, ...(isApproval ? { break_glass: false } : {}) }),
    }).then((answer) => this.#voted(id, answer, isApproval));
  }

  #breakTheGlass() {
    const id = this.#id;
    const digest = this.#digest;
    const reason = this.reason.input.value.trim();
    confirm({
      title: "Break the glass on " + this.#run.id + "?", label: "Decide alone", isDanger: true,
      body: [
        h("p", { class: "quote" }, visible(this.#run.title)), h("p", {}, "Plan ", h("span", { class: "mono" }, this.#short), ": " + this.#what() + "."),
        h("p", {}, "It will be carried out at once with your word alone. That is on record, and you can't do so again before another approver has reviewed it."),
      ],
      act: () => this.#send(id, "approve", { digest, reason, break_glass: true }),
    }).then((answer) => this.#voted(id, answer, true));
  }

  /** Sends a decision. A plan that is another by now is shown, and the decision isn't sent again. */
  async #send(id, verb, body) {
    try {
      return await send("POST", "runs/" + part(id) + "/" + verb, body);
    } catch (error) {
      if (!(error instanceof APIError) || error.status !== 409) throw error;
      return { conflict: error.message };
    }
  }

  async #voted(id, answer, isApproval) {
    if (!answer) return;
    // Another run may be open by now: what is typed about it stays, and the answer isn't about it.
    if (id !== this.#id) {
      toast(answer.conflict ? "Nothing was decided about " + id + ": " + visible(answer.conflict) : "Your vote on " + id + " counts.");
      runs.refresh();
      return;
    }
    if (answer.conflict) {
      this.sure.input.checked = false;
      await this.load();
      this.#tell("Nothing was decided. The plan has changed, or it doesn't wait any more: " + visible(answer.conflict) + " ", this.#run?.superseded_by);
      this.#drawBallot();
    } else {
      toast(answer.status === 202 ? "Your vote counts; more are needed." : isApproval ? "Approved." : "Rejected.");
      this.reason.input.value = "";
      this.sure.input.checked = false;
      await this.load();
    }
    this.#keepFocus();
    runs.refresh();
  }

  // MARK: What else can be done

  #drawActions() {
    const { state, rolls_back: isRollback, needs_person: needsPerson } = this.#run;
    const found = [];
    const offer = (label, verb, right, says, options = {}) => found.push({ label, verb, right, says, ...options });
    const isOneOf = (...states) => states.includes(state);
    if (state === "awaiting") {
      offer("Plan anew …", "replan", "propose", "Another plan is made from what the targets hold now. Votes on this one don't count for it.");
      offer("Withdraw …", "withdraw", "propose", "Nobody is asked any more, and nothing is carried out.", { asks: true, isDanger: true });
    }
    if (state === "approved") offer("Carry out", "execute", "respond", "What was approved is taken up by the runner, if the plan is still the same.");
    if (!isRollback && isOneOf("partial", "rollback_conflict", "rollback_failed", "succeeded", "ineffective")) {
      offer("Roll back …", "rollback", "propose", "A plan that takes back what was applied is made, and waits for approval like any other.");
    }
    if (isOneOf("partial", "rollback_conflict", "rollback_failed")) offer("Leave as it stands …", "accept", "vote", "The run is closed. What was applied stays.", { asks: true });
    if (isOneOf("unknown", "rollback_unknown")) {
      offer("It was applied …", "reconcile", "vote", "You have looked at the target, and the effect is there. The run goes on after it.", { asks: true, body: { outcome: "applied" } });
      offer("It wasn't applied …", "reconcile", "vote", "You have looked at the target, and the effect isn't there. The run stops there.", { asks: true, body: { outcome: "not_applied" } });
    }
    if (needsPerson && !isOneOf("unknown", "rollback_unknown", "partial")) offer("Reviewed …", "review", "vote", "You have looked at what somebody decided alone.", { asks: true });
    put(this.actions, found.map((one) => button(one.label, () => this.#do(one), { refusal: session.refusal(one.right), class: one.isDanger ? "danger" : "" })));
    say(this.actionLimits, this.ballot.hidden && found.length ? session.refusal(found[0].right) ?? "" : "");
  }

  #do(one) {
    const id = this.#id;
    const reason = field("Reason", { kind: "area", required: true });
    confirm({
      title: one.label.replace(" …", "") + ": " + id + "?", label: one.label.replace(" …", ""), isDanger: one.isDanger,
      body: [h("p", { class: "quote" }, visible(this.#run.title)), h("p", {}, one.says), one.asks ? reason.element : null],
      ready: () => (one.asks && reason.input.value.trim() === "" ? "Give a reason." : null),
      act: () => send("POST", "runs/" + part(id) + "/" + one.verb, { ...one.body, ...(one.asks ? { reason: reason.input.value.trim() } : {}) }),
    }).then(async (answer) => {
      if (!answer) return;
      toast(answer.notes[0] ?? "Done.");
      runs.refresh();
      const next = answer.value?.id;
      if (next && next !== id) this.go((answer.value.state === "awaiting" ? "approvals/" : "runs/") + next);
      else await this.load();
    });
  }

  /** The list tells of this run: when it is another state or count of votes, everything is read anew. */
  follow() {
    const run = this.#run;
    const known = (runs.value ?? []).find((one) => one.id === this.#id);
    if (!run || !known) return;
    if (known.state !== run.state || known.approvals !== run.approvals || known.digest !== run.digest) this.load();
  }
}
