@testable import StellaDetection

/// Lines as real programs write them, by format.
enum DecodeSamples {
  static let json = [
    #"{"time":"2025-06-01T08:00:00.25Z","level":"ERROR","service":"checkout","msg":"payment failed","userId":"u1","status":502}"#,
    #"{"level":30,"time":1748764800123,"pid":12,"hostname":"web-1","req":{"method":"GET","url":"/a?b=c","remoteAddress":"10.1.2.3"},"res":{"statusCode":200},"responseTime":12,"msg":"request completed"}"#,
    #"{"@timestamp":"2025-06-01T08:00:01.000Z","log.level":"WARN","message":"slow","host":{"name":"db-1"},"event":{"duration":1500000}}"#,
  ]

  static let logfmt = [
    #"time=2025-06-01T08:00:00Z level=warn msg="disk almost full" disk=/dev/sda1 used=91.5 host=db-1"#,
    #"ts=1748764800.5 lvl=eror msg="login \"failed\"" remote_addr=203.0.113.9:5522 user=eve status=401 duration=35ms"#,
    #"at=info method=GET path="/a?b=1" host=example.com request_id=8601b555 fwd="10.0.0.1" dyno=web.1 connect=1ms status=200 bytes=1548"#,
  ]

  static let syslog = [
    "Jun  1 08:00:00 bastion sshd[4721]: Failed password for invalid user admin from 203.0.113.7 port 52114 ssh2",
    "Jun  1 08:00:01 bastion sshd[4722]: Accepted publickey for deploy from 10.0.3.4 port 40022 ssh2: ED25519 SHA256:abc",
    "Jun  1 08:00:02 bastion sshd[4723]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.8  user=root",
    "Jun  1 08:00:03 bastion sudo:   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/usr/bin/apt update",
    "Jun  1 08:00:04 bastion sudo:   mallory : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/sh",
    "Jun  1 08:00:05 bastion CRON[991]: (root) CMD (/usr/lib/sa/sa1 1 1)",
    "Jun  1 08:00:06 bastion su[77]: FAILED SU (to root) bob on pts/2",
    "Jun  1 08:00:07 bastion su: FAILED su for root by bob",
    "<34>1 2025-06-01T08:00:08.003Z mx.example.com su - ID47 [origin@1 ip=\"192.0.2.1\" note=\"a\\\"b\"] 'su root' failed for lonvick on /dev/pts/8",
    "<30>Jun  1 08:00:09 web app[12]: {\"level\":\"error\",\"msg\":\"boom\",\"user\":{\"id\":5}}",
    "2025-06-01T08:00:10.123456+02:00 mail postfix/smtpd[901]: warning: unknown[198.51.100.3]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    "Jun  1 08:00:11 mail dovecot: imap-login: Aborted login (auth failed, 1 attempts in 2 secs): user=<bob@example.com>, method=PLAIN, rip=198.51.100.4, lip=10.0.0.2, session=<x>",
    "Jun  1 08:00:12 fw kernel: [ 1234.5678] [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=198.51.100.5 DST=10.0.0.1 LEN=40 PROTO=TCP SPT=4444 DPT=22 ",
    "Jun  1 08:00:13 app-1 worker[5]: level=info msg=\"job done\" job=42 duration_ms=17.5",
    "Jun  1 08:00:14 bastion sshd[4724]: Disconnected from authenticating user root 203.0.113.9 port 22022 [preauth]",
  ]

  static let combined = [
    #"203.0.113.5 - - [01/Jun/2025:08:00:00 +0000] "GET /index.html?x=1 HTTP/1.1" 200 5316 "https://example.com/" "Mozilla/5.0 (X11; Linux) \"q\"""#,
    #"203.0.113.6 - alice [01/Jun/2025:08:00:01 +0000] "POST /login HTTP/2.0" 401 0"#,
    #"203.0.113.7 - - [01/Jun/2025:08:00:02 +0000] "\x16\x03\x01" 400 157 "-" "-""#,
    #"203.0.113.8 - - [01/Jun/2025:08:00:03 +0000] "-" 408 - "-" "-""#,
    #"shop.example.com:443 2001:db8::7 - - [01/Jun/2025:08:00:04 +0200] "GET /a HTTP/1.1" 500 12 "-" "curl/8" 0.250 "198.51.100.1""#,
    #"203.0.113.9 - - [01/Jun/2025:08:00:05 +0000] "GET /b HTTP/1.1" 200 1 "-" "ua" "-" rt=0.004 uct="0.000" urt="0.004""#,
  ]

  static let nginxError = [
    #"2025/06/01 08:00:00 [error] 31#31: *7 open() "/var/www/x.php" failed (2: No such file or directory), client: 203.0.113.5, server: example.com, request: "GET /x.php?a=1 HTTP/1.1", host: "example.com", referrer: "https://r/""#,
    #"2025/06/01 08:00:01 [error] 31#31: *8 user "eve": password mismatch, client: 203.0.113.6, server: localhost, request: "GET / HTTP/1.1", host: "h:80""#,
    #"2025/06/01 08:00:02 [warn] 31#31: *9 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 203.0.113.7, server: , request: "POST /api HTTP/1.1", upstream: "http://10.0.0.9:80/api", host: "h""#,
    "2025/06/01 08:00:03 [notice] 31#31: signal process started",
    "[Sun Jun 01 08:00:04.902022 2025] [core:error] [pid 35708:tid 4328636416] [client 203.0.113.8:1234] AH00128: File does not exist: /usr/local/x, referer: https://r/",
    "[Sun Jun 01 08:00:05 2025] [error] [client 203.0.113.9] user bob: authentication failure for \"/\": Password Mismatch",
  ]

  static let plain = [
    "2025-06-01 08:00:00,888 INFO [Group: foo] started",
    "[2025-06-01 08:00:01] [main] WARN c.e.Worker - queue is long: 1200",
    "20250601-08:00:02:606|Step_LSC|30002312|onStandStepChanged 3579",
    "2025-06-01 08:00:03 Connection from 203.0.113.5:5555 refused",
    "    at com.example.Main.run(Main.java:42)",
    "I0601 08:00:04.000123   123 server.go:45] listening on :8080",
    "Sun Jun  1 08:00:05 2025 something happened",
    "1748764806.250 proxy handled a request from client 203.0.113.6",
    "2025-06-01T08:00:07Z stderr F panic: boom",
  ]

  static let all: [(LogFormat, [String])] = [
    (.json, json), (.logfmt, logfmt), (.syslog, syslog), (.combined, combined), (.nginxError, nginxError),
    (.plain, plain),
  ]
}
