import StellaModel
import Testing

@testable import StellaDetection

@Suite("Hashes of fields that go by place")
struct PlacedFieldsTests {
  private static let key = Array("a key of 16 bytes".utf8)
  private let masker = Masker(Masking(kinds: [], hashedFields: ["user"], key: PlacedFieldsTests.key))

  /// What a JSON member `user` of that value becomes.
  private func hash(of user: String) -> String { masker.masked(user, of: "user") }

  private static let columns = [
    "user", "src_ip", "vhost", "time", "method", "uri", "protocol", "status", "bytes", "referer", "user_agent",
  ]

  @Test(
    "The user of an access log becomes the hash that a JSON field has, and all else is decoded as before",
    arguments: ["192.0.2.1 - ", "shop.example:443 192.0.2.1 - ", "192.0.2.1, 192.0.2.2 - ", "2001:db8::1 ident "],
    ["bob", "42", "bob@example.com", #""bob""#, "a=b", "user=bob", "Ünal", #"EXAMPLE\bob"#])
  func accessLog(head: String, user: String) {
    let tail = #" [24/Nov/2026:04:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "https://shop.example/" "curl/8.0""#
    let line = masker.masked(head + user + tail)
    #expect(line == head + hash(of: user) + tail)
    for decoder in [TextLineDecoder(.combined) as any StellaDetection.Decoder, AutoDecoder()] {
      let rows = DecodedLines([head + user + tail, line], decoder: decoder, columns: Self.columns).rows
      var expected = rows[0].cells
      #expect(expected["user"] == .string(user))
      expected["user"] = .string(hash(of: user))
      #expect(rows[1].cells == expected)
    }
  }

  @Test("The common format has the hash too, and a name of several words becomes one")
  func common() {
    let tail = #" [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 401 -"#
    #expect(masker.masked("192.0.2.1 - bob smith" + tail) == "192.0.2.1 - \(hash(of: "bob smith"))" + tail)
    #expect(masker.masked(#"{"user":"bob"}"#) == #"{"user":"\#(hash(of: "bob"))"}"#)
  }

  @Test(
    "Error logs and syslog have the hash once, also behind a name",
    arguments: [
      ("Nov 24 04:00:00 web sshd[7]: Failed password for ", " from 192.0.2.9 port 22 ssh2"),
      ("Nov 24 04:00:00 web sshd[7]: pam_unix(sshd:auth): authentication failure; uid=0 rhost=192.0.2.9  user=", ""),
      ("Nov 24 04:00:00 web CRON[9]: (", ") CMD (run-parts /etc/cron.hourly)"),
      ("Nov 24 04:00:00 web nginx: 192.0.2.1 - ", #" [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#),
      ("2026/11/24 04:00:00 [error] 7#7: *1 user \"", "\": password mismatch, client: 192.0.2.1, server: shop"),
      ("[Tue Nov 24 04:00:00 2026] [error] [client 192.0.2.1] user ", ": authentication failure for /: x"),
    ])
  func others(before: String, after: String) {
    #expect(masker.masked(before + "bob" + after) == before + hash(of: "bob") + after)
  }

  @Test(
    "Lines without a user by place stay as they are",
    arguments: [
      #"192.0.2.1 - - [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 200 5"#,
      #"192.0.2.1 - "" [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 200 5"#,
      #"Nov 24 04:00:00 web nginx: 192.0.2.1 - - [24/Nov/2026:04:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#,
      "192.0.2.1 - bob [soon] GET", "login failed for user bob", "Nov 24 04:00:00 web app[7]: hello bob",
      "2026-11-24 04:00:00 INFO bob - hello", "", " ", "{bob", #"{"message":"hello bob"}"#,
    ])
  func kept(line: String) { #expect(masker.masked(line) == line) }

  @Test("Only a hash that was asked for is put, and the other masks find what they found")
  func besides() throws {
    let line = "Nov 24 04:00:00 web sshd[7]: Failed password for bob from 192.0.2.9 port 22 ssh2"
    #expect(Masker(Masking(kinds: [], hashedFields: ["user_id"], key: Self.key)).masked(line) == line)
    #expect(Masker(Masking(kinds: [], hashedFields: ["user"])).masked(line) == line)
    let pattern = Masking.Pattern(
      name: "peer", expression: try RegularExpression(Array("for [^ ]+ from ([^ ]+)".utf8)))
    let both = Masker(Masking(kinds: [], patterns: [pattern], hashedFields: ["user"], key: Self.key))
    #expect(
      both.masked(line)
        == "Nov 24 04:00:00 web sshd[7]: Failed password for \(hash(of: "bob")) from [peer] port 22 ssh2")
    let addresses = Masker(Masking(kinds: .address, hashedFields: ["USER"], key: Self.key))
    #expect(addresses.masked(line).contains("for \(hash(of: "bob")) from [ip] port"))
  }
}
