import StellaModel
import Testing

@testable import StellaDetection

@Suite("Masking of personal data")
struct MaskTests {
  private let masker = Masker(Masking(hashedFields: ["user_id", "user.id"], key: Array("a key of 16 bytes".utf8)))

  @Test(
    "What is personal gives way to what it was",
    arguments: [
      ("mail to bob.o'neil+x@mail.example.com now", "mail to [email] now"),
      ("GET /login?email=bob%40example.com&x=1", "GET /login?email=[email]&x=1"),
      (#"raw "bob\u0040example.com" text"#, #"raw "[email]" text"#),
      ("from 192.0.2.17:443, 2001:db8::17 and [fe80::1%eth0]", "from [ip]:443, [ip] and [[ip]%eth0]"),
      ("mapped ::ffff:192.0.2.1.", "mapped [ip]."),
      ("host/10.1.2.3 said", "host/[ip] said"),
      ("Authorization: Bearer abc.def-123_4567", "Authorization: Bearer [secret]"),
      ("open postgres://stella:S3cret:P@w99@db/orders now", "open postgres://stella:[secret]@db/orders now"),
      ("redis://:RedisPw77@cache:6379/0", "redis://:[secret]@cache:6379/0"),
      ("nats://a:b@h1:4222,nats://c:d@h2", "nats://a:[secret]@h1:4222,nats://c:[secret]@h2"),
      ("smtp://bob@example.com:pw@mail", "smtp://[email]:[secret]@mail"),
      (#"{"dsn":"postgres:\/\/a:b\u0040db"}"#, #"{"dsn":"postgres://a:[secret]@db"}"#),
      ("Cookie: session=abc; theme=\"dark\"; a=b", "Cookie: [secret]"),
      ("Set-Cookie: sid=abcdef1234567890; Path=/; HttpOnly", "Set-Cookie: [secret]"),
      ("curl -H 'Cookie: a=b; c=d' x", "curl -H 'Cookie: [secret]' x"),
      (
        #"{"Cookie":"session=abcdef1234567890","set-cookie":["a=b; Path=/"],"cookie":null}"#,
        #"{"Cookie":"[secret]","set-cookie":["[secret]"],"cookie":null}"#
      ),
      ("got bearer%20abcdef123456 here", "got bearer%20[token] here"),
      ("key AKIAIOSFODNN7EXAMPLE used", "key [token] used"),
      ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln end", "jwt [token] end"),
      (#"{"a":"x\neyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"}"#, #"{"a":"x\n[token]"}"#),
      ("ghp_0123456789abcdefghijABCDEFGHIJ012345!", "[token]!"),
      ("password=hunter2 user=bob", "password=[secret] user=bob"),
      ("db_password: \"hunter 2\", x", "db_password: \"[secret]\", x"),
      ("X-Api-Key: 0123456789abcdef", "X-Api-Key: [secret]"),
      ("paid with 4111 1111 1111 1111 42 times", "paid with [card] 42 times"),
      ("5500-0000-0000-0004", "[card]"), ("378282246310005", "[card]"),
      (#"{"card":4111111111111111,"n":[1,2.5e3]}"#, #"{"card":"[card]","n":[1,2.5e3]}"#),
      (#"{"m":"bob\u0040ex\u0061mple.com \"ok\""}"#, #"{"m":"[email] \"ok\""}"#),
      (#"{"m":"{\"token\":\"s3cr3t\",\"pin\":1}"}"#, #"{"m":"{\"token\":\"[secret]\",\"pin\":1}"}"#),
      (
        #"{"password":"x","secret":null,"tokens":5,"token":123}"#,
        #"{"password":"[secret]","secret":null,"tokens":5,"token":"[secret]"}"#
      ),
      (#"{"pass\u0077ord":"x","t\u006Fken":[1]}"#, #"{"pass\u0077ord":"[secret]","t\u006Fken":["[secret]"]}"#),
      (#"{"bob@example.com":{"seen":true}}"#, #"{"[email]":{"seen":true}}"#),
      (#"{"api_keys":[],"api_key":["a","b"]}"#, #"{"api_keys":[],"api_key":["[secret]","[secret]"]}"#),
      ("{} 192.0.2.7", "{} [ip]"), ("{ 192.0.2.7 }", "{ [ip] }"), (#"{"a":192.0.2.7}"#, #"{"a":[ip]}"#),
      (#"{truncated "email":"bob@example.com"#, #"{truncated "email":"[email]"#),
    ])
  func replaced(text: String, expected: String) { #expect(masker.masked(text) == expected) }

  @Test(
    "The access log of a syslog line is behind its header, with addresses and masked",
    arguments: ["nginx[123]:", "nginx:", "httpd[9]:"], ["192.0.2.1 - bob", "192.0.2.1 - -"])
  func behindHeader(tag: String, client: String) {
    let line = "Nov 24 04:00:00 web1 \(tag) \(client) [24/Nov/2026:04:00:00 +0000] \"GET / HTTP/1.1\" 200 12"
    let columns = ["src_ip", "host", "program", "status", "user"]
    let lines = [line, masker.masked(line)]
    for (row, address) in zip(
      DecodedLines(lines, decoder: AutoDecoder(), columns: columns).rows, ["192.0.2.1", "[ip]"])
    {
      #expect(row.cells["src_ip"] == .string(address) && row.cells["host"] == .string("web1"), "\(row.cells)")
      #expect(row.cells["status"] == .integer(200), "\(row.cells)")
      #expect(row.cells["user"] == (client.hasSuffix("bob") ? .string("bob") : nil), "\(row.cells)")
    }
  }

  @Test(
    "A masked line is decoded as it was, but for what is masked",
    arguments: [
      (#"192.0.2.1 - bob [24/Nov/2026:04:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl""#, "src_ip"),
      (
        #"shop:443 192.0.2.1 - bob@example.com [24/Nov/2026:04:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "c""#,
        "src_ip user"
      ),
      (#"192.0.2.1, 192.0.2.2 - bob [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 500 -"#, "src_ip"),
      (#"2001:db8::1 - bob@example.com [24/Nov/2026:04:00:00 +0000] "GET /a HTTP/1.1" 200 12"#, "src_ip user"),
      (
        #"2026/11/24 04:00:00 [error] 1#1: *5 open() failed, client: 192.0.2.1, server: x, request: "GET / HTTP/1.1""#,
        "src_ip"
      ),
      ("[Tue Nov 24 04:00:00.123456 2026] [core:error] [pid 7] [client 192.0.2.1:5000] AH00126: Invalid URI", "src_ip"),
      ("Nov 24 04:00:00 192.0.2.3 sshd[7]: Failed password for bob from 192.0.2.9 port 22 ssh2", "src_ip host"),
      ("<34>1 2026-11-24T04:00:00Z 192.0.2.3 app 7 ID - it failed", "host"),
    ])
  func decoded(line: String, masked: String) {
    let columns = [
      "src_ip", "host", "user", "vhost", "method", "uri", "status", "bytes", "user_agent", "program", "pid", "level",
    ]
    let rows = DecodedLines([line, masker.masked(line)], decoder: AutoDecoder(), columns: columns).rows
    var expected = rows[0].cells
    for name in masked.split(separator: " ") {
      #expect(expected[String(name)] != nil)
      expected[String(name)] = .string(name == "user" ? "[email]" : "[ip]")
    }
    #expect(rows[1].cells == expected)
  }

  @Test(
    "What is not personal stays",
    arguments: [
      "", "2026-11-22T04:05:06.123456789+00:00 INFO 12:34:56 started", "root@web-1 ran ls", "std::vector and fd::add",
      "Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36", "listening on 127.0.0.1:80, 0.0.0.0 and ::1",
      "version 1.2.3.4.5", "Unexpected token: expected", "Basic authentication failed", "bearer of news",
      "id 1700000000000000000 and 4111111111111112", "token=true", #"{"message":"ok","n":1700000000000000000,"a":[]}"#,
      #"{"d":"a\tb\u00e9","x":{"y":null}}"#, "sk-learn is not a key", "550e8400-e29b-41d4-a716-446655440000", "@",
      "=:@%4",
      "password=[secret], Cookie: [secret]", "http://web:8080/a:b@c", "http://a:80", "redis://:[secret]@cache",
      "a cookie: expired", "://a:b@c", "//a:b@c", "http://u:@h",
      "\\", "\\u00", "%", ":::", "a@b", "C:\\new\\table", #"{"a":"\"}"#, "{", "}", #"{"a":}"#,
    ])
  func kept(text: String) { #expect(masker.masked(text) == text) }

  @Test("A user's id gets the same digits in every format, and others under another key")
  func hashes() {
    let id = masker.masked("user_id=42").dropFirst("user_id=".count)
    #expect(id.hasPrefix("id_") && id.count == 19)
    #expect(
      masker.masked(#"{"user_id":42,"user":{"id":"42"},"id":42}"#)
        == #"{"user_id":"\#(id)","user":{"id":"\#(id)"},"id":42}"#)
    #expect(masker.masked(#"<13>app: {"user_id": 42}"#) == #"<13>app: {"user_id": "\#(id)"}"#)
    #expect(masker.masked("GET /a?user_id=42&b=1") == "GET /a?user_id=\(id)&b=1")
    #expect(masker.masked("user.id=42 User_ID=\"42\"") == "user.id=\(id) User_ID=\"\(id)\"")
    let other = Masker(Masking(hashedFields: ["user_id"], key: Array("another key of more".utf8)))
    #expect(!other.masked("user_id=42").hasSuffix(id))
    #expect(Masker(Masking(kinds: [], hashedFields: ["user_id"])).masked("user_id=42") == "user_id=42")
  }

  @Test(
    "A name that is written with escapes asks for the same, and so does that of the object that a member is of",
    arguments: [
      (#"{"user\u005fid":"u1"}"#, #"{"user_id":"u1"}"#), (#"{"us\u0065r":{"id":"u1"}}"#, #"{"user":{"id":"u1"}}"#),
      (#"{"user":{"\u0069d":7}}"#, #"{"user":{"id":7}}"#),
      (#"{"us\u0065r":{"\u0069d":"u1"}}"#, #"{"user":{"id":"u1"}}"#),
    ])
  func escapedNames(escaped: String, plain: String) {
    let expected = masker.masked(plain)
    let masked = masker.masked(escaped)
    let unescaped = [(#"\u005f"#, "_"), (#"\u0065"#, "e"), (#"\u0069"#, "i")].reduce(masked) { text, escape in
      text.replacing(escape.0, with: escape.1)
    }
    #expect(expected != plain && unescaped == expected, "\(masked)")
  }

  @Test("Custom patterns mask a match, or its group, and only what they match")
  func patterns() throws {
    let patterns = [
      Masking.Pattern(name: "customer", expression: try RegularExpression(Array("CUST-[0-9]+".utf8))),
      Masking.Pattern(name: "pin", expression: try RegularExpression(Array("pin ([0-9]*)".utf8))),
    ]
    let masker = Masker(Masking(kinds: [], patterns: patterns))
    #expect(
      masker.masked("CUST-1 and CUST-22, pin 99, pin x bob@example.com")
        == "[customer] and [customer], pin [pin], pin x bob@example.com")
    #expect(masker.masked(#"{"m":"CUST\u002d7 \\"}"#) == #"{"m":"[customer] \\"}"#)
    #expect(masker.masked("nothing") == "nothing")
  }

  @Test("Only the kinds that were asked for are masked, and only the lines that need it")
  func kinds() {
    let text = "bob@example.com 192.0.2.1 password=x 4111111111111111\nplain\n"
    func masked(_ kinds: Masking.Kinds) -> String {
      String(decoding: Masker(Masking(kinds: kinds)).maskedLines(Array(text.utf8)), as: UTF8.self)
    }
    #expect(masked([]) == text)
    #expect(masked(.email) == "[email] 192.0.2.1 password=x 4111111111111111\nplain\n")
    #expect(masked(.address) == "bob@example.com [ip] password=x 4111111111111111\nplain\n")
    #expect(masked(.token) == "bob@example.com 192.0.2.1 password=[secret] 4111111111111111\nplain\n")
    #expect(masked(.card) == "bob@example.com 192.0.2.1 password=x [card]\nplain\n")
  }
}
