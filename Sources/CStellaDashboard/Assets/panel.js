// The frames that views are made of.
import { button, h, mark, newID, say } from "./dom.js";
import { clock } from "./text.js";

/** A part of a view with its title, tools, and a line that says what is wrong with it. */
export function panel(title, { tools = [], body = [], className = "", level = "h2" } = {}) {
  const id = newID("panel");
  const note = h("p", { class: "panel-note" });
  const element = h(
    "section", { class: "panel " + className, "aria-labelledby": id },
    h("div", { class: "panel-head" }, h(level, { id }, title), h("div", { class: "panel-tools" }, tools)),
    note, h("div", { class: "panel-body" }, body));
  return { element, note: (text) => say(note, text) };
}

/** What a resource can't show, and since when it is old. */
export function noteOf(resource) {
  if (resource.absence) return resource.absence;
  return resource.status === "failed" ? "Stale since " + clock(resource.at) + ": " + resource.message : "";
}

/** A list with the details of one of its rows beside it or, where there is little room, over it. */
export function split(list, name) {
  const body = h("div", { class: "detail-body" });
  const close = button("Back to the list", () => frame.close(), { class: "quiet detail-close" });
  const detail = h("aside", { class: "detail", "aria-label": name, tabindex: -1, "data-open": "no" }, close, body);
  const element = h("div", { class: "split", "data-open": "no" }, h("div", { class: "split-list" }, list), detail);
  const frame = {
    element, body, onClose: () => {},
    get isOpen() { return detail.dataset.open === "yes"; },
    open(takesFocus = false) {
      for (const one of [detail, element]) mark(one, "data-open", "yes");
      if (takesFocus || matchMedia("(max-width: 60rem)").matches) detail.focus({ preventScroll: true });
    },
    close() {
      frame.clear();
      frame.onClose();
    },
    /** Shows nothing any more, without going anywhere. */
    clear() {
      for (const one of [detail, element]) mark(one, "data-open", "no");
      body.replaceChildren();
    },
  };
  detail.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    frame.close();
    element.querySelector(".grid")?.focus();
  });
  return frame;
}

/** Buttons of which one is chosen. */
export function choice(label, options, chosen, action) {
  const buttons = options.map(({ id, label: text }) => {
    const one = h("button", { type: "button", "aria-pressed": id === chosen ? "true" : "false" }, text);
    one.addEventListener("click", () => {
      for (const other of buttons) mark(other, "aria-pressed", other === one ? "true" : "false");
      action(id);
    });
    return one;
  });
  return h("div", { class: "choice", role: "group", "aria-label": label }, buttons);
}

/** A labelled input for a toolbar. */
export function tool(label, options = {}) {
  const id = newID("tool");
  const input = options.choices
    ? h("select", { id }, options.choices.map(([value, text]) => h("option", { value }, text)))
    : h("input", { id, type: options.type ?? "search", placeholder: options.placeholder, autocomplete: "off", spellcheck: "false", maxlength: 4000 });
  if (options.value) input.value = options.value;
  return { element: h("div", { class: "tool-field " + (options.className ?? "") }, h("label", { for: id, class: options.isQuiet ? "unseen" : null }, label), input), input };
}
