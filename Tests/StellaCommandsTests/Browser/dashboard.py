"""Uses the dashboard as people do: python3 dashboard.py SCENE URL [PICTURES]. Exit status 0 when all is as it should be.

A line `ask WHAT …` on standard output asks who started this to do something; a line on standard input says that it is done."""
import json
import os
import sys
import traceback

from browser import Browser, Failure
from checks import check, contrast, names, quiet, steady, width

PASSWORD = "correct horse battery staple"
VIEWS = ["overview", "alerts", "events", "approvals", "runs", "rules", "log", "health", "access"]
SHOWN = "document.querySelector('.view:not([hidden])')"
ROWS = "[...document.querySelectorAll('.view:not([hidden]) .grid-space .grid-row:not([hidden])')]"
EVENTS = "document.getElementById('link').dataset.types?.includes('event')"
ALL = "stub.asks('stream').at(-1) === 'stream?types=event%2Calert%2Crun%2Csilence'"
# Says in `stub.heard` what the page has taken from the stream.
HEAR = "import('/assets/stream.js').then(({ stream }) => { stub.heard = []; stream.on('event', (event) => stub.heard.push(event.message)); })"
LIVE = "document.getElementById('link').dataset.state === 'live'"


def host(*words):
    print("ask " + "\t".join(words), flush=True)
    return sys.stdin.readline().rstrip("\n")


class Visit:
    def __init__(self, url, pictures, **options):
        self.url, self.pictures = url, pictures
        self.page = Browser(**options)
        # Routes that a server doesn't have, and that nobody is logged in yet, are told by answers.
        self.page.expected = ["status of 404", "status of 401"]

    def picture(self, name):
        if self.pictures:
            self.page.picture(os.path.join(self.pictures, name + ".png"))

    def log_in(self, user, opens=True):
        page = self.page
        if opens:
            page.go(self.url)
        page.until("document.querySelector('dialog[open] input[name=user]')", "the login")
        page.until("document.activeElement?.name === 'user'", "the focus in the login")
        page.type(user)
        page.press("Tab")
        page.type(PASSWORD)
        page.press("Enter")
        page.until(f"!document.querySelector('dialog[open]') && document.documentElement.dataset.ready !== undefined && {LIVE}", "the live page")

    def view(self, name):
        self.page.click(f"#nav a[href='#{name}']")
        self.page.until(f"document.querySelector('#nav a[aria-current=page]')?.hash === '#{name}'")
        self.page.frames()

    def close(self):
        self.page.close()


def shows(visit):
    """All panels fill, hostile text stays text, and everything is named, readable, in its place, at any width."""
    page = visit.page
    page.go(visit.url)
    page.until("document.querySelector('dialog[open]')", "the login")
    page.frames()
    names(page, "login")
    contrast(page, "login")
    visit.picture("login")
    # What is asked for again every few seconds can't be what fills the charts.
    page.until("[...document.querySelectorAll('.view:not([hidden]) .panel')].find((one) => one.querySelector('h2')?.textContent === 'Traffic').querySelector('.panel-note').textContent !== ''", "that nobody is logged in")
    page.run("for (let timer = setTimeout(() => {}, 0); timer > 0; timer -= 1) clearTimeout(timer)")
    visit.log_in("ada", opens=False)
    page.until("[...document.querySelectorAll('.view:not([hidden]) .panel')].find((one) => one.querySelector('h2')?.textContent === 'Traffic').querySelector('.panel-note').textContent === ''", "the charts at once after the login")
    page.go(visit.url)
    page.until(f"document.documentElement.dataset.ready !== undefined && {LIVE}", "the live page")
    page.until("document.querySelectorAll('.short-list a[href^=\"#alerts/\"]').length === 2", "two alerts")
    page.until("document.querySelectorAll('.short-list a[href^=\"#approvals/\"]').length >= 2", "plans that wait")
    page.until("document.querySelector('#unread').textContent >= 4 && document.title.startsWith('(')", "the unread count")
    page.until("document.querySelector('.score-word').textContent.match(/running|healthy|degraded/)", "the health")
    # Nothing has moved since the page came, but for what a person did.
    steady(page, "overview")

    visit.view("events")
    page.until(EVENTS, "the stream of events")
    host("append", "hostile")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('<img src=x'))", "the hostile event")
    row = page.run(f"{ROWS}.find((row) => row.textContent.includes('<img src=x')).textContent")
    check("\\x1b[31m" in row and "\\u{202e}" in row and "\u202e" not in row and "\x1b" not in row, f"not escaped: {row!r}")
    page.click(".grid-events .cell-message", "<img src=x")
    page.until("document.querySelector('.detail .detail-title')?.textContent.includes('<script>')", "the event's details")
    check(page.run("document.querySelectorAll('img, script:not([src]), .detail iframe').length") == 0, "markup from a log is in the page")
    same = page.run("""import('/assets/text.js').then(({ isMoment, stamp }) => {
      const ms = stamp('2026-11-22T22:00:00.123Z');
      return [isMoment('2026-11-22T22:00:00.123456789Z', ms), isMoment(1795384800123456800, ms), isMoment('yesterday', ms),
        isMoment('2026-11-23T22:00:00.123Z', ms), isMoment(null, ms)].join();
    })""")
    check(same == "true,true,false,false,false", f"which time of an event is told twice: {same}")
    visit.picture("event-hostile")
    page.press("Escape")
    # Search and pause.
    page.click(".view:not([hidden]) .pause")
    host("append", "after-pause")
    page.until("document.querySelector('.view:not([hidden]) .tally').textContent.includes('1 more since the pause')", "the count while paused")
    check(not page.run(f"{ROWS}.some((row) => row.textContent.includes('after-pause'))"), "an event was shown while paused")
    page.press("p")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('after-pause'))", "what came while paused")
    page.press("/")
    page.type("after-pause")
    page.until(f"{ROWS}.length === 1", "one event found")
    page.run("(() => { const one = document.activeElement; one.value = ''; one.dispatchEvent(new Event('input')); })()")

    visit.view("alerts")
    page.until(f"{ROWS}.length === 2", "the alerts")
    page.click(".grid-alerts .grid-space .cell-what")
    page.until("document.querySelector('.detail .todo') && document.querySelector('.detail .decisions table, .detail .decisions p')", "an alert's details")
    page.click(".detail button", "Acknowledge")
    page.until("document.querySelector('dialog[open] textarea')")
    page.type("looking at it")
    page.click("dialog[open] button[type=submit]")
    page.until("!document.querySelector('dialog[open]') && document.querySelector('.detail .facts').textContent.includes('looking at it')", "the acknowledgement")
    page.click(".detail button", "Silence")
    page.until("document.querySelector('dialog[open] textarea')")
    page.type("known")
    page.frames()
    names(page, "a dialog")
    contrast(page, "a dialog")
    visit.picture("dialog")
    page.click("dialog[open] button[type=submit]")
    page.until("document.querySelector('details.more summary').textContent === 'Silences that hold: 1'", "the silence")
    # Somebody else ends it: the list of what is open no longer has it, and who looks at it is told all the same.
    host("resolve", page.run("location.hash.split('/')[1]"))
    page.until("document.querySelector('.detail .detail-line').textContent.includes('resolved by hand') && document.querySelector('.detail .facts').textContent.includes('gone by itself')", "that somebody resolved it")
    page.until(f"{ROWS}.length === 1", "the alert that is left")
    # Somebody silences it elsewhere: the stream tells, and nothing that is asked for now and then.
    page.run("""import('/assets/model.js').then(async (model) => {
      for (const one of [model.alerts, model.allAlerts]) one.every = 0;
      await model.alerts.refresh();
    })""")
    host("silence")
    page.until("document.querySelector('details.more summary').textContent === 'Silences that hold: 2'", "the silence of somebody else")
    page.until(f"{ROWS}[0].querySelector('.cell-state').textContent === 'muted'", "that it mutes the alert")
    host("unsilence")
    page.until("document.querySelector('details.more summary').textContent === 'Silences that hold: 1'", "that the silence is over")
    page.until(f"{ROWS}[0].querySelector('.cell-state').textContent === 'firing'", "that it mutes no more")
    page.run("import('/assets/model.js').then((model) => { for (const one of [model.alerts, model.allAlerts]) { one.every = 15000; one.refresh(); } })")

    visit.view("rules")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('service.broken'))", "the rules")
    page.until("document.querySelector('.engine').textContent.includes('events/s')", "the engine's figures")

    page.click(".view:not([hidden]) button", "Reload rules")
    page.click("dialog[open] button[type=submit]", "Reload")
    page.until("!document.querySelector('dialog[open]') && document.getElementById('toast').textContent.includes('run')", "the reload")
    page.click(".grid-rules .grid-space .cell-rule")
    page.until("document.querySelector('.detail .source')?.textContent.includes('return rule')", "the rule's source")
    page.press("Escape")
    visit.view("log")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('access.login')) && document.querySelector('.seal-state')", "the execution log")

    # Every view, wide and narrow, dark and light.
    for size, scheme in ((1440, "dark"), (1440, "light"), (360, "dark"), (360, "light")):
        page.size(size, 900 if size > 600 else 760)
        page.scheme(scheme, "reduce" if scheme == "light" else "no-preference")
        for name in VIEWS:
            page.run(f"location.hash = '#{name}'")
            page.until(f"{SHOWN} && document.querySelector('#nav a[aria-current=page]').hash === '#{name}'")
            page.frames(4)
            where = f"{name} at {size} {scheme}"
            if name == "rules" and size == 360:
                page.until(f"{ROWS}.length > 0", "the rules")
                labels = page.run("['share', 'each', 'matched', 'alerts', 'keys', 'memory'].map((name) => getComputedStyle(document.querySelector('.grid-rules .grid-space .cell-' + name), '::after').content)")
                check(all(label not in ("none", "normal", '""') for label in labels), f"{where}: figures without labels: {labels}")
            width(page, where)
            contrast(page, where)
            names(page, where)
            visit.picture(f"{name}-{size}-{scheme}")
            if name in ("alerts", "approvals"):
                page.click(f".grid-{name} .grid-space .cell")
                page.until("document.querySelector('.split[data-open=yes] .detail-body')?.textContent.length > 200")
                page.frames(4)
                width(page, where + ", details")
                contrast(page, where + ", details")
                names(page, where + ", details")
                visit.picture(f"{name}-details-{size}-{scheme}")
                page.press("Escape")
    page.size(1440, 900)
    page.click("#bell")
    page.until("document.querySelector('#popup:not([hidden]) .news li')", "what is new")
    names(page, "what is new")
    contrast(page, "what is new")
    visit.picture("bell")
    page.click("#popup button", "Mark all as read")
    page.until("document.querySelector('#unread').hidden && document.title === 'Stella'", "nothing unread")
    quiet(page, "everything")


def votes(visit):
    """A decision is for the plan that was read, and for no other."""
    page = visit.page
    visit.log_in("ada")
    runs = json.loads(host("runs"))
    visit.view("approvals")
    page.until(f"{ROWS}.length === {len(runs)}", "the plans that wait")

    def open_run(run):
        page.run(f"location.hash = '#approvals/{run}'")
        page.until(f"document.querySelector('.detail .detail-line')?.textContent.includes('{run}') && !document.querySelector('.plan').hidden", "the plan")

    def off(label):
        return page.run(f"[...document.querySelectorAll('.ballot button')].find((one) => one.textContent.startsWith({json.dumps(label)})).getAttribute('aria-disabled') === 'true'")

    # What the command shows is what the page shows.
    first, second, third = runs[:3]
    open_run(first)
    page_lines = page.run("document.querySelector('.plan').textContent").split("\n")
    shown = host("show", first).split("\x1f")
    squeeze = lambda lines: "".join("".join(line.split()).replace("|", "") for line in lines if not line.startswith(("You", "Deadline")))
    check(squeeze(page_lines) == squeeze(shown), f"another plan than the command's:\n{page_lines}\n{shown}")

    check(off("Approve") and off("Reject"), "a vote without having read the plan")
    page.click(".ballot input[type=checkbox]")
    check(off("Approve"), "a vote without a reason")
    page.click(".ballot textarea")
    page.type("the jobs are stuck")
    check(not off("Approve"), "no vote although all is there")

    # Alone only with the digits of this plan, typed.
    page.run("document.querySelector('.glass').open = true")
    check(off("Break the glass"), "the glass breaks without the digest")
    page.click(".glass input")
    page.type("0" * 12)
    check(off("Break the glass"), "the glass breaks with another digest")
    page.run("(() => { const one = document.querySelector('.glass input'); one.value = document.querySelector('.ballot label .mono').textContent; one.dispatchEvent(new Event('input', { bubbles: true })); })()")
    check(not off("Break the glass"), "the glass can't be broken")

    # Somebody else decides while the question is on the screen.
    page.click(".ballot button", "Approve")
    page.until("document.querySelector('dialog[open]')?.textContent.includes('carried out at once')", "the question")
    visit.picture("vote-question")
    host("reject", first)
    page.expected.append("status of 409")
    page.click("dialog[open] button[type=submit]")
    page.until("document.querySelector('.change:not([hidden])')?.textContent.includes('Nothing was decided')", "that the plan has changed")
    check(page.run("document.querySelector('.plan').textContent").find("rejected") > 0, "the run wasn't read anew")
    visit.picture("vote-conflict")

    # Who was logged out in between keeps what was typed, and nothing is sent without a new press of the button.
    open_run(second)
    page.click(".ballot input[type=checkbox]")
    page.click(".ballot textarea")
    page.type("typed before")
    page.run("fetch('/api/v1/session').then((answer) => answer.json()).then((session) => fetch('/api/v1/session', { method: 'DELETE', headers: { 'stella-cross-site-token': session.cross_site_token } })).then(() => true)")
    page.click(".ballot button", "Approve")
    page.click("dialog[open] button[type=submit]", "Approve")
    page.until("document.querySelector('dialog[open] input[name=user]')", "the login")
    visit.picture("vote-login")
    page.type("ada")
    page.press("Tab")
    page.type(PASSWORD)
    page.press("Enter")
    page.until("!document.querySelector('dialog[open] input[name=user]') && document.querySelector('dialog[open] .trouble').textContent.includes('Nothing was done')", "that nothing was done")
    check(page.run("document.querySelector('.ballot textarea').value") == "typed before", "what was typed is gone")
    check(host("state", second) == "awaiting", "a vote was sent without a press of the button")
    page.click("dialog[open] button[type=submit]", "Approve")
    page.until("!document.querySelector('dialog[open]')")
    check(host("until", second, "succeeded") == "succeeded", "the plan wasn't carried out")
    visit.view("runs")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('{second}') && row.textContent.includes('succeeded'))", "the run in the history")
    visit.picture("runs-succeeded")

    # A viewer sees everything, and is told why nothing can be pressed.
    page.click("#account")
    page.click("dialog[open] button", "Log out")
    page.until("document.querySelector('dialog[open] input[name=user]')", "the login")
    visit.log_in("vic", opens=False)
    open_run(third)
    check(off("Approve") and off("Reject"), "a viewer could vote")
    page.until("document.querySelector('.ballot .limits').textContent.includes('takes the role approver')", "why not")
    visit.picture("vote-viewer")
    quiet(page, "votes")


def manages(visit):
    """An admin sees how the system was, and who may come in, and ends that; others are told why not."""
    page = visit.page
    visit.log_in("ida")

    def choose(label, value):
        page.run(f"(() => {{ const one = document.getElementById([...{SHOWN}.querySelectorAll('label')].find((label) => label.textContent === {json.dumps(label)}).htmlFor);"
                 f" one.value = {json.dumps(value)}; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()")

    def found(count, what):
        page.until(f"{ROWS}.filter((row) => row.textContent.includes('Found ')).length === {count}", what)

    visit.view("health")
    page.until(f"{SHOWN}.querySelector('.plot .health-score')?.getAttribute('d')?.length > 200", "the score over time")
    page.until(f"/healthy \\d+ % of the time/.test({SHOWN}.querySelector('.health-history .tally').textContent)", "how long it was healthy")
    page.click(".view:not([hidden]) .choice button", "Closed")
    found(3, "what is over")
    choose("Criticality", "high")
    found(2, "what is high and worse")
    choose("Score", "60")
    found(1, "what had a low score")
    choose("Criticality", "")
    choose("Score", "")
    choose("When", "7d")
    found(2, "what was seen within a week")
    page.click(".grid-findings .grid-space .cell-what")
    page.until("document.querySelector('.split[data-open=yes] .detail-body')?.textContent.includes('x1b[31mred') && document.querySelector('.split[data-open=yes] .detail-body')?.textContent.includes('Look after it')", "a finding's details")
    visit.picture("health-finding")
    page.press("Escape")
    page.click(".view:not([hidden]) .choice button", "7 d")
    page.until(f"{SHOWN}.querySelector('.health-history [aria-pressed=true]').textContent === '7 d'", "the span")

    visit.view("access")
    page.until(f"['ada', 'vic', 'ida'].every((name) => {ROWS}.some((row) => row.textContent.includes(name)))", "the users")
    page.run("location.hash = '#access/user/vic'")
    page.until("document.querySelector('.detail-title')?.textContent === 'vic'", "a user's details")
    page.click(".detail button", "Change roles")
    page.until("document.querySelector('dialog[open] fieldset')", "the roles")
    names(page, "the roles")
    contrast(page, "the roles")
    visit.picture("access-roles")
    page.click("dialog[open] .check label", "editor")
    page.click("dialog[open] button[type=submit]", "Change")
    page.until("!document.querySelector('dialog[open]') && document.querySelector('.detail .facts').textContent.includes('viewer, editor')", "the roles that were changed")
    page.click(".detail button", "Let in no longer")
    page.click("dialog[open] button[type=submit]", "Let in no longer")
    page.until("!document.querySelector('dialog[open]') && document.querySelector('.detail-line').textContent.includes('may not log in')", "that vic may not log in")
    said = [json.loads(line) for line in host("list", "users").split("\x1f") if line]
    vic = next(user for user in said if user["name"] == "vic")
    check(vic["disabled"] and sorted(vic["roles"]) == ["editor", "viewer"], f"not what the command says: {vic}")
    page.run("location.hash = '#access/user/ida'")
    page.until("document.querySelector('.detail-title')?.textContent === 'ida' && [...document.querySelectorAll('.detail button')].some((one) => one.textContent.startsWith('Let in no longer') && one.getAttribute('aria-disabled') === 'true')", "that nobody shuts themselves out")
    own = page.run("(() => { const one = [...document.querySelectorAll('.detail button')].find((one) => one.textContent.startsWith('Change roles')); return [one.getAttribute('aria-disabled'), one.title]; })()")
    check(own[0] == "true" and "their own roles" in own[1], f"somebody could change their own roles: {own}")
    page.press("Escape")

    page.click(".view:not([hidden]) .choice button", "Tokens")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('backup') && row.textContent.includes('valid'))", "the token")
    page.click(".view:not([hidden]) button", "New token")
    page.until("document.querySelector('dialog[open] input[name=name]')", "the question for a token")
    page.type("grafana")
    page.frames()
    names(page, "a new token")
    contrast(page, "a new token")
    visit.picture("access-token")
    page.click("dialog[open] button[type=submit]", "Make it")
    page.until("document.querySelector('dialog[open] .secret')?.textContent.length > 20", "the secret, once")
    page.click("dialog[open] button", "Close")
    page.until("document.querySelectorAll('.grid-tokens .grid-space .grid-row:not([hidden])').length === 2", "two tokens")
    page.run("location.hash = '#access/token/backup'")
    page.until("document.querySelector('.detail-title')?.textContent === 'backup'", "a token's details")
    page.click(".detail button", "Revoke")
    page.click("dialog[open] button[type=submit]", "Revoke")
    page.until("!document.querySelector('dialog[open]') && document.querySelector('.detail .badge').textContent === 'revoked'", "that it is revoked")
    said = [json.loads(line) for line in host("list", "tokens").split("\x1f") if line]
    check({token["name"]: token["valid"] for token in said} == {"backup": False, "grafana": True}, f"not what the command says: {said}")

    for size, scheme in ((1440, "dark"), (1440, "light"), (360, "dark"), (360, "light")):
        page.size(size, 900 if size > 600 else 760)
        page.scheme(scheme)
        for name in ("health", "access"):
            page.run(f"location.hash = '#{name}'")
            page.until(f"document.querySelector('#nav a[aria-current=page]').hash === '#{name}' && {ROWS}.length > 1")
            page.frames(4)
            where = f"{name} at {size} {scheme}"
            width(page, where)
            contrast(page, where)
            names(page, where)
            visit.picture(f"full-{name}-{size}-{scheme}")
            page.click(f"{'.grid-findings' if name == 'health' else '.grid-tokens'} .grid-space .cell")
            page.until("document.querySelector('.split[data-open=yes] .detail-body')?.textContent.length > 60")
            page.frames(4)
            width(page, where + ", details")
            contrast(page, where + ", details")
            names(page, where + ", details")
            visit.picture(f"full-{name}-details-{size}-{scheme}")
            page.press("Escape")
    page.size(1440, 900)
    steady(page, "health and access")

    # Who is no admin is told so.
    page.click("#account")
    page.click("dialog[open] button", "Log out")
    page.until("document.querySelector('dialog[open] input[name=user]')", "the login")
    visit.log_in("ada", opens=False)
    visit.view("access")
    page.until(f"{SHOWN}.querySelector('.grid-note:not([hidden])')?.textContent.includes('takes the role admin')", "why there is nothing")
    quiet(page, "health and access")


def walks(visit):
    """All by keys."""
    page = visit.page
    visit.log_in("ada")
    for number, name in enumerate(VIEWS, 1):
        page.press(str(number))
        page.until(f"location.hash === '#{name}'", f"key {number}")
    page.press("2")
    page.until(f"{ROWS}.length === 2")
    page.press("j")
    page.until("document.activeElement.classList.contains('grid') && document.querySelector('[data-active]')", "the first row")
    page.press("ArrowDown")
    page.press("k")
    check(page.run("document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.getAttribute('role')") == "row", "no active row")
    page.press("Enter")
    page.until("document.querySelector('.detail-title')?.textContent.length > 3 && document.querySelector('.split[data-open=yes]')", "the details")
    page.press("Escape")
    page.until("!document.querySelector('.view:not([hidden]) .split[data-open=yes]')", "back at the list")
    page.press("/")
    page.until("document.activeElement.type === 'search'", "the search")
    page.press("Escape")
    page.press("?")
    page.until("document.querySelector('dialog[open] kbd')", "the keys")
    page.press("Escape")
    page.until("!document.querySelector('dialog[open]')")
    page.press("b")
    page.until("!document.getElementById('popup').hidden", "what is new")
    page.press("Escape")
    page.until("document.activeElement.id === 'bell'", "the focus back at the bell")
    before = page.run("document.documentElement.dataset.theme ?? 'system'")
    page.press("t")
    check(page.run("document.documentElement.dataset.theme ?? 'system'") != before, "the theme is the same")
    # The tabulator reaches everything, and shows where it is.
    page.press("1")
    page.until("document.querySelector('.plot')")
    page.run("document.querySelector('.skip').focus()")
    seen = ["skip"]
    for _ in range(60):
        page.press("Tab")
        place = page.run(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one); return [one.id || one.getAttribute('class') || one.tagName,"
            " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1, one === document.body]; })()")
        if place[2]:
            break
        check(place[1], f"the focus can't be seen on {place[0]}")
        seen.append(place[0])
    for wanted in ("skip", "theme", "bell", "help", "account", "brand", "tile", "plot"):
        check(wanted in seen, f"the tabulator doesn't reach {wanted}: {seen}")
    page.run("document.querySelector('.plot').focus()")
    page.press("ArrowLeft")
    page.until("document.querySelector('.plot-cross').getAttribute('visibility') === 'visible'", "the read-out of a chart")
    page.run("document.querySelector('.plot-details').open = true")
    page.until("document.querySelector('.plot-table th')", "the table of a chart")
    # Who has voted by keys goes on from where the plan is.
    page.press("4")
    page.until(f"location.hash === '#approvals' && {ROWS}.length >= 2", "the plans that wait")
    page.press("j")
    page.until("document.querySelector('.view:not([hidden]) [data-active]')", "the first plan")
    page.press("Enter")
    page.until("document.querySelector('.view:not([hidden]) .ballot:not([hidden])') && !document.querySelector('.view:not([hidden]) .plan').hidden", "the plan")
    page.run("document.querySelector('.view:not([hidden]) .ballot input[type=checkbox]').click()")
    page.run("document.querySelector('.view:not([hidden]) .ballot textarea').focus()")
    page.type("read and understood")
    page.run("[...document.querySelectorAll('.view:not([hidden]) .ballot button')].find((one) => one.textContent.startsWith('Approve')).focus()")
    page.press("Enter")
    page.until("document.querySelector('dialog[open]')?.textContent.includes('carried out at once')", "the question")
    page.press("Enter")
    page.until("!document.querySelector('dialog[open]') && document.querySelector('.view:not([hidden]) .ballot').hidden", "the vote")
    page.until("document.activeElement.classList.contains('detail-title')", "the focus on the heading of the run")
    quiet(page, "keys")


def returns(visit):
    """The server dies and comes back."""
    page = visit.page
    page.go(visit.url)
    page.until(f"document.documentElement.dataset.ready !== undefined && {LIVE}", "the live page")
    check(page.run("document.getElementById('account').textContent") == "read only", "who looks isn't told")
    visit.view("events")
    page.until(EVENTS, "the stream of events")
    host("append", "before")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('before'))", "an event")
    # What came while another view was shown is there too.
    visit.view("alerts")
    page.until(f"{LIVE} && document.getElementById('link').dataset.types === 'alert,run,silence'", "the stream without events")
    host("append", "elsewhere")
    visit.view("events")
    page.until(EVENTS, "the stream of events again")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('elsewhere')) && !{ROWS}.some((row) => row.querySelector('[data-hole]'))", "what came meanwhile")
    page.expected += ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE", "ERR_SOCKET"]
    host("kill")
    page.until("document.getElementById('link-text').textContent.match(/stale since \\d\\d:\\d\\d:\\d\\d/)", "since when it is stale")
    check(page.run(f"{ROWS}.some((row) => row.textContent.includes('before'))"), "what was there is gone")
    page.until("document.getElementById('link-text').textContent.includes('next try in')", "when the next try is")
    for size in (1440, 1300, 1000, 360):
        page.size(size, 900)
        page.frames()
        end = page.run("(() => { const text = document.getElementById('link-text').getBoundingClientRect(); const tool = document.getElementById('theme').getBoundingClientRect();"
                       " return text.bottom > tool.top && text.top < tool.bottom && text.right > document.querySelector('.tools').getBoundingClientRect().left; })()")
        check(not end, f"since when it is stale is hidden at {size}")
        width(page, f"stale at {size}")
    page.size(1440, 900)
    contrast(page, "stale")
    visit.picture("stale")
    host("append", "meanwhile")
    host("start")
    page.until(f"{LIVE} && {EVENTS} && document.getElementById('link-text').textContent === 'live'", "live again")
    host("append", "after")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('after'))", "an event after the return")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('meanwhile')) && !{ROWS}.some((row) => row.querySelector('[data-hole]'))", "what came while it was gone")
    # Why an alert fired, which nobody could say while it was gone, is asked again.
    host("alert")
    visit.view("alerts")
    page.click(".view:not([hidden]) .choice button", "All")
    page.until(f"{ROWS}.length === 1", "the alert")
    host("kill")
    page.until("document.getElementById('link').dataset.state === 'waiting'", "that it is gone again")
    page.click(".grid-alerts .grid-space .cell-what")
    page.until("document.querySelector('.detail .decisions')?.textContent.includes('reached')", "that nobody can say why")
    host("start")
    page.until(f"{LIVE} && !document.querySelector('.detail .decisions').textContent.match(/reached|Loading/) && document.querySelector('.detail .decisions').textContent !== ''", "why, asked again")
    # Without a login nothing can be changed, and every panel says what it can't show.
    for name in VIEWS:
        visit.view(name)
        page.frames(4)
        names(page, name)
        contrast(page, name)
        visit.picture("open-" + name)
    steady(page, "all views")
    quiet(page, "the return")


# A server that says what is put into `answers`, by the path behind /api/v1/: a list is an answer with its status, body and headers, a
# function is asked for one, a Response is given as it is, and what isn't there is 404. What the stream is to tell is given to `told`.
STUB = r"""
(() => {
  const real = window.fetch.bind(window);
  const stub = window.stub = { asked: [], streams: [], answers: {}, waiting: [] };
  const text = (body) => (typeof body === 'string' ? body : JSON.stringify(body));
  stub.lines = (objects) => objects.map((one) => JSON.stringify(one)).join('\n') + '\n';
  stub.asks = (name) => stub.asked.filter((path) => path.split('?')[0] === name);
  // Each question for events waits until its answer is given.
  stub.answers.events = (query) => new Promise((done) => stub.waiting.push({ query, give: (events) => done([200, stub.lines(events)]) }));
  stub.told = (kind, value, id = '') => stub.streams.at(-1).enqueue(new TextEncoder().encode('id: ' + id + '\nevent: ' + kind + '\ndata: ' + JSON.stringify(value) + '\n\n'));
  window.fetch = async (path, options) => {
    if (!path.startsWith('/api/v1/') && path !== '/health') return real(path, options);
    const asked = path.replace('/api/v1/', '');
    const name = asked.split('?')[0];
    stub.asked.push(asked);
    let answer = stub.answers[name];
    if (typeof answer === 'function') answer = await answer(new URLSearchParams(asked.split('?')[1] ?? ''), options);
    if (answer === undefined && name === 'stream') {
      const body = new ReadableStream({ start(controller) {
        stub.streams.push(controller);
        stub.behind = options.headers['last-event-id'];
        options.signal.addEventListener('abort', () => { try { controller.error(options.signal.reason); } catch { /* It has ended. */ } });
        controller.enqueue(new TextEncoder().encode(': here\n\n'));
      } });
      return new Response(body, { status: 200, headers: { 'content-type': 'text/event-stream' } });
    }
    if (answer instanceof Response) return answer;
    const [status, body, headers] = answer ?? [404, { detail: 'There is nothing.' }];
    return new Response(body === undefined ? null : text(body), { status, headers });
  };
})();
"""


def answers(visit):
    """What a server says rarely, or late."""
    page = visit.page
    page.ask("Page.addScriptToEvaluateOnNewDocument", {"source": STUB})
    filters(visit)
    bell(visit)
    seals(visit)
    leaves(visit)
    records(visit)
    closes(visit)
    waits(visit)
    hurries(visit)
    changes(visit)
    plans(visit)
    queues(visit)
    ages(visit)
    cuts(visit)
    roles(visit)
    storms(visit)
    replaces(visit)
    pauses(visit)
    rests(visit)
    draws(visit)
    wakes(visit)
    counts(visit)
    sources(visit)
    breaks(visit)
    steady(page, "what is said rarely")
    quiet(page, "what is said rarely")


def filters(visit):
    """Another filter begins the list of events anew, whichever answer comes first, and during a pause, too."""
    page = visit.page
    page.go(visit.url + "#events")
    page.until(f"document.documentElement.dataset.ready !== undefined && {EVENTS}", "the live page")
    page.run("stub.event = (number, level) => ({ time: '2026-11-22T22:00:0' + number + '.000000000Z', level, service: 'shop', message: level + number, fields: {} })")

    def shown(*messages):
        page.until(f"{ROWS}.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex).map((row) => row.querySelector('.cell-message').textContent).join() === {json.dumps(','.join(messages))}", f"{messages} in this order and no other")

    def choose(level):
        page.run(f"(() => {{ const one = {SHOWN}.querySelector('select'); one.value = {json.dumps(level)}; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()")

    def asked(count):
        page.until(f"stub.waiting.length === {count}", f"question {count} for the archive")

    asked(1)
    page.run("stub.told('event', stub.event(1, 'info'))")
    page.run("stub.told('event', stub.event(2, 'error'))")
    shown("info1", "error2")
    page.click(".grid-events .cell-message", "error2")
    page.until("document.querySelector('.detail .detail-title')?.textContent === 'error2'", "an event's details")
    # What was chosen by the former filter goes at once; what is open beside the list stays.
    choose("error")
    shown()
    asked(2)
    check(page.run("stub.waiting[1].query.get('level')") == "error", "the archive is asked for something else")
    check(page.run("document.querySelector('.view:not([hidden]) .split').dataset.open") == "yes", "the details are gone")
    choose("warning")
    asked(3)
    page.until("stub.asks('stream').at(-1).includes('level=warning')", "the stream of the last filter")
    # The last filter's answer comes first, and has what the stream tells meanwhile.
    page.run("stub.told('event', stub.event(6, 'warning'))")
    shown("warning6")
    page.run("stub.waiting[2].give([stub.event(6, 'warning'), stub.event(4, 'warning'), stub.event(2, 'error')])")
    shown("error2", "warning4", "warning6")
    page.run("stub.waiting[0].give([stub.event(1, 'info')])")
    page.run("stub.waiting[1].give([stub.event(2, 'error')])")
    page.frames(4)
    shown("error2", "warning4", "warning6")
    check(page.run(f"{SHOWN}.querySelector('.tally').textContent") == "3 events", "the count is another")
    # What was in neither when both began is asked for once it is there.
    asked(4)
    page.run("stub.waiting[3].give([stub.event(6, 'warning'), stub.event(5, 'warning'), stub.event(4, 'warning')])")
    shown("error2", "warning4", "warning5", "warning6")
    # A pause goes on: what comes behind the new list waits.
    page.click(".view:not([hidden]) .pause")
    page.run("stub.told('event', stub.event(7, 'warning'))")
    page.until(f"{SHOWN}.querySelector('.tally').textContent.includes('1 more since the pause')", "the count while paused")
    choose("error")
    asked(5)
    page.until("stub.asks('stream').at(-1).includes('level=error')", "the stream of the filter")
    page.run("stub.told('event', stub.event(8, 'error'))")
    page.until(f"{SHOWN}.querySelector('.tally').textContent.includes('1 more since the pause')", "what the former filter held is gone")
    page.run("stub.waiting[4].give([stub.event(8, 'error'), stub.event(2, 'error')])")
    shown("error2")
    page.click(".view:not([hidden]) .pause")
    shown("error2", "error8")
    page.press("Escape")
    # Another view's stream has all events; of those none gets past the filter, and what may be missing is marked.
    page.run(HEAR)
    visit.view("overview")
    page.until(ALL, "that the overview wants all events")
    page.run("stub.told('event', stub.event(9, 'info'))")
    page.until("stub.heard.includes('info9')", "an event that the filter leaves out")
    visit.view("events")
    page.until("stub.asks('stream').at(-1).includes('level=error')", "the stream of the filter again")
    page.run("stub.told('event', stub.event(9, 'error'))")
    shown("error2", "error8", "Events may be missing here.", "error9")
    # Who wants the same in another view keeps the stream: nothing is lost between the two.
    choose("")
    page.until("!stub.asks('stream').at(-1).includes('level=')", "the stream without a filter")
    visit.view("overview")
    page.until(ALL, "that the overview wants events, too")
    visit.view("events")
    page.until(EVENTS, "the stream of events")
    page.run("stub.told('event', stub.event(3, 'info'))")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('info3'))", "an event without a filter")
    count = page.run("stub.asks('stream').length")
    visit.view("overview")
    page.run("stub.told('event', stub.event(4, 'info'))")
    visit.view("events")
    page.until(f"{ROWS}.some((row) => row.textContent.includes('info4'))", "what came while the overview was shown")
    check(page.run("stub.asks('stream').length") == count, "the stream began anew although the same is wanted")


def bell(visit):
    """What fires after everything was marked as read is new, however long ago its first sign was."""
    page = visit.page
    page.go("about:blank")
    page.go(visit.url)
    page.until(f"document.documentElement.dataset.ready !== undefined && {LIVE}", "the live page")
    page.run("""(() => {
      stub.alert = (id, revision, first) => ({ id, revision, event: 'firing', status: 'firing', rule: 'r', type: 'threshold', severity: 'high', title: id,
        summary: id, key: {}, first_seen: '2026-11-22T' + first + ':00.000000000Z', last_seen: '2026-11-22T22:00:00.000000000Z', count: 1, evidence: [] });
      stub.fires = (...alerts) => {
        stub.answers.alerts = [200, stub.lines(alerts)];
        stub.told('alert', alerts.at(-1));
      };
    })()""")

    def unread(count):
        page.until(f"document.getElementById('unread').textContent === '{count}' && document.getElementById('unread').hidden === {'true' if count == 0 else 'false'}", f"{count} unread")

    page.run("stub.fires(stub.alert('a', 1, '12:00'))")
    unread(1)
    page.click("#bell")
    page.click("#popup button", "Mark all as read")
    unread(0)
    # An absence has the last sign of life for its first event; who fires anew is new, too.
    page.run("stub.fires(stub.alert('a', 1, '12:00'), stub.alert('b', 1, '10:00'))")
    unread(1)
    page.until("document.querySelector('#popup .news li[data-new]').textContent.includes('b') && document.querySelectorAll('#popup .news li[data-new]').length === 1", "which one is new")
    page.run("stub.fires(stub.alert('b', 1, '10:00'), stub.alert('a', 3, '12:00'))")
    unread(2)
    # Another tab has read one of them; what is read here then is added to that.
    page.run("""(() => {
      const kept = JSON.stringify([...JSON.parse(localStorage.getItem('stella.read')), 'alert b 1', 'alert of the other tab']);
      localStorage.setItem('stella.read', kept);
      dispatchEvent(new StorageEvent('storage', { key: 'stella.read', newValue: kept }));
    })()""")
    unread(1)
    page.click("#popup button", "Mark all as read")
    unread(0)
    check(page.run("['alert a 1', 'alert a 3', 'alert b 1', 'alert of the other tab'].every((name) => JSON.parse(localStorage.getItem('stella.read')).includes(name))"), "a tab forgets what another has read")
    page.press("Escape")


def seals(visit):
    """What the log's last check found, in the words of the server's three verdicts."""
    page = visit.page
    for verdict, kind, text, meaning in (
            ("intact", "whole", "No fault found", ""), ("open_items", "items", "No fault found, with open items", "no known outcome"),
            ("failed", "broken", "The log does not verify", "stella log verify")):
        page.run(f"""(() => {{
          stub.answers.log = [200, ''];
          stub.answers['log/status'] = [200, {{ log: 'x', size: 12, head: '0'.repeat(64), first: 1, signed: 12, signed_at: '2026-11-22T22:00:00.000000000Z', anchors: [],
            verified: {{ time: '2026-11-22T22:00:00.000000000Z', verdict: '{verdict}', size: 12, signed: 12, fault_count: 0 }} }}];
          return import('/assets/model.js').then((model) => model.logStatus.refresh()).then(() => true);
        }})()""")
        visit.view("log")
        page.until(f"document.querySelector('.seal-state')?.dataset.seal === '{kind}' && document.querySelector('.seal-state').textContent === '{text}'", f"the words for {verdict}")
        said = page.run("document.querySelector('.seal-meaning')?.textContent ?? ''")
        check(meaning in said and (said == "") == (meaning == ""), f"what {verdict} means: {said!r}")
        contrast(page, verdict)
        for size in (360, 1440):
            page.size(size, 900)
            page.frames()
            width(page, f"{verdict} at {size}")
        visit.picture("log-" + verdict)
        visit.view("overview")
        page.until(f"document.querySelector('.tile[href=\"#log\"] .tile-more').textContent === '{text}'", f"the figure for {verdict}")


def leaves(visit):
    """What nobody looks at any more isn't asked for, however often the view was at another place."""
    page = visit.page
    for place in ("rules/one", "rules/two", "rules", "alerts/one", "alerts", "runs/one", "approvals/one", "log", "log/1", "health/%", "access/user/%", "overview/1", "overview"):
        page.run(f"location.hash = '#{place}'")
        page.until(f"document.querySelector('#nav a[aria-current=page]').hash === '#{place.split('/')[0]}'")
        page.frames()
    visit.view("events")
    asked = page.run("import('/assets/model.js').then((model) => ['top', 'rules', 'mutes', 'freeze', 'logStatus', 'system', 'findings', 'allAlerts'].filter((name) => model[name].isUsed).join())")
    check(asked == "", f"still asked for: {asked}")
    check(page.run("import('/assets/model.js').then((model) => model.alerts.isUsed && model.runs.isUsed)"), "the bell isn't told any more")


def records(visit):
    """Records about a run are those that were asked for last, and new ones come by themselves."""
    page = visit.page
    page.run("""(() => {
      stub.records = [];
      stub.record = (number, run) => ({ number, time: '2026-11-22T22:00:00.000000000Z', epoch: 1, kind: 'run.proposed', run, actor: 'user:ada', body: {} });
      stub.answers.log = (query) => new Promise((done) => stub.records.push({ query, give: (...found) => done([200, stub.lines(found)]) }));
    })()""")

    def shown(*numbers):
        page.until(f"{ROWS}.map((row) => row.querySelector('.cell-number').textContent).sort((a, b) => b - a).join() === {json.dumps(','.join(map(str, numbers)))}", f"the records {numbers} and no other")

    visit.view("log")
    page.until("stub.records.length === 1", "the question for all")
    page.run(f"(() => {{ const one = {SHOWN}.querySelector('input'); one.value = 'r-1'; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()")
    page.until("stub.records.length === 2 && stub.records[1].query.get('run') === 'r-1'", "the question for the run")
    page.run("stub.records[1].give(stub.record(3, 'r-1'))")
    shown(3)
    page.run("stub.records[0].give(stub.record(2, 'r-2'), stub.record(3, 'r-1'))")
    page.frames(4)
    shown(3)
    page.run("import('/assets/model.js').then((model) => model.logStatus.set({ ...model.logStatus.value, size: 20 }))")
    page.until("stub.records.length === 3 && stub.records[2].query.get('run') === 'r-1'", "the question for what is new about the run")
    page.run("stub.records[2].give(stub.record(3, 'r-1'), stub.record(20, 'r-1'))")
    shown(20, 3)


def closes(visit):
    """Who closes a question while what it asked for is under way hears what became of it."""
    page = visit.page
    page.run("""import('/assets/dialog.js').then(({ confirm }) => {
      stub.ask = () => {
        stub.heard = undefined;
        confirm({ title: 'Do it?', label: 'Do', act: () => new Promise((done, fail) => { stub.done = done; stub.fail = fail; }) }).then((answer) => { stub.heard = answer; });
      };
    })""")
    for end, heard, said in (("stub.done('done')", "done", ""), ("stub.fail('it went wrong')", None, "it went wrong")):
        page.run("stub.ask()")
        page.until("document.querySelector('dialog[open]')", "the question")
        page.expected.append("it went wrong")
        page.click("dialog[open] button[type=submit]")
        page.until("document.querySelector('dialog[open] [aria-busy=true]')", "that it is under way")
        page.press("Escape")
        page.until("!document.querySelector('dialog')", "that the question is closed")
        check(page.run("stub.heard === undefined"), "an answer before there is one")
        page.run(end)
        page.until("stub.heard !== undefined", "what became of it")
        check(page.run("stub.heard") == heard, f"heard {page.run('stub.heard')!r}")
        check(said in page.run("document.getElementById('toast').textContent"), "what went wrong isn't told")


def waits(visit):
    """Who finds no place in the stream asks again no sooner than the server has said."""
    page = visit.page
    page.run("""(() => {
      stub.full = [[503, { detail: 'There is no place.' }, { 'retry-after': '9' }]];
      stub.answers.stream = () => stub.full.shift();
      stub.waits = [];
      const later = window.setTimeout.bind(window);
      window.setTimeout = (action, wait) => { stub.waits.push(wait); return later(action, wait === 9000 ? 0 : wait); };
      // The shortest wait that chance can give.
      Math.random = () => 0;
      return import('/assets/stream.js').then(({ stream }) => stream.now());
    })()""")
    page.until(f"stub.waits.includes(9000) && stub.full.length === 0 && {LIVE}", "the stream after the wait that the server has said")


def hurries(visit):
    """A server that is too busy for the page's first question hasn't said that nobody is logged in."""
    page = visit.page
    page.expected += ["status of 503", "status of 429"]
    page.ask("Page.addScriptToEvaluateOnNewDocument", {"source": """
        stub.first = [[503, { detail: 'Too much is asked.' }], [429, { detail: 'Too often.' }, { 'retry-after': '7' }]];
        stub.answers.session = () => stub.first.shift() ?? [200, { user: 'ada', roles: ['viewer'], until: null, cross_site_token: 'x' }];
        stub.waits = [];
        const later = window.setTimeout.bind(window);
        window.setTimeout = (action, wait) => { stub.waits.push(wait); return later(action, wait === 7000 ? 0 : wait); };
    """})
    page.go("about:blank")
    page.go(visit.url)
    page.until(f"document.documentElement.dataset.ready !== undefined && {LIVE}", "the live page")
    check(page.run("document.getElementById('account').textContent") == "ada", "who looks isn't told")
    check(page.run("stub.asks('session').length") == 3, "asked another number of times")
    check(page.run("new Set(stub.asks('stream')).size === stub.asks('stream').length"), "the same stream was begun twice")
    check(7000 in page.run("stub.waits"), "the wait isn't as long as the server has said")


def changes(visit):
    """What one person was shown isn't for the next who logs in on the same page."""
    page = visit.page
    page.expected.append("status of 401")
    page.run("""(() => {
      stub.alert = (summary) => ({ id: 'a1', revision: 1, event: 'firing', status: 'firing', rule: 'r', type: 'threshold', severity: 'high', title: 't', summary, key: {},
        first_seen: '2026-11-22T22:00:00.000000000Z', last_seen: '2026-11-22T22:00:00.000000000Z', count: 1,
        evidence: [{ time: '2026-11-22T22:00:00.000000000Z', level: 'error', service: 'shop', message: summary, fields: {} }] });
      stub.shows = (summary) => { stub.answers['alerts/a1'] = [200, stub.alert(summary)]; stub.answers.alerts = [200, stub.lines([stub.alert(summary)])]; };
      stub.shows('mara@example.org');
    })()""")
    page.run("import('/assets/model.js').then((model) => model.alerts.refresh()).then(() => true)")
    page.run("location.hash = '#alerts/a1'")
    page.until("document.querySelector('.detail .evidence')?.textContent.includes('mara@example.org')", "the evidence")
    visit.view("log")
    page.until(f"{EVENTS} && {ALL}", "the stream of events")
    page.run(HEAR)
    page.run("stub.told('event', { time: '2026-11-22T22:00:00.000000000Z', level: 'info', message: 'of the last person' }, '7')")
    page.until("stub.heard.includes('of the last person')", "an event with an id")
    page.run("import('/assets/dialog.js').then((dialog) => { dialog.notice('A token', ['of the last person']); })")
    page.until("[...document.querySelectorAll('dialog[open] h2')].some((one) => one.textContent === 'A token')", "something that the last person was shown")
    page.run("""(() => {
      stub.shows('masked');
      const inside = stub.answers.session;
      stub.answers.session = (query, options) => (options.method === 'POST' ? [200, { user: 'vic', roles: ['viewer'], until: null, cross_site_token: 'y' }] : inside());
      stub.answers.log = [401, { detail: 'Nobody is logged in.' }];
      return import('/assets/api.js').then((api) => api.getLines('log').catch(() => null));
    })()""")
    page.run("delete stub.answers.log")
    visit.log_in("vic", opens=False)
    page.until("document.getElementById('account').textContent === 'vic'", "the next person")
    page.until("document.querySelector('dialog[open]') === null", "no question of the last person")
    page.frames(4)
    check(page.run("stub.behind === undefined"), "the stream goes on where the last person's was")
    check(page.run("[document.body.innerText, ...[...document.querySelectorAll('.detail')].map((one) => one.textContent)].some((text) => text.includes('mara@example.org'))") is False, "the next person sees what the last one was shown")
    page.run("location.hash = '#alerts/a1'")
    page.until("document.querySelector('.view:not([hidden]) .detail .evidence')?.textContent.includes('masked')", "the evidence as the next person may see it")
    # Why it fired is told in the zone that is chosen.
    page.run("stub.answers['rules/r/history'] = [200, stub.lines([{ last_time: '2026-11-22T22:00:00.000000000Z', decision: 'fired', count: 1, reason: 'x' }])]")
    page.press("z")
    page.until("document.querySelector('.detail .decisions td.mono')?.textContent.match(/\\d$/)", "why, in the browser's zone")
    page.press("z")
    page.until("document.querySelector('.detail .decisions td.mono')?.textContent.endsWith('22:00:00Z')", "why, in UTC again")


def plans(visit):
    """A plan is shown as long as it is, in the order that it has, and isn't decided on when another one is shown."""
    page = visit.page
    page.run("""(() => {
      const digest = 'ab12'.repeat(16);
      stub.run = { id: 'r-1', state: 'awaiting', fix: 'f', title: 'A plan', targets: ['t'], effects: 9, rows: 9, digest: 'sha256:' + digest, approvals: 0, approvals_needed: 1,
        decided_by: null, rule: '', alert: '', requested_by: 'user:ada', proposed_at: '2026-11-22T22:00:00.000000000Z', decide_by: null, ended_at: null, needs_person: false };
      const groups = digest.match(/.{4}/g);
      stub.head = 'Plan      sha256 ' + groups.slice(0, 8).join(' ') + '\\n                 ' + groups.slice(8).join(' ') + '\\n';
      stub.text = () => stub.head + '  change  "\u05d0" → "\u05d1"\\n' + ('row ' + 'x'.repeat(95) + '\\n').repeat(300) + 'the last row\\n';
      stub.tells = [];
      stub.answers.runs = () => [200, stub.lines([stub.run])];
      stub.answers['runs/r-1'] = (query, options) => (options.headers.accept.startsWith('text/plain') ? [200, query.get('effects') === 'all' ? stub.text() + 'all of it\\n' : stub.tells.shift() ?? stub.text()] : [200, stub.run]);
    })()""")
    page.run("import('/assets/session.js').then(({ session }) => { session.roles = ['approver']; })")
    # The plan came to be after the text was asked for.
    page.run("stub.tells = ['Plan      none\\n']")
    page.run("location.hash = '#approvals/r-1'")
    page.until("document.querySelector('.view:not([hidden]) .plan')?.textContent.includes('the last row')", "a long plan up to its end")
    check(page.run("document.querySelector('.view:not([hidden]) .ballot').hidden") is False, "no vote on the plan that is shown")
    # Words from right to left stay on their side of the arrow.
    places = page.run("""(() => {
      const walker = document.createTreeWalker(document.querySelector('.view:not([hidden]) .plan'), NodeFilter.SHOW_TEXT);
      const places = {};
      while (walker.nextNode()) for (const letter of ['\u05d0', '\u2192', '\u05d1']) {
        const index = walker.currentNode.data.indexOf(letter);
        if (index < 0) continue;
        const range = document.createRange();
        range.setStart(walker.currentNode, index);
        range.setEnd(walker.currentNode, index + 1);
        places[letter] = range.getBoundingClientRect().left;
      }
      return ['\u05d0', '\u2192', '\u05d1'].map((letter) => places[letter]);
    })()""")
    check(places[0] < places[1] < places[2], f"before and after have changed places: {places}")
    page.click(".view:not([hidden]) .detail button", "Show every effect")
    page.until("document.querySelector('.view:not([hidden]) .plan').textContent.includes('all of it')", "every effect")
    page.until("document.activeElement?.classList.contains('plan')", "the focus in the plan")
    check(page.run("document.querySelector('.view:not([hidden]) .detail a[download]').getAttribute('href')") == "/api/v1/runs/r-1", "no way to every row")
    # A text without the plan's digest is another plan's.
    page.run("stub.head = ''")
    page.press("r")
    page.until("document.querySelector('.view:not([hidden]) .ballot').hidden && document.querySelector('.view:not([hidden]) .detail .trouble').textContent.includes('nothing can be decided here')", "that nothing can be decided")


def queues(visit):
    """What waits for somebody is there, however many runs came after it."""
    page = visit.page
    page.run("""(() => {
      const run = (number, state) => ({ ...stub.run, id: 'r-' + number, state, proposed_at: new Date(Date.parse('2026-11-22T00:00:00Z') + number * 1000).toISOString() });
      const all = [run(1, 'awaiting'), run(2, 'unknown'), run(3, 'partial'), ...Array.from({ length: 300 }, (_, index) => run(index + 4, 'succeeded'))];
      stub.answers.runs = (query) => [200, stub.lines(all.filter((one) => !query.has('state') || query.getAll('state').includes(one.state)).slice(-query.get('limit')))];
      location.hash = '#approvals';
      return import('/assets/model.js').then(({ runs }) => runs.refresh()).then(() => true);
    })()""")
    page.until(f"{ROWS}.map((row) => row.querySelector('.cell-id').textContent).join() === 'r-1'", "the plan that has waited longest")
    page.click("#bell")
    page.until("['#approvals/r-1', '#runs/r-2', '#runs/r-3'].every((place) => document.querySelector(`#popup .news a[href='${place}']`))", "the runs that need a person in the bell")
    page.press("Escape")


def ages(visit):
    """What couldn't be asked for again isn't shown as what is."""
    page = visit.page
    page.run("(() => { stub.answers.alerts = [200, '']; return import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true); })()")
    visit.view("overview")
    tile = "document.querySelector('.tile[href=\"#alerts\"]')"
    page.until(f"{tile}.dataset.tone === 'good' && {tile}.querySelector('.tile-more').textContent === 'none critical'", "that nothing fires")
    page.run("(() => { stub.answers.alerts = [500, { detail: 'The store is away.' }]; return import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true); })()")
    page.until(f"{tile}.dataset.tone === 'warn' && {tile}.querySelector('.tile-more').textContent.startsWith('stale since')", "since when the figure is old")
    page.until(f"[...{SHOWN}.querySelectorAll('.panel-note')].some((one) => one.textContent.includes('Stale since') && one.textContent.includes('The store is away.'))", "since when the list is old")
    page.run("(() => { stub.answers.alerts = [200, '']; return import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true); })()")
    page.until(f"{tile}.dataset.tone === 'good'", "that nothing fires again")


def cuts(visit):
    """Of more alerts than were asked for the newest aren't shown as if they were all."""
    page = visit.page
    refresh = "import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true)"
    page.run(f"""(() => {{
      const most = Array.from({{ length: 500 }}, (_, index) => ({{ ...stub.alert('a' + index), id: 'a' + index }}));
      stub.answers.alerts = (query) => [200, stub.lines(most.slice(0, query.get('limit')))];
      return {refresh};
    }})()""")
    visit.view("overview")
    tile = "document.querySelector('.tile[href=\"#alerts\"]')"
    page.until(f"{tile}.querySelector('.tile-value').textContent === '500+' && {tile}.querySelector('.tile-more').textContent === 'there may be others'", "that there may be others")
    visit.view("alerts")
    page.until(f"{SHOWN}.querySelector('.tally').textContent === '500+ alerts'", "that the list isn't all")
    page.run(f"(() => {{ stub.answers.alerts = [200, '']; return {refresh}; }})()")
    page.until(f"{SHOWN}.querySelector('.tally').textContent === '0 alerts'", "that nothing fires")


def roles(visit):
    """Who was promoted or demoted meanwhile is found out by what is refused, and no view begins anew for it."""
    page = visit.page
    page.expected.append("status of 403")
    visit.view("alerts")
    count = page.run("stub.asks('session').length")
    user = page.run("import('/assets/session.js').then(({ session }) => { stub.session = session; return session.user; })")
    page.run(f"(() => {{ const one = {SHOWN}.querySelector('input[type=search], input'); one.value = 'typed'; one.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()")
    for held in (["editor"], ["viewer"]):
        page.run(f"""(() => {{
          stub.answers.session = [200, {{ user: {json.dumps(user)}, roles: {json.dumps(held)}, until: null, cross_site_token: 'x' }}];
          stub.answers.refused = [403, {{ detail: 'Not for you.' }}];
          return import('/assets/api.js').then((api) => api.getJSON('refused').catch(() => null));
        }})()""")
        page.until(f"stub.session.roles.join() === {json.dumps(held[0])} && (stub.session.refusal('respond') === null) === {json.dumps(held == ['editor'])}", "what they may do now")
    check(page.run("stub.asks('session').length") == count + 2, "asked another number of times")
    check(page.run(f"{SHOWN}.querySelector('input[type=search], input').value") == "typed", "the view began anew")
    page.run(f"(() => {{ const one = {SHOWN}.querySelector('input[type=search], input'); one.value = ''; one.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()")


def storms(visit):
    """Many messages about alerts make the list anew once, with the last of each."""
    page = visit.page
    found = page.run("""(async () => {
      const { alertHappened, alerts } = await import('/assets/model.js');
      stub.answers.alerts = [200, stub.lines(['b', 'c'].map((id) => ({ ...stub.alert(id), id })))];
      await alerts.refresh();
      let count = 0;
      const forget = alerts.watch(() => { count += 1; });
      count = 0;
      const done = new Promise((over) => { const end = alerts.watch(() => { if (count) { end(); over(); } }); });
      for (let revision = 2; revision < 50; revision += 1) for (const id of ['b', 'c']) alertHappened({ ...alerts.value.alerts[0], id, revision, count: revision });
      alertHappened({ ...alerts.value.alerts[0], id: 'b', revision: 50, status: 'resolved' });
      await done;
      forget();
      return [count, ...alerts.value.alerts.map((alert) => [alert.id, alert.revision, alert.count].join(' '))].join();
    })()""")
    check(found == "1,c 49 49", f"a storm of alerts: {found}")
    page.run("(() => { stub.answers.alerts = [200, '']; return import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true); })()")


def replaces(visit):
    """A button beside what has been replaced by something with the same words acts on what is there now."""
    page = visit.page
    visit.view("alerts")
    page.run("import('/assets/session.js').then(({ session }) => { session.roles = ['editor']; })")
    for number in (1, 2):
        page.run(f"""import('/assets/model.js').then(({{ alerts }}) => alerts.set({{ alerts: [], isCut: false, silences: [
          {{ kind: 'silence', number: {number}, rule: 'r', key: {{}}, until: '2026-11-22T22:00:00.000000000Z', by: 'user:ada', reason: 'known' }}] }}))""")
    page.run(f"{SHOWN}.querySelector('details.more').open = true")
    page.click(".view:not([hidden]) details.more button", "End")
    page.until("document.querySelector('dialog[open] h2')?.textContent === 'End silence 2?'", "the question for the silence that is there now")
    page.press("Escape")
    page.until("!document.querySelector('dialog[open]')", "no question")
    page.run("import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true)")


def pauses(visit):
    """What comes during a pause is counted, also what is too much to be held."""
    page = visit.page
    visit.view("events")
    page.until(f"{EVENTS} && {LIVE}", "the stream of events")
    page.click(".view:not([hidden]) .pause")
    for count in (2000, 2000, 5):
        page.run(f"(() => {{ for (let number = 0; number < {count}; number += 1) stub.told('event', {{ time: '2026-11-22T22:00:00.000000000Z', level: 'info', message: 'held', fields: {{}} }}); }})()")
    page.until(f"{SHOWN}.querySelector('.tally').textContent.includes('4,005 more since the pause')", "how many came during the pause")
    page.click(".view:not([hidden]) .pause")
    page.until(f"!{SHOWN}.querySelector('.tally').textContent.includes('since the pause')", "that it goes on")


def rests(visit):
    """A server that is asked too often is asked again no sooner than it has said, whoever wants to know."""
    page = visit.page
    page.expected.append("status of 429")
    page.run("""import('/assets/model.js').then(async ({ findings }) => {
      stub.findings = findings;
      stub.answers.findings = [429, { detail: 'Too often.' }, { 'retry-after': '600' }];
      stub.waits = [];
      await findings.refresh();
      stub.before = stub.asks('findings').length;
      await findings.refresh();
    })""")
    check(page.run("stub.asks('findings').length === stub.before && stub.findings.status === 'failed'"), "asked again at once")
    visit.view("overview")
    page.until("stub.waits.some((wait) => wait > 500000 && wait <= 600000)", "the wait that the server has said")
    # Another person's questions are others.
    page.run("(() => { stub.answers.findings = [200, '']; stub.findings.reset(); })()")
    page.until("stub.findings.status === 'ready' && stub.asks('findings').length === stub.before + 1", "the question of the next person")


def draws(visit):
    """Values next to nothing, and below it, are drawn between the axes."""
    page = visit.page
    for values in ("[1e-10, 5e-10]", "[-5, 2]", "[-3, -1]", "[0, 0]", "[0, 5e-324]"):
        places = page.run(f"""import('/assets/chart.js').then(async ({{ TimeChart }}) => {{
          const chart = new TimeChart({{ title: 'x', unit: 'y', kind: 'lines', format: String, series: [{{ id: 'a', label: 'a', className: 'quantile-50' }}] }});
          {SHOWN}.append(chart.element);
          chart.set({{ times: [0, 1000], from: 0, to: 2000, values: {{ a: {values} }} }});
          const find = () => chart.svg.querySelector('path.line')?.getAttribute('d');
          for (let count = 0; count < 200 && !find(); count += 1) await new Promise((done) => setTimeout(done, 20));
          const path = find();
          chart.element.remove();
          return [chart.options.height, ...path.slice(1).split('L').map((point) => Number(point.split(' ')[1]))];
        }})""")
        height, *points = places
        check(len(points) == 2 and all(isinstance(point, (int, float)) and 8 <= point <= height - 18 for point in points), f"{values} are drawn at {places}")


def wakes(visit):
    """A computer that has slept for an hour isn't live: its timers have rested, and nothing has come."""
    page = visit.page
    page.until(LIVE, "the live page")
    count = page.run("stub.asks('stream').length")
    page.run("(() => { const now = Date.now.bind(Date); Date.now = () => now() + 3600e3; })()")
    page.until(f"stub.asks('stream').length === {count} + 1 && {LIVE}", "the stream begun anew")


def counts(visit):
    """What the page counts itself is known of steps in which it was told of all events, and of no other."""
    page = visit.page
    visit.view("overview")
    page.until(f"{ALL} && {LIVE} && {EVENTS}", "the stream of all events")
    page.run(HEAR)

    def step(level):
        page.run("(() => { const now = Date.now; Date.now = () => now() + 20e3; })()")
        page.run(f"stub.told('event', {{ time: '2026-11-22T22:00:00.000000000Z', level: '{level}', message: '{level}' }})")
        page.until(f"stub.heard.includes('{level}')", "the event")
        page.run("(() => { const now = Date.now; Date.now = () => now() + 20e3; })()")
        return page.run(f"import('/assets/series.js').then((series) => series.load({{ id: 'live' }})).then((found) => found.levels.values.{level})")

    info = step("info")
    check(info.count(0.1) == 1 and 0 in info, f"what was told of is counted otherwise: {info}")
    visit.view("events")
    page.run(f"(() => {{ const one = {SHOWN}.querySelector('select'); one.value = 'error'; one.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()")
    page.until(f"stub.asks('stream').at(-1).includes('level=error') && {LIVE} && {EVENTS}", "the stream of errors alone")
    error = step("error")
    check(error[-1] is None and 0.1 not in error, f"errors alone are counted as if they were all: {error}")


def sources(visit):
    """The source of a rule is as it is written, and what is cut says so."""
    page = visit.page
    page.run("""(() => {
      stub.answers.rules = [200, stub.lines([{ id: 'tab', state: 'active' }])];
      stub.answers['rules/tab'] = [200, { id: 'tab', state: 'active', source: 'a\tb split("\\\\t")' }];
      location.hash = '#rules/tab';
    })()""")
    page.until("document.querySelector('.view:not([hidden]) .source')?.textContent === 'a  b split(\"\\\\t\")'", "a backslash in the source")
    check(page.run("import('/assets/text.js').then(({ pieces }) => pieces('x'.repeat(20001)).at(-1).text)") == "… +1 characters", "a text is cut without a word")


def breaks(visit):
    """An answer that breaks off, or isn't the server's, isn't one that says that there is nothing."""
    page = visit.page
    page.run("stub.answers.log = () => new Response(new ReadableStream({ start(controller) { controller.error(new TypeError('network error')); } }), { status: 200 })")
    visit.view("log")
    page.until(f"{SHOWN}.querySelector('.grid-note').textContent === \"The server can't be reached.\"", "that nothing is known of the log")
    page.run("(() => { stub.answers.alerts = [200, '<html>\\n<body>Pay for the network first.</body>\\n</html>']; return import('/assets/model.js').then(({ alerts }) => alerts.refresh()).then(() => true); })()")
    visit.view("overview")
    page.until(f"[...{SHOWN}.querySelectorAll('.panel-note')].some((one) => one.textContent.includes(\"isn't an answer of this server\"))", "that nothing is known of alerts")


def main():
    scene, url = sys.argv[1:3]
    pictures = sys.argv[3] if len(sys.argv) > 3 else os.environ.get("STELLA_PICTURES")
    if pictures:
        os.makedirs(pictures, exist_ok=True)
    visit = Visit(url, pictures)
    try:
        {"shows": shows, "votes": votes, "manages": manages, "walks": walks, "returns": returns, "answers": answers}[scene](visit)
    except Exception:
        traceback.print_exc()
        try:
            visit.page.picture(os.path.join(pictures or ".", scene + "-failed.png")) if pictures else None
        except Failure:
            pass
        return 1
    finally:
        visit.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
