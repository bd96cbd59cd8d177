// Who looks, and what they may do. The server decides; here it only saves people from buttons that would be refused.
import { APIError, getJSON, send, setCrossSiteToken } from "./api.js";
import { button, h, newID, say } from "./dom.js";
import { field, show } from "./dialog.js";

/** What each right takes; the server's own table is in Access.md. */
const ROLES = {
  respond: ["editor", "approver", "admin"], propose: ["editor", "approver", "admin"], thaw: ["approver", "admin"],
  vote: ["approver"], administer: ["admin"],
};

const listeners = [];

export const session = {
  /** `unknown`, `open` (no login here), `in`, `out`. */
  state: "unknown",
  user: null,
  roles: [],
  until: null,

  on(action) { listeners.push(action); },

  /** Why somebody may not do what takes `right`; null when they may. */
  refusal(right) {
    if (session.state === "open") {
      return "Nothing can be changed here: this server has no login. Use the commands on its machine, or server.login.";
    }
    if (session.state !== "in") return "Log in first.";
    const needed = ROLES[right];
    if (session.roles.some((role) => needed.includes(role))) return null;
    return "This takes the role " + needed.join(" or ") + "; you have " + (session.roles.join(", ") || "none") + ".";
  },

  /** Finds out who looks. */
  async find() {
    try {
      take(await getJSON("session"));
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (error.isMissing) become("open");
      else if (error.status === 401) { become("out"); logIn(); }
      else if (error.isPassing) throw error;
      else become("out");
    }
    return session.state;
  },

  /** Finds out whether who is logged in may do something else by now. Nobody is told of what is as it was. */
  async look() {
    if (session.state !== "in" || isLooking) return;
    isLooking = true;
    const asked = round;
    try {
      const answer = await getJSON("session");
      if (asked !== round) return;
      const isSame = answer.user === session.user && (answer.roles ?? []).join() === session.roles.join();
      if (!isSame) { take(answer); return; }
      session.until = answer.until ?? null;
      setCrossSiteToken(answer.cross_site_token ?? null);
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (asked === round && error.status === 401) session.lost();
    } finally {
      isLooking = false;
    }
  },

  /** The server says that nobody is logged in. What was typed stays where it is. */
  lost() {
    if (session.state === "open") return;
    become("out");
    logIn();
  },

  async end() {
    try { await send("DELETE", "session"); } catch (error) { if (!(error instanceof APIError)) throw error; }
    become("out");
    location.reload();
  },
};

let isLooking = false;
/** Counts who was found to look: an answer about one isn't for the next. */
let round = 0;

function become(state) {
  round += 1;
  if (state !== "in") { session.user = null; session.roles = []; setCrossSiteToken(null); }
  const isNew = session.state !== state;
  session.state = state;
  if (isNew) for (const action of listeners) action(session);
}

let last = null;

function take(answer) {
  round += 1;
  const former = last;
  last = answer.user;
  session.user = answer.user;
  session.roles = answer.roles ?? [];
  session.until = answer.until ?? null;
  setCrossSiteToken(answer.cross_site_token ?? null);
  session.state = "in";
  for (const action of listeners) action(session, former);
}

/** Under which tabs tell each other that somebody has logged in: they share the session. */
const LOGIN = "stella.login";
window.addEventListener("storage", (event) => {
  // Who can't be told now is found out by the next question.
  if (event.key === LOGIN && session.state === "in") session.find().catch(() => {});
});

let open = null;

/** Shows the login over everything else. */
export function logIn() {
  if (open) return;
  const heading = h("h2", { id: newID("login") }, "Log in");
  const user = field("User", { autocomplete: "username", required: true, name: "user" });
  const password = field("Password", { type: "password", autocomplete: "current-password", required: true, name: "password" });
  const code = field("Code of the first admin", {
    hint: "stella serve has printed it. It makes this user the first admin, with this password.", name: "code",
  });
  const enrolment = h("details", { class: "enrolment" }, h("summary", {}, "Nobody is known to this server yet"), code.element);
  const trouble = h("p", { class: "trouble", role: "alert" });
  const go = h("button", { type: "submit", class: "primary" }, "Log in");
  const form = h(
    "form", { class: "login", novalidate: true }, heading, user.element, password.element, enrolment, trouble,
    h("div", { class: "actions" }, go));
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": heading.id }, form);
  // Nothing is behind it that could be used without it.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-busy") === "true") return;
    const isFirst = enrolment.open && code.input.value.trim() !== "";
    const body = { user: user.input.value.trim(), password: password.input.value, cookie: true };
    if (body.user === "" || body.password === "") { say(trouble, "Type a user and a password."); return; }
    go.setAttribute("aria-busy", "true");
    say(trouble, "");
    try {
      const answer = isFirst
        ? await send("POST", "enrolment", { ...body, code: code.input.value.trim() })
        : await send("POST", "session", body);
      open = null;
      dialog.close();
      try { localStorage.setItem(LOGIN, String(Date.now())); } catch { /* Other tabs find out when they are refused. */ }
      take(answer.value ?? {});
    } catch (error) {
      say(trouble, error instanceof APIError ? error.message : String(error));
      password.input.value = "";
      password.input.focus();
    } finally {
      go.removeAttribute("aria-busy");
    }
  });
  open = dialog;
  show(dialog, () => { open = null; });
  user.input.focus();
}

/** Who is logged in, with a way out. */
export function showAccount() {
  if (session.state === "out") { logIn(); return; }
  const heading = h("h2", { id: newID("account") }, session.state === "in" ? session.user : "No login");
  const close = button("Close", () => dialog.close());
  const facts = session.state === "in"
    ? [
      h("p", {}, "Roles: " + (session.roles.join(", ") || "none") + "."),
      h("p", {}, "The session ends by itself. Personal data is shown to admins only; others see it masked."),
    ]
    : [h("p", {}, "This server has no login, so it serves this machine alone: everything can be seen, personal data masked, "
      + "and nothing can be changed. Plans of fixes are shown by stella approvals show.")];
  const actions = session.state === "in" ? [button("Log out", () => session.end(), { class: "danger" }), close] : [close];
  const dialog = h(
    "dialog", { class: "dialog", "aria-labelledby": heading.id }, heading, h("div", { class: "dialog-body" }, facts),
    h("div", { class: "actions" }, actions));
  show(dialog);
  close.focus();
}
