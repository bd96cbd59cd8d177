// Questions in front of the page, each with a way back.
import { APIError } from "./api.js";
import { button, h, newID, put, refuse, say } from "./dom.js";

/** A label with its input. `kind` is `text`, `area`, `select` or `check`. */
export function field(label, options = {}) {
  const id = newID("field");
  const shared = { id, name: options.name ?? id, autocomplete: options.autocomplete ?? "off", required: options.required };
  let input;
  if (options.kind === "area") input = h("textarea", { ...shared, rows: options.rows ?? 3, maxlength: 4000 });
  else if (options.kind === "select") {
    input = h("select", shared, options.choices.map(([value, text]) => h("option", { value }, text)));
  } else if (options.kind === "check") input = h("input", { ...shared, type: "checkbox", autocomplete: undefined });
  else {
    input = h("input", {
      ...shared, type: options.type ?? "text", maxlength: options.maxlength ?? 300, spellcheck: "false", autocapitalize: "off",
    });
  }
  if (options.value !== undefined) input.value = options.value;
  const hint = options.hint ? h("p", { class: "hint", id: id + "-hint" }, options.hint) : null;
  if (hint) input.setAttribute("aria-describedby", hint.id);
  const element = options.kind === "check"
    ? h("div", { class: "field check" }, input, h("label", { for: id }, label), hint)
    : h("div", { class: "field" }, h("label", { for: id }, label), input, hint);
  return { element, input };
}

/**
 * Asks before something is done, and does it.
 *
 * `act` does it and throws what went wrong, which is shown with everything that was typed still there.
 * Gives what `act` gave, or null when the person thought better of it.
 */
export function confirm({ title, body = [], label, isDanger = false, act, ready = () => null, focus }) {
  return new Promise((resolve) => {
    const heading = h("h2", { id: newID("dialog") }, title);
    const trouble = h("p", { class: "trouble", role: "alert" });
    const go = h("button", { type: "submit", class: isDanger ? "danger" : "primary" }, label);
    const back = button("Cancel", () => dialog.close());
    const form = h(
      "form", { novalidate: true }, heading, h("div", { class: "dialog-body" }, body), trouble,
      h("div", { class: "actions" }, go, back));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": heading.id }, form);
    let result = null;
    let isAsking = false;
    let isClosed = false;
    const finish = () => resolve(result === null ? null : result.value ?? true);
    const look = () => refuse(go, ready());
    form.addEventListener("input", look);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const missing = ready();
      if (missing) { say(trouble, missing); return; }
      if (isAsking) return;
      isAsking = true;
      go.setAttribute("aria-busy", "true");
      say(trouble, "");
      try {
        result = { value: await act() };
        dialog.close();
      } catch (error) {
        if (error instanceof APIError && error.status === 401) {
          say(trouble, "You were not logged in any more. Nothing was done; log in, and press the button again.");
        } else say(trouble, error instanceof APIError ? error.message : String(error));
        if (!(error instanceof APIError)) console.error(error);
      } finally {
        go.removeAttribute("aria-busy");
        isAsking = false;
      }
      if (!isClosed) return;
      if (result === null) toast(trouble.textContent);
      finish();
    });
    // What was sent is sent: who closes the question meanwhile still hears what became of it.
    show(dialog, () => { isClosed = true; if (!isAsking) finish(); });
    look();
    (focus ?? form.querySelector("textarea, input, select") ?? go).focus();
  });
}

/** Opens a dialog over everything else; the focus goes back to where it was. */
export function show(dialog, closed = () => {}) {
  const before = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed();
    // The browser has put it there itself, unless it couldn't; and by now it may rightly be elsewhere.
    if (document.activeElement !== document.body) return;
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  });
  dialog.showModal();
  return dialog;
}

/** Something to read, with a button that closes it. */
export function notice(title, body) {
  const heading = h("h2", { id: newID("dialog") }, title);
  const close = button("Close", () => dialog.close());
  const dialog = h(
    "dialog", { class: "dialog", "aria-labelledby": heading.id }, heading, h("div", { class: "dialog-body" }, body),
    h("div", { class: "actions" }, close));
  show(dialog);
  close.focus();
}

let clearing = null;
/** Says something in passing. */
export function toast(text) {
  const place = document.getElementById("toast");
  clearTimeout(clearing);
  put(place, h("span", {}, text));
  clearing = setTimeout(() => put(place), 6000);
}
