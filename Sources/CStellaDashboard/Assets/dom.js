// Elements. Whatever comes from data gets into the page as text, never as markup.
import { pieces } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("p", { class: "x", onclick: f }, "text", element, …)`. Strings become text nodes. */
export function h(name, attributes = {}, ...children) { return fill(document.createElement(name), attributes, children); }

/** The same in SVG. */
export function s(name, attributes = {}, ...children) { return fill(document.createElementNS(SVG, name), attributes, children); }

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    if (Array.isArray(child)) add(element, child);
    else element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Puts `children` in the place of what is in `element`. */
export function put(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/**
 * As ``put``, but what is the same stays, and so does the focus: whoever is in the middle of a list isn't thrown out of it. What stays
 * keeps its handlers: what these act on has to be told apart by an attribute.
 */
export function renew(element, ...children) {
  const next = element.cloneNode(false);
  add(next, children);
  if (next.isEqualNode(element)) return element;
  const focused = element.contains(document.activeElement) ? document.activeElement : null;
  const all = (root) => [...root.querySelectorAll("a, button, summary")];
  const index = focused ? all(element).indexOf(focused) : -1;
  const place = focused?.getAttribute("href");
  element.replaceChildren(...next.childNodes);
  if (focused) {
    const found = all(element);
    ((place && found.find((one) => one.getAttribute("href") === place)) || found[Math.min(index, found.length - 1)])?.focus({ preventScroll: true });
  }
  return element;
}

/** Changes an element's text, only when it is another: nothing is laid out anew, and nothing is read out twice. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  return element;
}

/** Sets or removes an attribute, only when that changes something. */
export function mark(element, name, value) {
  const text = value === undefined || value === null || value === false ? null : value === true ? "" : String(value);
  if (element.getAttribute(name) === text) return;
  if (text === null) element.removeAttribute(name);
  else element.setAttribute(name, text);
}

/** Text from data with its escapes shown apart. */
export function data(element, value) {
  const found = pieces(value);
  if (found.every((piece) => !piece.escaped)) return say(element, found.map((piece) => piece.text).join(""));
  return put(
    element,
    found.map((piece) => (piece.escaped ? h("span", { class: "escaped" }, piece.text) : piece.text)));
}

let last = 0;
/** An id that no other element has. */
export function newID(name) { last += 1; return name + "-" + last; }

/** A name and its value in a list of facts. */
export function fact(name, value) {
  const cell = h("dd");
  if (value instanceof Node) cell.append(value);
  else if (Array.isArray(value)) add(cell, value);
  else data(cell, value);
  return [h("dt", {}, name), cell];
}

/** A button whose reason for being off is told to everybody, also to those who can't see a tooltip. */
export function button(label, action, options = {}) {
  const element = h("button", { type: "button", class: options.class, title: options.title }, label);
  element.addEventListener("click", (event) => {
    if (element.getAttribute("aria-disabled") === "true") event.preventDefault();
    else action(event);
  });
  if (options.refusal) refuse(element, options.refusal);
  return element;
}

/** Turns a button off with a reason, or on again. It keeps its place in the order of the tabulator. */
export function refuse(element, reason) {
  mark(element, "aria-disabled", reason ? "true" : null);
  if (reason) element.title = reason;
  else element.removeAttribute("title");
}
