// Keys, for those who don't reach for the mouse.
import { notice } from "./dialog.js";
import { h } from "./dom.js";

const ABOUT = [
  ["1 … 9", "the views, from left to right"], ["/", "search in the view"], ["j, k or ↓, ↑", "down and up in the list"], ["Enter", "everything about the row"],
  ["Esc", "back to the list"], ["p", "events: pause and go on"], ["r", "ask for everything anew, and connect at once"], ["b", "what is new"], ["t", "dark, light, or as the system has it"],
  ["z", "times in UTC or in this browser's zone"], ["← →", "in a chart: from moment to moment"], ["?", "this list"],
];

export function showKeys() {
  notice("Keys", [h("dl", { class: "keys" }, ABOUT.map(([key, what]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, what)]))]);
}

/** `actions`: what each key does; `view()` is the view that is shown. */
export function listen(views, view, go, actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || view() === null) return;
    const target = event.target;
    const isTyping = target instanceof HTMLElement && (target.matches("input:not([type=checkbox]), textarea, select") || target.isContentEditable);
    if (isTyping) {
      // From a search back to the list.
      if (event.key === "Escape" || (event.key === "Enter" && target === view().search)) { view().grid?.scroller.focus(); event.preventDefault(); }
      return;
    }
    const index = Number(event.key) - 1;
    const inGrid = target.classList?.contains("grid");
    if (views[index]) go(views[index].id);
    else if (event.key === "/" && view().search) { view().search.focus(); view().search.select(); }
    else if ((event.key === "j" || event.key === "k") && view().grid && !inGrid) {
      view().grid.scroller.focus({ preventScroll: true });
      view().grid.move(event.key === "j" ? 1 : -1);
    } else if (event.key === "?") showKeys();
    else if (view().keys?.[event.key]) view().keys[event.key]();
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });
}
