"""Drives headless Chromium over its DevTools protocol, through pipes: nothing but Python's own library is needed."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

PATIENCE = 45


class Failure(AssertionError):
    pass


class Browser:
    """One Chromium with one page. What it logs, and what its policy refuses, is kept in `troubles`."""

    def __init__(self, width=1440, height=900, scheme="dark"):
        self.profile = tempfile.mkdtemp(prefix="stella-browser-")
        down_read, down_write = os.pipe()
        up_read, up_write = os.pipe()
        program = shutil.which("chromium") or "/usr/bin/chromium"
        # Chromium reads from 3 and writes to 4.
        command = (
            f'exec {program} --headless=new --remote-debugging-pipe --no-sandbox --disable-gpu --disable-dev-shm-usage'
            ' --no-first-run --disable-background-networking --disable-component-update --disable-sync'
            ' --disable-default-apps --mute-audio --hide-scrollbars=false --lang=en-GB'
            f' --user-data-dir={self.profile} about:blank 3<&{down_read} 4>&{up_write}')
        self.process = subprocess.Popen(
            ["bash", "-c", command], pass_fds=(down_read, up_write), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(down_read)
        os.close(up_write)
        self.down, self.up = down_write, up_read
        self.rest = b""
        self.number = 0
        self.answers = {}
        self.troubles = []
        self.expected = []
        self.session = None
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        self.session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(domain + ".enable")
        self.ask("Network.setCacheDisabled", {"cacheDisabled": True})
        self.size(width, height)
        self.scheme(scheme)
        # What jumps is added up from the first moment on.
        self.ask("Page.addScriptToEvaluateOnNewDocument", {"source": """
            window.__shift = 0; window.__shifts = [];
            new PerformanceObserver((list) => { for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
              window.__shift += entry.value;
              window.__shifts.push([entry.value, ...entry.sources.map((one) => (one.node?.className || one.node?.nodeName || '?') + ' ' + JSON.stringify(one.previousRect) + ' ' + JSON.stringify(one.currentRect))]);
            } }).observe({ type: 'layout-shift', buffered: true });
            window.__violations = [];
            document.addEventListener('securitypolicyviolation', (event) => window.__violations.push(event.violatedDirective + ' ' + event.blockedURI));
        """})

    def close(self):
        for descriptor in (self.down, self.up):
            try:
                os.close(descriptor)
            except OSError:
                pass
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, 9)
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    # Messages

    def ask(self, method, parameters=None):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters or {}}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.down, data):]
        end = time.monotonic() + PATIENCE
        while number not in self.answers:
            self.read(end - time.monotonic(), method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']}")
        return answer.get("result", {})

    def read(self, seconds, what="a message"):
        if not select.select([self.up], [], [], max(0, seconds))[0]:
            raise Failure(f"the browser said nothing to {what}")
        data = os.read(self.up, 1 << 20)
        if not data:
            raise Failure("the browser has ended")
        self.rest += data
        *whole, self.rest = self.rest.split(b"\0")
        for text in whole:
            message = json.loads(text)
            if "id" in message:
                self.answers[message["id"]] = message
            else:
                self.take(message["method"], message.get("params", {}))

    def take(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.trouble("exception: " + details.get("exception", {}).get("description", details.get("text", "?")))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.trouble("console: " + " ".join(str(one.get("value", one.get("description"))) for one in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            entry = parameters["entry"]
            self.trouble(f"log: {entry['text']} {entry.get('url', '')}")
        elif method == "Page.javascriptDialogOpening":
            self.trouble("a dialog of the browser: " + parameters["message"])

    def trouble(self, text):
        if not any(part in text for part in self.expected):
            self.troubles.append(text)

    # The page

    def size(self, width, height):
        self.ask("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def scheme(self, name, motion="no-preference"):
        self.ask("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": name}, {"name": "prefers-reduced-motion", "value": motion}]})

    def go(self, url):
        self.ask("Page.navigate", {"url": url})

    def run(self, script):
        """The value of an expression; promises are waited for."""
        answer = self.ask("Runtime.evaluate", {
            "expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True})
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(f"{script[:200]}: {details.get('exception', {}).get('description', details['text'])}")
        return answer["result"].get("value")

    def until(self, script, what=None, seconds=PATIENCE):
        """Waits until an expression is true, looking at each frame that the page draws."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                # A page that is drawn tells at once; one that isn't is asked again by its clock.
                value = self.run(
                    "new Promise((done) => { const end = Date.now() + 1000; const look = () => { let value = null;"
                    f" try {{ value = ({script}); }} catch (error) {{ value = null; }}"
                    " if (value || Date.now() > end) done(value instanceof Object ? true : value || null); else setTimeout(look, 20); }; look(); })")
            except Failure as failure:
                # The page was loaded anew while it was asked.
                if "context" not in str(failure).lower() and "navigated" not in str(failure).lower():
                    raise
                value = None
            if value:
                return value
        raise Failure(f"never: {what or script}; the page shows: {self.run('document.body.innerText')[:3000]!r}")

    def frames(self, count=2):
        self.run(f"new Promise((done) => {{ let left = {count}; const next = () => left-- > 0 ? requestAnimationFrame(next) : done(true); next(); }})")

    def click(self, selector, text=None):
        """Clicks with the mouse where the element is seen."""
        find = f"[...document.querySelectorAll({json.dumps(selector)})]"
        if text is not None:
            find += f".filter((one) => one.textContent.trim().startsWith({json.dumps(text)}))"
        find += ".filter((one) => one.offsetParent !== null || one.getClientRects().length > 0)[0]"
        self.until(find, f"{selector} {text or ''} to click")
        box = self.run(
            f"(() => {{ const one = {find}; one.scrollIntoView({{ block: 'nearest' }}); const box = one.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", {
                "type": kind, "x": box[0], "y": box[1], "button": "left", "clickCount": 1})

    def hover(self, selector, share=0.5):
        box = self.run(f"(() => {{ const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect(); return [box.x + box.width * {share}, box.y + box.height / 2]; }})()")
        self.ask("Input.dispatchMouseEvent", {"type": "mouseMoved", "x": box[0], "y": box[1]})

    KEYS = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, " ": 32, "Home": 36, "End": 35}

    def press(self, key, modifiers=0):
        code = self.KEYS.get(key, ord(key.upper()[0]))
        text = {"Enter": "\r", " ": " "}.get(key, key if len(key) == 1 else None)
        base = {"key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
        self.ask("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", **({"text": text} if text else {}), **base})
        self.ask("Input.dispatchKeyEvent", {"type": "keyUp", **base})

    def type(self, text):
        self.ask("Input.insertText", {"text": text})

    def picture(self, path):
        self.frames(3)
        data = self.ask("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
