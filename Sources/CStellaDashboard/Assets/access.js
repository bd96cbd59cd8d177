// Who may come in: users and tokens, for admins.
import { decode, part, send } from "./api.js";
import { confirm, field, notice, toast } from "./dialog.js";
import { button, data, fact, h, mark, put, refuse, say } from "./dom.js";
import { badge, Grid } from "./grid.js";
import { tokens, users } from "./model.js";
import { choice, noteOf, panel, split, tool } from "./panel.js";
import { session } from "./session.js";
import { ago, clock, counted, fullTime, length, stamp, visible } from "./text.js";

const ROLES = ["viewer", "editor", "approver", "admin"];
const SCOPES = [["read", "what a viewer sees"], ["events:write", "to send events"], ["propose", "to ask for fixes, on which people decide"]];

export function accessView(go) {
  let kind = "users";
  let shownKey = null;
  const search = tool("Search users and tokens", { placeholder: "Search (/)", isQuiet: true, className: "grow" });
  const tally = h("span", { class: "tally" });
  const add = button("New token …", () => newToken());
  const grids = {
    users: new Grid({
      name: "users", label: "Users", id: (user) => user.name, open: (user) => go("access/user/" + part(user.name)),
      columns: [
        { name: "name", title: "User" }, { name: "roles", title: "Roles" }, { name: "groups", title: "Groups" },
        { name: "source", title: "Known by", hint: "Users of the configuration are changed there" }, { name: "state", title: "May log in" },
      ],
      show(cells, user) {
        data(cells.name, user.name);
        say(cells.roles, (user.roles ?? []).map(visible).join(", ") || "none");
        say(cells.groups, (user.groups ?? []).map(visible).join(", "));
        say(cells.source, user.source === "configuration" ? "stella.yaml" : "the server");
        say(cells.state, user.disabled ? "no" : user.password ? "with a password" : "on the machine alone");
      },
    }),
    tokens: new Grid({
      name: "tokens", label: "Tokens", id: (token) => token.name, open: (token) => go("access/token/" + part(token.name)),
      columns: [
        { name: "name", title: "Token" }, { name: "state", title: "State" }, { name: "scopes", title: "Scopes" }, { name: "owner", title: "Owner" },
        { name: "expires", title: "Expires" }, { name: "used", title: "Last used" },
      ],
      show(cells, token) {
        data(cells.name, token.name);
        badge(cells.state, token.valid ? "good" : "none", stateOf(token));
        say(cells.scopes, (token.scopes ?? []).map(visible).join(", "));
        data(cells.owner, token.owner);
        const left = stamp(token.expires) - Date.now();
        say(cells.expires, token.revoked ? "–" : left > 0 ? "in " + length(left) : clock(stamp(token.expires)));
        mark(cells.expires, "data-urgent", token.valid && left < 7 * 86400e3 ? "" : null);
        say(cells.used, token.used ? ago(stamp(token.used)) : "never");
      },
    }),
  };
  const stateOf = (token) => (token.revoked ? "revoked" : stamp(token.expires) < Date.now() ? "expired" : token.valid ? "valid" : "not valid");
  const list = panel("Access", {
    className: "fill", body: [grids.users.element, grids.tokens.element],
    tools: [choice("What is listed", [{ id: "users", label: "Users" }, { id: "tokens", label: "Tokens" }], kind, (id) => { kind = id; if (frame.isOpen) frame.close(); draw(); }), search.element, add, tally],
  });
  const frame = split(list.element, "User or token");
  frame.onClose = () => { shownKey = null; for (const grid of Object.values(grids)) grid.opened(null); go("access"); };
  const element = h("div", { class: "view view-split", hidden: true }, frame.element);
  search.input.addEventListener("input", draw);

  const source = () => (kind === "users" ? users : tokens);

  function draw() {
    if (element.hidden) return;
    const refusal = session.refusal("administer");
    for (const [name, grid] of Object.entries(grids)) grid.element.hidden = name !== kind;
    const all = source().value ?? [];
    const wanted = search.input.value.trim().toLowerCase();
    const found = all.filter((one) => wanted === "" || JSON.stringify(one).toLowerCase().includes(wanted));
    const noun = kind.slice(0, -1);
    grids[kind].set(found);
    list.note(source().value === null ? "" : noteOf(source()));
    say(tally, found.length === all.length ? counted(all.length, noun) : found.length + " of " + counted(all.length, noun));
    grids[kind].say(source().value === null ? refusal ?? noteOf(source()) : found.length ? "" : all.length ? "No " + noun + " is like that." : "There is no " + noun + " yet.");
    add.hidden = kind !== "tokens";
    refuse(add, refusal);
    drawDetail();
  }

  // MARK: one of them

  let shownText = "";

  function drawDetail() {
    if (shownKey === null) return;
    const [what, name] = shownKey;
    const one = ((what === "user" ? users : tokens).value ?? []).find((other) => other.name === name);
    const text = JSON.stringify([one ?? null, session.state, session.roles]);
    if (text === shownText) return;
    shownText = text;
    if (!one) put(frame.body, h("p", { class: "dim" }, "There is no " + what + " " + visible(name) + "."));
    else if (what === "user") drawUser(one);
    else drawToken(one);
  }

  function drawUser(user) {
    const isOwn = user.name === session.user;
    const refusal = session.refusal("administer") ?? (user.source === "configuration" ? "This user stands in stella.yaml, and is changed there." : null);
    put(
      frame.body, data(h("h2", { class: "detail-title" }), user.name),
      h("p", { class: "detail-line" }, user.disabled ? "may not log in" : "may log in", isOwn ? ", and is you" : ""),
      h("dl", { class: "facts" }, fact("Roles", (user.roles ?? []).join(", ") || "none"), fact("Groups", (user.groups ?? []).join(", ") || "none"),
        fact("Known by", user.source === "configuration" ? "stella.yaml" : "the server"), fact("Password", user.password ? "set" : "none")),
      h("div", { class: "actions" },
        button("Change roles …", () => setRoles(user), {
          refusal: refusal ?? (isOwn ? "Nobody changes their own roles. Another admin can." : null),
        }),
        button(user.disabled ? "Let in again …" : "Let in no longer …", () => setDisabled(user), {
          class: user.disabled ? "" : "danger", refusal: refusal ?? (isOwn && !user.disabled ? "Nobody shuts themselves out. Another admin can." : null),
        })));
  }

  function setRoles(user) {
    const boxes = ROLES.map((role) => {
      const box = field(role, { kind: "check" });
      box.input.checked = (user.roles ?? []).includes(role);
      return { role, ...box };
    });
    const chosen = () => boxes.filter((box) => box.input.checked).map((box) => box.role);
    confirm({
      title: "Change the roles of " + visible(user.name) + "?", label: "Change",
      body: [h("p", {}, "A session that is open keeps no role that is taken away. Admin doesn't imply approver."),
        h("fieldset", {}, h("legend", {}, "Roles"), boxes.map((box) => box.element))],
      ready: () => (chosen().join() === (user.roles ?? []).filter((role) => ROLES.includes(role)).join() ? "Nothing is changed yet." : null),
      act: () => send("PUT", "users/" + part(user.name) + "/roles", { roles: chosen(), groups: user.groups ?? [] }),
    }).then((done) => { if (done) { toast("The roles are changed."); users.refresh(); } });
  }

  function setDisabled(user) {
    const isEnd = !user.disabled;
    confirm({
      title: isEnd ? "Let " + visible(user.name) + " in no longer?" : "Let " + visible(user.name) + " in again?", label: isEnd ? "Let in no longer" : "Let in again", isDanger: isEnd,
      body: [h("p", {}, isEnd ? "Open sessions end at once. What this person has decided stays." : "With the password and the roles from before.")],
      act: () => send("PUT", "users/" + part(user.name) + "/disabled", { disabled: isEnd }),
    }).then((done) => { if (done) { toast(isEnd ? "Nobody logs in as " + visible(user.name) + " any more." : visible(user.name) + " may log in."); users.refresh(); } });
  }

  function drawToken(token) {
    const refusal = session.refusal("administer") ?? (token.valid ? null : "It is " + stateOf(token) + " already.");
    put(
      frame.body, data(h("h2", { class: "detail-title" }), token.name),
      h("p", { class: "detail-line" }, h("span", { class: "badge", "data-kind": token.valid ? "good" : "none" }, stateOf(token)), " ", h("span", { class: "mono" }, visible(token.prefix) + "…")),
      h("dl", { class: "facts" }, fact("Scopes", (token.scopes ?? []).join(", ")), fact("Owner", token.owner), fact("Made", fullTime(stamp(token.created))),
        fact("Expires", fullTime(stamp(token.expires))), fact("Last used", token.used ? fullTime(stamp(token.used)) : "never"),
        token.revoked ? fact("Revoked", fullTime(stamp(token.revoked))) : null),
      h("p", { class: "dim" }, "Tokens may propose fixes, and never vote."),
      h("div", { class: "actions" }, button("Revoke …", () => revoke(token), { class: "danger", refusal })));
  }

  function revoke(token) {
    confirm({
      title: "Revoke the token " + visible(token.name) + "?", label: "Revoke", isDanger: true,
      body: [h("p", {}, "Programs that show it are refused at once. It can't be undone; a new token has another secret.")],
      act: () => send("DELETE", "tokens/" + part(token.name)),
    }).then((done) => { if (done) { toast("The token is revoked."); tokens.refresh(); } });
  }

  function newToken() {
    const name = field("Name", { required: true, hint: "a to z, 0 to 9, dot, underscore and hyphen", name: "name" });
    const boxes = SCOPES.map(([scope, what]) => {
      const box = field(scope, { kind: "check", hint: what });
      box.input.checked = scope === "read";
      return { scope, ...box };
    });
    const chosen = () => boxes.filter((box) => box.input.checked).map((box) => box.scope);
    const life = field("Expires after", { required: true, hint: "Up to 366d", name: "for", value: "90d" });
    confirm({
      title: "Make a token?", label: "Make it", body: [name.element, h("fieldset", {}, h("legend", {}, "Scopes"), boxes.map((box) => box.element)), life.element],
      ready: () => (name.input.value.trim() === "" ? "Give it a name." : chosen().length === 0 ? "Choose a scope." : null),
      act: () => send("POST", "tokens", {
        name: name.input.value.trim(), scopes: chosen(), for: life.input.value.trim(),
      }),
    }).then((done) => {
      if (!done) return;
      tokens.refresh();
      notice("The token " + visible(done.value?.name ?? ""), [h("p", {}, "Its secret is shown this once:"), h("p", { class: "mono secret", tabindex: 0 }, visible(done.value?.token ?? ""))]);
    });
  }

  for (const resource of [users, tokens]) resource.watch(draw);
  session.on(() => { follow(); draw(); });

  /** Who may not see it needn't ask. */
  let isAsking = false;

  function follow() {
    const wants = !element.hidden && session.refusal("administer") === null;
    if (wants === isAsking) return;
    isAsking = wants;
    for (const resource of [users, tokens]) wants ? resource.use() : resource.release();
  }

  return {
    id: "access", title: "Access", element, search: search.input,
    get grid() { return grids[kind]; },
    show(place) {
      element.hidden = false;
      follow();
      const [what, ...name] = (place ?? "").split("/");
      if (what === "user" || what === "token") {
        const key = [what, decode(name.join("/"))];
        if (shownKey?.join() !== key.join()) {
          shownKey = key;
          shownText = "";
          kind = what + "s";
          for (const one of element.querySelectorAll(".choice button")) mark(one, "aria-pressed", one.textContent.toLowerCase() === kind ? "true" : "false");
          grids[kind].opened(key[1]);
          frame.open();
        }
      } else if (frame.isOpen) frame.close();
      draw();
    },
    hide() { element.hidden = true; follow(); },
    tick: draw,
    redraw() { grids[kind].redraw(); shownText = ""; draw(); },
    reset() { shownKey = null; shownText = ""; frame.clear(); for (const grid of Object.values(grids)) grid.opened(null); },
  };
}
