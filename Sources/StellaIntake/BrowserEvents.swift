import StellaModel

/// What pages measure in browsers, as events: strictly what is described here, so that nothing personal comes in by mistake.
///
/// A body is a JSON object of one kind, or an array of up to 50. Each has `page`, the path of the page without query and fragment,
/// and `view`, a random name for one view of it. Everything else depends on the kind.
package struct BrowserEvents {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Core Web Vitals of a view: `lcp_ms`, `inp_ms`, `cls`, `fcp_ms`, `ttfb_ms`, `load_ms`; at least one of them.
    case navigation
    /// Something that the page has loaded: `resource`, `took_ms`, `initiator`, `bytes`, `failed`.
    case resource
    /// A measurement of the page's own: `name`, `value`.
    case custom
    /// Something that the user did: `action`, `ok`, `took_ms`, `error_type`.
    case userAction = "user-action"
    /// That the page was seen: `from`, the page before on the same site.
    case pageView = "page-view"
  }

  package static let mostOfBatch = 50
  private static let longest = 600_000.0
  private static let longestPath = 512

  private enum Value {
    case number(ClosedRange<Double>)
    case whole(ClosedRange<Int64>)
    /// ASCII letters, digits and `_ - . :`, so many at most.
    case word(Int)
    /// A path without query and fragment; with them it is cut there, and where it is too long.
    case path
    /// A path, or a URL, cut in the same way.
    case address
    case flag
  }

  private struct Field {
    let name: StaticString
    let value: Value
    var isRequired = false
  }

  private static let view: [Field] = [
    Field(name: "page", value: .path, isRequired: true), Field(name: "view", value: .word(64), isRequired: true),
  ]

  private static func fields(_ kind: Kind) -> [Field] {
    switch kind {
    case .navigation:
      view + [
        Field(name: "lcp_ms", value: .number(0...longest)), Field(name: "inp_ms", value: .number(0...longest)),
        Field(name: "fcp_ms", value: .number(0...longest)), Field(name: "ttfb_ms", value: .number(0...longest)),
        Field(name: "load_ms", value: .number(0...longest)), Field(name: "cls", value: .number(0...1000)),
      ]
    case .resource:
      view + [
        Field(name: "resource", value: .address, isRequired: true),
        Field(name: "took_ms", value: .number(0...longest), isRequired: true),
        Field(name: "initiator", value: .word(32)), Field(name: "bytes", value: .whole(0...(1 << 40))),
        Field(name: "failed", value: .flag),
      ]
    case .custom:
      view + [
        Field(name: "name", value: .word(64), isRequired: true),
        Field(name: "value", value: .number(-1e15...1e15), isRequired: true),
      ]
    case .userAction:
      view + [
        Field(name: "action", value: .word(64), isRequired: true), Field(name: "ok", value: .flag, isRequired: true),
        Field(name: "took_ms", value: .number(0...longest)), Field(name: "error_type", value: .word(64)),
      ]
    case .pageView: view + [Field(name: "from", value: .path)]
    }
  }

  private let kind: Kind
  private let fields: [Field]
  private let service: String
  private let context: IntakeContext

  /// - Parameter service: of the events.
  /// - Throws: ``CommandFailure`` `usage` that says what doesn't fit. Nothing was taken.
  package static func batch(
    _ body: UnsafeRawBufferPointer, kind: Kind, service: String, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    let events = BrowserEvents(kind: kind, fields: fields(kind), service: service, context: context)
    return try JSONReader().read(body, or: CommandFailure.noJSON) { (root) throws(CommandFailure) in
      var batch = IntakeBatch()
      if root.isArray {
        try root.eachChild { (element) throws(CommandFailure) in try events.take(element, &batch) }
      } else {
        try events.take(root, &batch)
      }
      return batch
    }
  }

  private func take(_ object: JSONNode, _ batch: inout IntakeBatch) throws(CommandFailure) {
    guard object.isObject else { throw refusal("an event is a JSON object") }
    guard batch.count < Self.mostOfBatch else { throw refusal("over \(Self.mostOfBatch) events come at once") }
    var members = MemberList()
    members.add("time") { $0.time(context.arrival) }
    members.add("service") { $0.string(service) }
    members.add("browser") { $0.string(kind.rawValue) }
    var seen: Set<Int> = []
    try object.eachChild { (member) throws(CommandFailure) in
      guard let place = fields.firstIndex(where: { Self.isSame($0.name, member.name) }) else {
        throw refusal("there is no member \(Self.shown(member.name)) of \(kind.rawValue)")
      }
      guard seen.insert(place).inserted else { throw refusal("the member \(fields[place].name) stands there twice") }
      try add(fields[place], member, to: &members)
    }
    for (place, field) in fields.enumerated() where field.isRequired && !seen.contains(place) {
      throw refusal("the member \(field.name) is missing")
    }
    if seen.count == Self.view.count, kind == .navigation { throw refusal("nothing was measured") }
    batch.take(members, limit: context.lineBytes)
  }

  private func add(_ field: Field, _ member: JSONNode, to members: inout MemberList) throws(CommandFailure) {
    switch field.value {
    case .number(let range):
      guard let number = member.double, range.contains(number) else {
        throw refusal("\(field.name) is no number from \(range.lowerBound) to \(range.upperBound)")
      }
      members.add(field.name) { $0.double(number) }
    case .whole(let range):
      guard member.text == nil, let number = member.integer, range.contains(number) else {
        throw refusal("\(field.name) is no whole number from \(range.lowerBound) to \(range.upperBound)")
      }
      members.add(field.name) { $0.integer(number) }
    case .flag:
      guard let flag = member.flag else { throw refusal("\(field.name) is neither true nor false") }
      members.add(field.name) { $0.bool(flag) }
    case .word(let limit):
      guard let text = member.text, (1...limit).contains(text.count), text.allSatisfy(Self.isWord) else {
        throw refusal("\(field.name) is no word of up to \(limit) ASCII letters, digits and _ - . :")
      }
      members.add(field.name) { $0.string(text) }
    case .path, .address:
      guard let text = member.text, let address = Self.address(field.value, text) else {
        throw refusal("\(field.name) is no path that begins with /")
      }
      members.add(field.name) { $0.string(address) }
    }
  }

  /// Without what may be about somebody: query, fragment, user and password.
  private static func address(_ value: Value, _ text: UnsafeRawBufferPointer) -> String? {
    let whole = text.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    guard whole.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
    let path = String(decoding: whole, as: UTF8.self)
    if path.hasPrefix("/") { return cut(path) }
    guard case .address = value, path.hasPrefix("https://") || path.hasPrefix("http://") else { return nil }
    let host = path.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
    return host.isEmpty || host.contains("@") ? nil : cut(path)
  }

  /// One long path is no reason to lose all that came with it. No character is cut in two.
  private static func cut(_ path: String) -> String {
    let bytes = path.utf8
    guard bytes.count > longestPath else { return path }
    var end = bytes.index(bytes.startIndex, offsetBy: longestPath)
    while UTF8.isContinuation(bytes[end]) { end = bytes.index(before: end) }
    return String(path[..<end])
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      || [45, 46, 58, 95].contains(byte)
  }

  private static func isSame(_ name: StaticString, _ text: UnsafeRawBufferPointer) -> Bool {
    text.elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
  }

  private static func shown(_ text: UnsafeRawBufferPointer) -> String {
    TextEscaping.oneLine(String(decoding: text.prefix(60), as: UTF8.self).debugDescription, limit: 80)
  }

  private func refusal(_ reason: String) -> CommandFailure {
    CommandFailure(.usage, "\(reason). Nothing was taken.")
  }
}
