import StellaModel
import Testing

@testable import StellaDetection

@Suite("Masking of random records")
struct MaskPropertyTests {
  private static let words = [
    "user", "login", "failed", "from", "é", "日本", "a-b", "(x)", "GET", "/api/v1", "\"", "\\", "\t", "7", "3.14", "{",
    "}", "[", "]",
    ",", ":", "=", "%", "http://", "n", "x=", "\u{1}",
  ]

  private static func planted(_ random: inout SplitMix) -> String {
    func text(_ range: ClosedRange<Int>, _ alphabet: String) -> String {
      let letters = Array(alphabet)
      return String(
        (0..<Int.random(in: range, using: &random)).map { _ in
          letters[Int.random(in: 0..<letters.count, using: &random)]
        })
    }
    let lower = "abcdefghijklmnopqrstuvwxyz"
    let all = lower + lower.uppercased() + "0123456789"
    switch Int.random(in: 0...5, using: &random) {
    case 0:
      return text(1...12, all) + text(0...3, all + "._+-") + text(1...1, all) + "@" + text(1...8, lower) + "."
        + text(2...4, lower)
    case 1:
      return
        "\(Int.random(in: 1...126, using: &random)).\(Int.random(in: 0...255, using: &random)).\(Int.random(in: 0...255, using: &random)).\(Int.random(in: 1...255, using: &random))"
    case 2:
      return "2001:db8:"
        + (0..<6).map { _ in String(Int.random(in: 1...65535, using: &random), radix: 16) }.joined(separator: ":")
    case 3: return "AKIA" + text(16...16, lower.uppercased() + "0123456789")
    case 4: return "ghp_" + text(30...36, all) + "7"
    default: return "eyJ" + text(10...20, all) + ".eyJ" + text(10...20, all) + "." + text(10...20, all + "-_")
    }
  }

  /// JSON of a text with escapes where none are needed, as some writers do.
  private static func escaped(_ text: String, _ random: inout SplitMix) -> String {
    text.unicodeScalars.map { scalar in
      if scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
        || scalar.value < 0x80 && Int.random(in: 0...9, using: &random) == 0
      {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
      return String(scalar)
    }.joined()
  }

  @Test("No planted address, e-mail or token survives in text or JSON, JSON stays JSON, and twice is once")
  func planted() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed)
    let masker = Masker(Masking())
    let parser = JSONParser()
    for _ in 0..<4000 {
      let secret = Self.planted(&random)
      let before = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
      }.joined(separator: " ")
      let after = (0..<Int.random(in: 0...4, using: &random)).map { _ in
        Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
      }.joined(separator: " ")
      let text = [before, secret, after].filter { !$0.isEmpty }.joined(separator: " ")
      let masked = masker.masked(text)
      #expect(!masked.contains(secret), "\(seed): \(text.debugDescription)")
      #expect(masker.masked(masked) == masked, "\(seed): \(text.debugDescription)")

      let inner = Self.escaped(text, &random)
      let record =
        Int.random(in: 0...3, using: &random) == 0
        ? #"{"\#(inner)":[1,"x"]}"# : #"{"a":{"m":"\#(inner)","n":-1.5e3},"t":[true,null]}"#
      let out = masker.masked(record)
      let value = try parser.parse(out)
      #expect(!value.json.contains(secret) && !"\(value)".contains(secret), "\(seed): \(record)")
      let original = try parser.parse(record)
      #expect(Self.shape(value) == Self.shape(original), "\(seed): \(record)")
    }
  }

  @Test("Records without personal data are the same bytes afterwards")
  func quiet() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed)
    let masker = Masker(Masking())
    for _ in 0..<4000 {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in
        Self.words[Int.random(in: 0..<Self.words.count, using: &random)]
      }.joined(separator: " ")
      #expect(masker.masked(text) == text, "\(seed)")
      let record = #"{"m":"\#(Self.escaped(text, &random))","k":{"n":12,"a":[1.5,false]}}"#
      #expect(masker.masked(record) == record, "\(seed)")
    }
  }

  @Test("Random bytes neither trap nor grow without bound")
  func noise() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed)
    let masker = Masker(Masking(hashedFields: ["a"], key: Array("0123456789abcdef".utf8)))
    let alphabet = Array("{}[]\":,\\u0040@%4=:.a1-_ \nBearer token".utf8) + [0, 0x80, 0xff]
    for _ in 0..<20000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
      }
      #expect(masker.masked(bytes).count <= 20 * bytes.count + 40, "\(seed)")
    }
  }

  /// A piece that a sign of personal data is made of, or a whole one.
  private static func piece(_ random: inout SplitMix) -> String {
    let signs = [
      "1", "9", "12", "255", "4111", "4111111111111111", "378282246310005", "1700000000000000000", ".", ".", ":", ":",
      "::", "-", "_", " ", "/", "=", "\"", "'", "{", "}", "[", "]", ",", "a", "f", "fe80", "2001:db8", "10.0.0.1", "@",
      "a@b.example", "%40", "\\u0040", "\\\"", "\t", "é", "T", "Basic", "BEARER", "eyJhbGciOi.eyJzdWIi.x_1", "user",
      "user.id", "User-Id", "id", "Passwd", "api-key", "session.id", "dXNlcjpwYXNzMQ", "AKIA7777777777777777", "std",
    ]
    let words = CredentialForms.keys.joined().map { "\($0.beginning)0123456789abcdefghijklmnopqrstuvwx" }
    let names = CredentialForms.secretNames.joined().map { String(decoding: $0, as: UTF8.self) }
    switch Int.random(in: 0...9, using: &random) {
    case 0: return words[Int.random(in: 0..<words.count, using: &random)]
    case 1: return names[Int.random(in: 0..<names.count, using: &random)]
    default: return signs[Int.random(in: 0..<signs.count, using: &random)]
    }
  }

  @Test("What is passed over at a glance has nothing to mask, and most records are passed over")
  func passedOver() {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var random = SplitMix(seed)
    let key = Array("0123456789abcdef".utf8)
    let maskings = [
      Masking(), Masking(hashedFields: ["user.id", "name_", "é"], key: key), Masking(kinds: .email),
      Masking(kinds: [.address, .card]), Masking(kinds: [], hashedFields: ["User_ID"], key: key),
    ]
    var passed = 0
    for round in 0..<60_000 {
      let masking = maskings[round % maskings.count]
      var text = (0..<Int.random(in: 1...6, using: &random)).map { _ in Self.piece(&random) }.joined()
      if Int.random(in: 0...2, using: &random) == 0 {
        let value = Self.piece(&random)
        text = #"{"user":{"\#(text)" : "\#(value)","\#(Self.piece(&random))":[\#(value)]},"n":12}"#
      }
      Array(text.utf8).withUnsafeBufferPointer { bytes in
        guard !masking.mayHold(bytes) else { return }
        passed += 1
        var output: [UInt8] = []
        #expect(!Masker(masking).walk(bytes, into: &output), "\(seed): \(text.debugDescription)")
      }
    }
    #expect(passed > 6000)

    for line in [
      #"{"time":"2026-11-22T10:11:12.123456789Z","level":"info","message":"order 1017 asked for","line":94,"path":"/a/{id}"}"#,
      #"{"ts":1700000000000000000,"service":"shop","latency_ms":12.5,"status":200,"user":"usr_0123456789ab"}"#,
      "2026-11-22 10:11:12,123 INFO [main] c.example.Worker - took 12.5 ms for 3 of 4 parts of std:sort",
    ] {
      Array(line.utf8).withUnsafeBufferPointer { #expect(!Masking().mayHold($0), "\(line)") }
    }
  }

  /// What kinds of values there are, without texts.
  private static func shape(_ value: FieldValue) -> String {
    switch value {
    case .object(let members): "{" + members.map { shape($0.value) }.joined(separator: ",") + "}"
    case .array(let elements): "[" + elements.map { shape($0) }.joined(separator: ",") + "]"
    case .string: "s"
    default: value.json
    }
  }
}
