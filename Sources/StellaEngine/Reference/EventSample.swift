import StellaDetection
import StellaModel

/// The fields of the events in a sample of a log: which there are, of what types, and whether every event has them.
package struct EventSample: Sendable {
  /// A field that was seen.
  struct Field: Sendable {
    /// In events that have it at all.
    fileprivate(set) var count = 0
    fileprivate(set) var types = SampledTypes()
  }

  package private(set) var events = 0
  /// Lines that could not be decoded.
  package private(set) var failures = 0
  /// By the record's own name, dotted for nesting; names in the order they were seen first.
  private(set) var names: [String] = []
  private(set) var fields: [String: Field] = [:]
  /// Canonical names that the record has under another name, or that the decoder found.
  private(set) var canonical: [String: Field] = [:]

  /// More names than that are a sign of data among them.
  private static let nameLimit = 400
  private static let nameBytes = 100
  private static let depthLimit = 4

  /// Decodes a log as a watch would.
  ///
  /// - Throws: a ``SourceError`` when it can't be read.
  package init(_ log: [UInt8], name: String, format: LogFormat = .auto) throws(SourceError) {
    let fields = FieldRegister()
    let batch = EventBatch(columnCount: fields.table.count)
    let reader = SourceReader(
      splitter: LineSplitter(source: RecordedSource(name: name, bytes: log), index: 0), number: 0, format: format,
      clock: SourceClock(year: nil, reference: RuleTestRun.start), fields: fields, holdsJumps: false)
    while case .more = try reader.fill(batch) {
      for index in 0..<batch.count { note(reader.event(batch.record(index), time: batch.times[index])) }
      batch.removeAll(columnCount: fields.table.count)
    }
    failures = reader.failures.count
  }

  private mutating func note(_ event: Event) {
    events += 1
    var seen: Set<String> = []
    for member in event.fields { note(member.value, named: member.name, depth: 1, seen: &seen) }
    noteCanonical("time", .integer(event.time))
    if let level = event.level { noteCanonical("level", .string(level.name)) }
    noteCanonical("message", .string(event.message))
    if let service = event.service { noteCanonical("service", .string(service)) }
    for field in FieldAliases.fields where !["time", "level", "message", "service"].contains(field.name) {
      guard let source = field.sources.first(where: { seen.contains($0.name) }), let value = event.value(source.name)
      else { continue }
      switch source.conversion {
      case .none: noteCanonical(field.name, field.isNumeric ? value.asNumber : value)
      case .numeric: noteCanonical(field.name, value.asNumber)
      case .seconds, .microseconds, .nanoseconds, .durationText: noteCanonical(field.name, .double(0))
      case .path, .address, .target: noteCanonical(field.name, .string(""))
      }
    }
  }

  private mutating func note(_ value: FieldValue, named name: String, depth: Int, seen: inout Set<String>) {
    guard name.utf8.count <= Self.nameBytes, name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }),
      seen.insert(name).inserted
    else { return }
    if fields[name] == nil {
      if names.count >= Self.nameLimit { return }
      names.append(name)
    }
    fields[name, default: Field()].count += 1
    fields[name]?.types.insert(FieldAliases.field(name)?.isNumeric == true ? value.asNumber : value)
    guard case .object(let members) = value, depth < Self.depthLimit else { return }
    for member in members { note(member.value, named: "\(name).\(member.name)", depth: depth + 1, seen: &seen) }
  }

  private mutating func noteCanonical(_ name: String, _ value: FieldValue) {
    canonical[name, default: Field()].count += 1
    canonical[name]?.types.insert(value)
  }

  /// How many different fields there are, canonical ones of other names aside.
  package var fieldCount: Int { names.count }

  /// What is known of a field, best of the record's own; nil when no event has it.
  func field(_ name: String) -> Field? { canonical[name] ?? fields[name] }

  /// Whether some events lack it.
  func isOptional(_ field: Field) -> Bool { field.count < events }
}

/// The types of the values that a field had.
struct SampledTypes: Sendable, Hashable {
  private var isString = false
  private var isInteger = false
  private var isDouble = false
  private var isBool = false
  private var isNull = false
  private var isObject = false
  private var isArray = false
  /// Of the elements of lists.
  private var elements: [SampledTypes] = []

  mutating func insert(_ value: FieldValue) {
    switch value {
    case .null: isNull = true
    case .bool: isBool = true
    case .integer: isInteger = true
    case .double: isDouble = true
    case .string: isString = true
    case .object: isObject = true
    case .array(let items):
      isArray = true
      if elements.isEmpty { elements.append(SampledTypes()) }
      for item in items {
        // Of lists within lists only that there are some is of use.
        if case .array = item { elements[0].isObject = true } else { elements[0].insert(item) }
      }
    }
  }

  /// As LuaLS writes it: `integer`, `string|number`, `string[]`.
  var text: String {
    var names: [String] = []
    if isString { names.append("string") }
    // A number may be either; LuaLS takes an integer for a number.
    if isDouble { names.append("number") } else if isInteger { names.append("integer") }
    if isBool { names.append("boolean") }
    if isNull { names.append("Stella.Null") }
    if isObject { names.append("table<string, any>") }
    if isArray {
      let inner = elements.first?.text ?? ""
      names.append(inner.isEmpty ? "any[]" : inner.contains("|") ? "(\(inner))[]" : "\(inner)[]")
    }
    return names.joined(separator: "|")
  }
}

extension Event {
  /// A field under its own name, dotted for nesting.
  fileprivate func value(_ name: String) -> FieldValue? {
    if let own = fields.first(where: { $0.name == name }) { return own.value }
    var members = fields
    var found: FieldValue?
    for part in name.split(separator: ".") {
      found = members.first { $0.name == part }?.value
      if case .object(let inner)? = found { members = inner } else { members = [] }
    }
    return found
  }
}

extension FieldValue {
  /// Text that is a number as one; everything else as it is.
  fileprivate var asNumber: FieldValue {
    guard case .string(let text) = self else { return self }
    if let integer = Int64(text) { return .integer(integer) }
    return Double(text).map(FieldValue.double) ?? self
  }
}
