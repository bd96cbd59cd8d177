"""What every view of a page has to keep: names of controls, contrast, widths, and that nothing jumps."""
from browser import Failure

NAMED = {
    "button", "link", "textbox", "searchbox", "combobox", "checkbox", "grid", "dialog", "region", "navigation", "img", "image",
    "radio", "listbox", "DisclosureTriangle", "complementary", "columnheader",
}

CONTRAST = r"""
(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => {
    const a = top[3] + under[3] * (1 - top[3]);
    if (a === 0) return [0, 0, 0, 0];
    return [0, 1, 2].map((i) => (top[i] * top[3] + under[i] * under[3] * (1 - top[3])) / a).concat(a);
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const backOf = (element) => {
    let back = [0, 0, 0, 0];
    for (let one = element; one && back[3] < 1; one = one.parentElement) back = over(back, rgba(getComputedStyle(one).backgroundColor));
    return over(back, rgba(getComputedStyle(document.documentElement).backgroundColor));
  };
  const poor = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('.unseen, noscript, .skip, option') || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const style = getComputedStyle(element);
    const back = backOf(element);
    let front = rgba(element instanceof SVGElement ? style.fill : style.color);
    for (let one = element; one; one = one.parentElement) front[3] *= Number(getComputedStyle(one).opacity);
    front = over(front, back);
    const [high, low] = [light(front), light(back)].sort((a, b) => b - a);
    const ratio = (high + 0.05) / (low + 0.05);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (isLarge ? 3 : 4.5)) {
      poor.set(element.tagName + '.' + (element.getAttribute('class') ?? '') + ' ' + ratio.toFixed(2), node.data.trim().slice(0, 40));
    }
  }
  return [...poor].map(([where, text]) => where + ': ' + text).slice(0, 10);
})()
"""


def check(condition, what):
    if not condition:
        raise Failure(what)


def names(page, where):
    """Every control and picture says what it is, as assistive technology is told."""
    nodes = page.ask("Accessibility.getFullAXTree")["nodes"]
    nameless = [
        node["role"]["value"] for node in nodes
        if not node.get("ignored") and node.get("role", {}).get("value") in NAMED and not node.get("name", {}).get("value", "").strip()
    ]
    check(not nameless, f"{where}: without a name: {nameless}")


def contrast(page, where):
    # While a colour still changes it has another contrast.
    page.run("Promise.allSettled(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished))")
    found = page.run(CONTRAST)
    check(not found, f"{where}: too little contrast: {found}")


def width(page, where):
    over = page.run("document.documentElement.scrollWidth - innerWidth")
    check(over <= 0, f"{where}: {over} pixels too wide")


def steady(page, where, most=0.05):
    shift = page.run("window.__shift")
    check(shift < most, f"{where}: things jump: {shift:.4f} {page.run('window.__shifts')}")


def quiet(page, where):
    """Nothing was logged, and the policy had nothing to refuse."""
    violations = page.run("window.__violations")
    check(not violations, f"{where}: the policy refused {violations}")
    check(not page.troubles, f"{where}: {page.troubles}")
