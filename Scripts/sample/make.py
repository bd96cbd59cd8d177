#!/usr/bin/env python3
"""Makes the sample logs that ship: half an hour of an online shop, seeded, the same bytes every time.

    python3 Scripts/sample/make.py [FOLDER]        default: the folder of this file

service.jsonl      JSON lines of six services: a route that degrades, an error spike, a user who keeps failing,
                   stolen credentials tried on many accounts
sshd.log           a bastion's auth log: brute force from one address, then a login from it
nginx-access.log   combined format: a scanner and path traversal
truth.json         what is hidden where and when

Attackers use documentation addresses (RFC 5737, RFC 3849), everybody else private and shared ones.
"""

import json
import os
import random
import sys
from datetime import datetime, timedelta, timezone

BEGIN = datetime(2026, 11, 3, 9, 0, 0, tzinfo=timezone.utc)
MINUTES = 30


def at(minute, second=0.0):
    return BEGIN + timedelta(minutes=minute, seconds=second)


def iso(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moments(source, first, last, count):
    """`count` instants between two minutes, in order."""
    return sorted(at(source.uniform(first, last)) for _ in range(count))


# The service log

ROUTES = (  # service, method, route, share of the traffic, usual milliseconds
    ("search", "GET", "/api/v1/search", 24, 62),
    ("catalog", "GET", "/api/v1/products/{id}", 23, 34),
    ("catalog", "GET", "/api/v1/categories", 9, 21),
    ("cart", "GET", "/api/v1/cart", 12, 28),
    ("cart", "POST", "/api/v1/cart/items", 9, 41),
    ("checkout", "POST", "/api/v1/checkout", 5, 145),
    ("payments", "POST", "/api/v1/payments", 5, 210),
    ("payments", "GET", "/api/v1/payments/{id}", 4, 47),
    ("accounts", "GET", "/api/v1/profile", 6, 31),
    ("accounts", "GET", "/api/v1/orders", 3, 75),
)
HOSTS = {service: [f"{service}-{n}" for n in range(1, 4)] for service, *_ in ROUTES}
PROBLEMS = ("UpstreamTimeout", "SerializationError", "CacheUnavailable", "ConnectionReset")


class ServiceLog:
    def __init__(self, seed):
        self.source = random.Random(seed)
        self.events = []

    def add(self, moment, level, service, message, method, route, status, duration, user, address, **more):
        event = {
            "timestamp": iso(moment),
            "level": level,
            "service": service,
            "host": self.source.choice(HOSTS[service]),
            "message": message,
            "method": method,
            "route": route,
            "status": status,
            "duration_ms": round(duration, 1),
            "user_id": user,
            "src_ip": address,
            **more,
            "trace_id": f"{self.source.getrandbits(64):016x}",
        }
        self.events.append((moment, len(self.events), event))

    def duration(self, usual):
        """A long-tailed time around the usual one."""
        return usual * self.source.lognormvariate(0.0, 0.38)

    def address_of(self, user):
        return f"100.{64 + user % 61}.{user // 7 % 251}.{1 + user // 3 % 250}"

    def person(self):
        number = 10_000 + int(4_000 * self.source.random())
        return f"usr_{number}", self.address_of(number)

    def ordinary(self, count):
        """Traffic that swells a little, with the usual few client and server errors."""
        weights = [share for *_, share, _ in ROUTES]
        for moment in moments(self.source, 0, MINUTES, count):
            service, method, route, _, usual = self.source.choices(ROUTES, weights)[0]
            user, address = self.person()
            duration, dice = self.duration(usual), self.source.random()
            if route == "/api/v1/search" and at(12) <= moment < at(20):
                duration = duration * 9 + 350
            if dice < 0.004:
                kind = self.source.choice(PROBLEMS)
                arguments = (
                    "error",
                    service,
                    f"request failed: {kind}",
                    method,
                    route,
                    self.source.choice((500, 502, 504)),
                )
                self.add(moment, *arguments, duration * 3, user, address, error_type=kind)
            elif dice < 0.014:
                status, text = self.source.choice(((404, "not found"), (409, "conflict"), (429, "too many requests")))
                self.add(moment, "warn", service, text, method, route, status, duration, user, address)
            elif dice < 0.034 and route == "/api/v1/checkout":
                self.invalid(moment, user, address, self.source.choice(("coupon", "phone")))
            else:
                status = 201 if method == "POST" else 200
                self.add(moment, "info", service, "request completed", method, route, status, duration, user, address)

    def invalid(self, moment, user, address, field):
        arguments = (
            moment,
            "warn",
            "checkout",
            f"validation failed: {field} is not valid",
            "POST",
            "/api/v1/checkout",
            422,
        )
        self.add(*arguments, self.duration(38), user, address, error_type="ValidationError", form_field=field)

    def logins(self, count):
        """People sign in; a few mistype their password and try again."""
        for moment in moments(self.source, 0, MINUTES - 0.5, count):
            user, address = self.person()
            if self.source.random() < 0.08:
                self.login(moment, user, address, success=False)
                moment += timedelta(seconds=self.source.uniform(4, 15))
            self.login(moment, user, address, success=True)

    def login(self, moment, user, address, success):
        common = ("POST", "/api/v1/login", 200 if success else 401, self.duration(95), user, address)
        if success:
            self.add(moment, "info", "accounts", "login succeeded", *common, event="login_succeeded")
        else:
            more = {"event": "login_failed", "error_type": "InvalidCredentials"}
            self.add(moment, "warn", "accounts", "login failed: bad credentials", *common, **more)

    def error_spike(self):
        for moment in moments(self.source, 16, 19, 150):
            user, address = self.person()
            text = "could not get a connection from pool payments-db: timed out after 5000 ms"
            arguments = (moment, "error", "payments", text, "POST", "/api/v1/payments", 503)
            self.add(*arguments, self.source.uniform(5000, 5200), user, address, error_type="DatabaseConnectionError")

    def friction(self):
        """One person tries to pay again and again; the form refuses an address that is right."""
        moment = at(8, 10)
        for _ in range(14):
            self.invalid(moment, "usr_48213", "100.101.17.42", "postal_code")
            last = moment
            moment += timedelta(seconds=self.source.uniform(12, 32))
        return last

    def stolen_credentials(self):
        addresses = [f"203.0.113.{n}" for n in (12, 57, 101, 180)] + ["198.51.100.66", "2001:db8:77::a1"]
        accounts = self.source.sample(range(10_000, 14_000), 165)
        for number, moment in enumerate(moments(self.source, 22, 25, len(accounts))):
            user = f"usr_{accounts[number]}"
            self.login(moment, user, self.source.choice(addresses), success=number in (120, 151))
        return addresses, [f"usr_{accounts[n]}" for n in (120, 151)]

    def write(self, path):
        with open(path, "w", encoding="ascii", newline="\n") as file:
            for _, _, event in sorted(self.events, key=lambda entry: entry[:2]):
                file.write(json.dumps(event, separators=(",", ":")) + "\n")


def service_log(path):
    log = ServiceLog(seed=7)
    log.ordinary(6_000)
    log.logins(260)
    log.error_spike()
    given_up = log.friction()
    addresses, taken = log.stolen_credentials()
    log.write(path)
    return [
        {"kind": "friction", "user_id": "usr_48213", "route": "/api/v1/checkout", "status": 422, "events": 14}
        | {"from": iso(at(8, 10)), "to": iso(given_up)},
        {"kind": "latency", "service": "search", "route": "/api/v1/search", "from": iso(at(12)), "to": iso(at(20))},
        {"kind": "error_spike", "service": "payments", "error_type": "DatabaseConnectionError", "events": 150}
        | {"from": iso(at(16)), "to": iso(at(19))},
        {"kind": "credential_stuffing", "src_ip": addresses, "accounts": 165, "taken_over": taken}
        | {"from": iso(at(22)), "to": iso(at(25))},
    ]


# sshd

COMMANDS = ("/usr/bin/systemctl status checkout", "/usr/bin/journalctl -u payments", "/usr/bin/apt update")


class Syslog:
    def __init__(self, seed):
        self.source = random.Random(seed)
        self.lines = []

    def add(self, moment, program, pid, text):
        tag = f"{program}[{pid}]" if pid else program
        stamp = f"{moment:%b} {moment.day:2d} {moment:%H:%M:%S}"
        self.lines.append((moment, len(self.lines), f"{stamp} bastion {tag}: {text}"))

    def pid(self):
        return self.source.randint(1200, 32000)

    def session(self, moment, user, number, address):
        """Someone works over ssh for a while, by key, and may use sudo."""
        pid, port, later = self.pid(), self.source.randint(32768, 60999), moment
        key = "".join(self.source.choices("ABCDEFGHabcdefgh0123456789+/", k=43))
        self.add(
            moment, "sshd", pid, f"Accepted publickey for {user} from {address} port {port} ssh2: ED25519 SHA256:{key}"
        )
        self.opened(moment, pid, user, number)
        for _ in range(self.source.randint(0, 2)):
            later += timedelta(seconds=self.source.uniform(8, 60))
            self.sudo(later, user, number, self.source.choice(COMMANDS))
        later += timedelta(seconds=self.source.uniform(20, 180))
        self.add(later, "sshd", pid + 2, f"Received disconnect from {address} port {port}:11: disconnected by user")
        self.add(later, "sshd", pid + 2, f"Disconnected from user {user} {address} port {port}")
        self.add(later, "sshd", pid, f"pam_unix(sshd:session): session closed for user {user}")

    def opened(self, moment, pid, user, number):
        text = f"pam_unix(sshd:session): session opened for user {user}(uid={number}) by (uid=0)"
        self.add(moment, "sshd", pid, text)
        self.add(moment, "systemd-logind", 611, f"New session {self.source.randint(100, 999)} of user {user}.")

    def sudo(self, moment, user, number, command):
        self.add(
            moment, "sudo", 0, f"   {user} : TTY=pts/{number % 4} ; PWD=/home/{user} ; USER=root ; COMMAND={command}"
        )
        self.add(
            moment, "sudo", 0, f"pam_unix(sudo:session): session opened for user root(uid=0) by {user}(uid={number})"
        )
        self.add(moment, "sudo", 0, "pam_unix(sudo:session): session closed for user root")

    def failed(self, moment, user, address, known):
        pid, port = self.pid(), self.source.randint(32768, 60999)
        if not known:
            self.add(moment, "sshd", pid, f"Invalid user {user} from {address} port {port}")
            self.add(moment, "sshd", pid, "pam_unix(sshd:auth): check pass; user unknown")
        who = f"  user={user}" if known else ""
        text = f"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost={address}{who}"
        self.add(moment, "sshd", pid, text)
        moment += timedelta(seconds=1.2)
        name = user if known else f"invalid user {user}"
        self.add(moment, "sshd", pid, f"Failed password for {name} from {address} port {port} ssh2")
        name = f"authenticating user {user}" if known else f"invalid user {user}"
        self.add(moment, "sshd", pid, f"Connection closed by {name} {address} port {port} [preauth]")

    def cron(self):
        for minute in range(MINUTES):
            moment, pid = at(minute, 1), self.pid()
            if minute % 5 == 0:
                self.job(moment, pid, "root", "command -v debian-sa1 > /dev/null && debian-sa1 1 1")
            if minute == 17:
                self.job(moment, pid, "root", "cd / && run-parts --report /etc/cron.hourly")

    def job(self, moment, pid, user, command):
        self.add(moment, "CRON", pid, f"pam_unix(cron:session): session opened for user {user}(uid=0) by (uid=0)")
        self.add(moment, "CRON", pid + 1, f"({user}) CMD ({command})")
        self.add(moment, "CRON", pid, f"pam_unix(cron:session): session closed for user {user}")

    def write(self, path):
        with open(path, "w", encoding="ascii", newline="\n") as file:
            file.writelines(line + "\n" for _, _, line in sorted(self.lines))


GUESSES = ("root", "admin", "test", "oracle", "postgres", "ubuntu", "git", "user", "guest", "pi", "jenkins", "mysql")
STAFF = (("mira", 1001), ("jonas", 1002), ("priya", 1003), ("tomasz", 1004), ("elif", 1005), ("sam", 1006))


def sshd_log(path):
    log = Syslog(seed=11)
    log.cron()
    for moment in moments(log.source, 0, MINUTES - 5, 34):
        user, number = log.source.choice(STAFF)
        log.session(moment, user, number, f"10.20.{number % 8}.{log.source.randint(2, 250)}")
    for second in (0, 9):  # a person mistypes twice, then gets it right
        log.failed(at(6, second), "sam", "10.20.4.31", known=True)
    log.add(at(6, 21), "sshd", 9021, "Accepted password for sam from 10.20.4.31 port 50122 ssh2")
    log.opened(at(6, 21), 9021, "sam", 1006)
    for number, moment in enumerate(moments(log.source, 0, MINUTES, 9)):  # the internet's usual noise, one try each
        log.failed(moment, log.source.choice(GUESSES[1:]), f"192.0.2.{20 + 7 * number}", known=False)
    attacker, first = "203.0.113.77", at(10, 3)
    for number in range(64):
        moment = first + timedelta(seconds=3.6 * number + log.source.uniform(0, 1.5))
        user = "deploy" if number >= 40 else GUESSES[number % len(GUESSES)]
        log.failed(moment, user, attacker, known=user in ("deploy", "root"))
    taken = at(13, 58)
    log.add(taken, "sshd", 14733, f"Accepted password for deploy from {attacker} port 41876 ssh2")
    log.opened(taken, 14733, "deploy", 1010)
    log.sudo(taken + timedelta(seconds=22), "deploy", 1010, "/usr/bin/id")
    log.sudo(taken + timedelta(seconds=41), "deploy", 1010, "/usr/bin/cat /etc/shadow")
    closed = at(16, 30)
    log.add(closed, "sshd", 14733, "pam_unix(sshd:session): session closed for user deploy")
    log.write(path)
    return [
        {"kind": "ssh_bruteforce", "src_ip": attacker, "failures": 64, "from": iso(first), "to": iso(at(13, 57))},
        {"kind": "ssh_login_after_bruteforce", "src_ip": attacker, "user": "deploy", "at": iso(taken)},
    ]


# nginx

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
)
PROBED = (
    "/wp-login.php", "/wp-admin/", "/xmlrpc.php", "/.env", "/.env.bak", "/.git/config", "/.git/HEAD",
    "/.aws/credentials",
    "/phpmyadmin/", "/pma/index.php", "/admin.php", "/administrator/index.php", "/config.php.bak", "/backup.zip",
    "/db.sql", "/dump.sql.gz", "/server-status", "/actuator/env", "/actuator/heapdump", "/cgi-bin/test.cgi",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/solr/admin/info/system", "/manager/html", "/HNAP1/",
    "/boaform/admin/formLogin", "/owa/auth/logon.aspx", "/console/login/LoginForm.jsp", "/wp-config.php~",
    "/.svn/entries", "/.DS_Store", "/id_rsa", "/.ssh/id_rsa", "/web.config", "/telescope/requests",
    "/debug/default/view",
    "/shell.php", "/c99.php", "/upload.php", "/old/wp-login.php", "/blog/wp-login.php", "/wordpress/wp-login.php",
    "/test/.env", "/api/.env", "/laravel/.env", "/app/.env", "/public/.env", "/storage/logs/laravel.log", "/info.php",
)  # fmt: skip
CLIMBS = (
    "/static/../../../../etc/passwd",
    "/download?file=../../../../../../etc/passwd",
    "/download?file=..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/images/..%252f..%252f..%252fetc/shadow",
    "/assets/%2e%2e/%2e%2e/%2e%2e/proc/self/environ",
    "/download?file=....//....//....//etc/hosts",
    "/cgi-bin/.%2e/.%2e/.%2e/.%2e/bin/sh",
    "/download?file=/var/www/../../etc/nginx/nginx.conf",
)


def nginx_log(path):
    source, lines = random.Random(13), []

    def add(moment, address, request, status, size, agent, referer="-"):
        stamp = moment.strftime("%d/%b/%Y:%H:%M:%S +0000")
        line = f'{address} - - [{stamp}] "{request} HTTP/1.1" {status} {size} "{referer}" "{agent}"\n'
        lines.append((moment, len(lines), line))

    pages = ["/", "/search?q=boots", "/cart", "/checkout", "/account"] + [f"/products/{n}" for n in range(100, 160)]
    assets = ["/static/app.js", "/static/app.css", "/static/logo.svg", "/favicon.ico"]
    for moment in moments(source, 0, MINUTES, 2_150):
        visitor = source.randrange(600)
        address, agent = f"100.{70 + visitor % 50}.{visitor % 241}.{1 + visitor % 250}", AGENTS[visitor % 4]
        dice = source.random()
        target = source.choice(assets) if dice < 0.35 else source.choice(pages)
        status = 304 if dice < 0.12 else 404 if dice > 0.994 else 500 if dice > 0.991 else 200
        size = 0 if status == 304 else source.randint(400, 38_000)
        if status == 404:
            target = f"/products/{source.randint(900, 999)}"
        referer = "-" if target == "/" else "https://shop.example.com/"
        add(moment, address, f"GET {target}", status, size, agent, referer)
    for minute in range(MINUTES):
        add(at(minute, 30), "10.20.0.5", "GET /health", 200, 15, "kube-probe/1.33")
    for number, target in enumerate(PROBED):
        moment = at(14, 5) + timedelta(seconds=1.4 * number + source.uniform(0, 0.8))
        status = 403 if target.startswith(("/.git", "/.svn", "/.env")) else 404
        add(moment, "198.51.100.23", f"GET {target}", status, 162, "Mozilla/5.0 zgrab/0.x")
    for number in range(24):
        moment = at(18, 40) + timedelta(seconds=3.1 * number + source.uniform(0, 1.5))
        status = 400 if number % 3 else 404
        add(moment, "2001:db8:bad::1f", f"GET {CLIMBS[number % len(CLIMBS)]}", status, 166, "curl/8.14.1")
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.writelines(line for _, _, line in sorted(lines))
    return [
        {
            "kind": "web_scanner",
            "src_ip": "198.51.100.23",
            "requests": len(PROBED),
            "from": iso(at(14, 5)),
            "to": iso(at(15, 15)),
        },
        {
            "kind": "path_traversal",
            "src_ip": "2001:db8:bad::1f",
            "requests": 24,
            "from": iso(at(18, 40)),
            "to": iso(at(19, 57)),
        },
    ]


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    os.makedirs(folder, exist_ok=True)
    makers = {"service.jsonl": service_log, "sshd.log": sshd_log, "nginx-access.log": nginx_log}
    truth = {name: make(os.path.join(folder, name)) for name, make in makers.items()}
    with open(os.path.join(folder, "truth.json"), "w", encoding="ascii") as file:
        file.write(json.dumps(truth, indent=2) + "\n")


if __name__ == "__main__":
    main()
