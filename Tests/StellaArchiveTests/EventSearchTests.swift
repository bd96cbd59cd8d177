import StellaDetection
import StellaModel
import Testing

@testable import StellaArchive

@Suite("Looking for events")
struct EventSearchTests {
  private func lines(
    _ scene: ArchiveScene, _ parameters: [(name: String, value: String)], masking: Masking = Masking(),
    isPrivileged: Bool = true
  ) throws -> [String] {
    var query = try EventQuery(parameters, now: scene.now)
    query.isPrivileged = isPrivileged
    return EventArchive(scene.directory, masking: masking).page(query).lines.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("Conditions hold as in rules, and events look as in the stream")
  func conditions() throws {
    let scene = ArchiveScene()
    try scene.open()
    for status in [200, 404, 500, 503] {
      scene.append(
        #"{"level":"error","service":"shop","message":"done","status":\#(status),"user":{"id":7}}"#,
        time: ArchiveScene.start, level: .error, service: "shop")
    }
    try scene.commit()
    let found = try lines(scene, [("where", "status >= 500 and user.id == 7")])
    #expect(
      found
        == [503, 500].map {
          #"{"id":"\#($0 == 503 ? 3 : 2)","time":"2023-11-14T22:13:20.000000000Z","level":"error","service":"shop","message":"done","#
            + #""fields":{"level":"error","service":"shop","message":"done","status":\#($0),"user":{"id":7}}}"#
        })
    #expect(try lines(scene, [("where", "status >= 500"), ("search", "nothing")]).isEmpty)
  }

  @Test("Who may not see personal data neither sees it nor finds it, and finds what is shown")
  func masked() throws {
    let scene = ArchiveScene()
    try scene.open()
    for name in ["bob", "eve"] {
      scene.append(
        #"{"message":"mail from \#(name)@example.com","user":"\#(name)@example.com"}"#, time: ArchiveScene.start)
    }
    scene.append(#"{"message":"nothing personal"}"#, time: ArchiveScene.start)
    for number in 0..<40 { scene.append(#"{"message":"other \#(number)"}"#, time: ArchiveScene.start) }
    try scene.commit()
    for (parameters, all, shown) in [
      ([("search", "bob@")], 1, 0), ([("search", "mail from")], 2, 2), ([("search", "[email]")], 0, 2),
      ([("search", "MAIL")], 2, 2), ([("search", "email")], 0, 2), ([("search", "personal")], 1, 1),
      ([("where", #"user == "bob@example.com""#)], 1, 0), ([("where", #"startswith(user, "[email]")"#)], 0, 2),
    ] {
      let named = parameters.map { (name: $0.0, value: $0.1) }
      #expect(try lines(scene, named).count == all, "\(parameters)")
      let seen = try lines(scene, named, isPrivileged: false)
      #expect(seen.count == shown && !seen.joined().contains("@"), "\(parameters) \(seen)")
    }
  }

  @Test("Services are asked for by what is shown of them, in events and in series")
  func maskedServices() throws {
    let scene = ArchiveScene()
    try scene.open()
    for name in ["bob@example.com", "eve@example.com", "shop"] {
      scene.append(#"{"service":"\#(name)"}"#, time: ArchiveScene.start, service: name)
    }
    try scene.commit()
    for (service, all, shown) in [("bob@example.com", 1, 0), ("[email]", 0, 2), ("shop", 1, 1), ("bob", 0, 0)] {
      let parameters = [(name: "service", value: service)]
      #expect(try lines(scene, parameters).count == all, "\(service)")
      #expect(try lines(scene, parameters, isPrivileged: false).count == shown, "\(service)")
    }
  }

  @Test("A filter of sequences never leaves out what is there, however much it is narrowed")
  func filters() {
    var random = SplitMix64(state: 4)
    for size in [0, 3, 4, 200, 20_000] {
      var filter = GramFilter()
      let text = (0..<size).map { _ in UInt8(97 + random.below(26)) }
      text.withUnsafeBufferPointer { filter.insert($0) }
      var writer = RecordWriter()
      filter.narrowed.write(to: &writer)
      let read = writer.bytes.withUnsafeBytes { bytes in
        var reader = RecordReader(bytes)
        return GramFilter(from: &reader)
      }
      for _ in 0..<200 where size > 10 {
        let start = random.below(size - 10)
        let part = Array(text[start..<start + 1 + random.below(10)])
        #expect(filter.couldHold(part) && read?.couldHold(part) == true)
      }
      if size == 200 {
        #expect(writer.bytes.count < 600 && read?.couldHold(Array("0123456789".utf8)) == false)
      }
    }
  }

  @Test("Case makes no difference in Latin, Greek and Cyrillic letters, and no text changes its length")
  func folding() {
    for (text, folded) in [
      ("ÄÖÜ Ñ", "äöü ñ"), ("ΔΟΚΙΜΗ", "δοκιμη"), ("ЖЁ", "жё"), ("İ ẞ \u{212a}", "İ ẞ \u{212a}"), ("A\u{0}z", "a\u{0}z"),
    ] {
      #expect(FoldedText.folded(text) == Array(folded.utf8), "\(text)")
    }
    var broken: [UInt8] = []
    [0xc3, 0x41, 0xff, 0xc3].withUnsafeBufferPointer { FoldedText.fold($0, into: &broken) }
    #expect(broken == [0xc3, 0x61, 0xff, 0xc3])
  }

  @Test("Parameters that make no sense are refused with what there is")
  func parameters() throws {
    for (name, value, part) in [
      ("sinc", "1h", "Did you mean since?"), ("since", "yesterday", "how long ago"),
      ("level", "eror", "Did you mean error?"),
      ("limit", "0", "from 1 to 1000"), ("limit", "1001", "from 1 to 1000"), ("after", "-1", "stella-next"),
      ("after", "9223372036854775807", "stella-next"), ("where", "status >>", "no condition"),
      ("order", "old", "There are newest"),
      ("service", ",", "commas"), ("search", "a\nb", "one line"),
    ] {
      let failure = #expect(throws: CommandFailure.self) { try EventQuery([(name, value)], now: 0) }
      #expect(failure?.status == .usage && failure?.message.contains(part) == true, "\(String(describing: failure))")
    }
    #expect(throws: CommandFailure.self) {
      try EventQuery([("since", "1h"), ("until", "2h")], now: ArchiveScene.start)
    }
    for extreme in ["1677-09-21T00:12:43.145224192Z", "2262-04-11T23:47:16.854775807Z"] {
      _ = try EventQuery([("since", extreme)], now: ArchiveScene.start)
      _ = try? SeriesQuery([("since", extreme)], now: ArchiveScene.start)
      _ = try? SeriesQuery([("until", extreme)], now: ArchiveScene.start)
      _ = try? SeriesQuery([("since", "1677-09-21T00:12:43.145224192Z"), ("until", extreme)], now: ArchiveScene.start)
    }
    for wrong in [("step", "90s"), ("step", "0s"), ("by", "rule"), ("field", "size"), ("limit", "1")] {
      #expect(throws: CommandFailure.self, "\(wrong)") {
        try SeriesQuery([(wrong.0, wrong.1)], now: ArchiveScene.start)
      }
    }
    #expect(throws: CommandFailure.self) {
      try SeriesQuery([("since", "30d"), ("step", "1m")], now: ArchiveScene.start)
    }
  }

  @Test("A row of the table is one line, quoted as RFC 4180 says, and no formula")
  func table() {
    let table = EventTable()
    for (message, cell) in [
      ("plain", "plain"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\""), ("=1+1", "'=1+1"),
      ("+SUM(A1),2", "\"'+SUM(A1),2\""), ("-2", "'-2"), ("@cmd", "'@cmd"), (" =1", "' =1"), ("\tx", "'\\tx"),
      ("two\r\nlines", "two\\r\\nlines"), ("\u{1b}[31mred", "\\x1b[31mred"), ("", ""),
    ] {
      let event = Event(time: 0, level: .info, message: message, service: "s", fields: [.init("a", .integer(1))])
      var json = JSONText()
      json.event(event)
      let line = Array("{\"id\":\"5\",".utf8) + json.bytes.dropFirst()
      #expect(
        String(decoding: table.row(line), as: UTF8.self)
          == "5,1970-01-01T00:00:00.000000000Z,info,s,\(cell),\"{\"\"a\"\":1}\"\r\n", "\(message)")
    }
  }

  @Test("Fields stay JSON in the table whatever is in them, and no event is left out because they are nested deep")
  func fieldsOfTable() throws {
    let scene = ArchiveScene()
    try scene.open()
    let deep = String(repeating: "[", count: 255) + "1" + String(repeating: "]", count: 255)
    scene.append("{\"a\":\"x\u{202e}\u{85}\u{e0001}y\"}", time: ArchiveScene.start)
    scene.append("{\"a\":\(deep)}", time: ArchiveScene.start + 1)
    try scene.commit()
    let rows = try lines(scene, [("order", "oldest")]).map {
      String(decoding: EventTable().row(Array($0.utf8)), as: UTF8.self)
    }
    try #require(rows.count == 2)
    #expect(rows[0].hasSuffix(#","{""a"":""x\u202e\u0085\udb40\udc01y""}""# + "\r\n"), "\(rows[0])")
    #expect(rows[1].hasPrefix("1,2023-11-14") && rows[1].hasSuffix(",\"{\"\"a\"\":\(deep)}\"\r\n"), "\(rows[1])")
  }
}
