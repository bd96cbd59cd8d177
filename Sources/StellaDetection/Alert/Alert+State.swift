import StellaModel

extension Alert {
  /// What of an alert its rule does not say, for a checkpoint.
  func save(to writer: StateWriter) {
    for text in [id, rule, type, severity.rawValue, title, summary, status.rawValue, source] { writer.write(text) }
    for number in [Int64(revision), firstSeen, lastSeen, Int64(count)] { writer.write(number) }
    writer.write(key)
    writer.write(labels)
    writer.write(value) { writer.write($0) }
    writer.write(expected) { writer.write($0) }
    writer.write(runbook) { writer.write($0) }
    for texts in [affectedUsers, suggestedActions, fixes] { writer.write(texts) }
    writer.write(evidence.count)
    for event in evidence { event.save(to: writer) }
  }

  init(from reader: inout StateReader) throws(StateError) {
    let id = try reader.text()
    let rule = try reader.text()
    let type = try reader.text()
    let severity = Severity(rawValue: try reader.text())
    let title = try reader.text()
    let summary = try reader.text()
    let status = Status(rawValue: try reader.text())
    let source = try reader.text()
    guard let severity, let status else { throw StateError(message: "an alert has no known status") }
    self.init(
      id: id, rule: rule, type: type, severity: severity, title: title, summary: summary, key: [], status: status,
      revision: try reader.counter(), firstSeen: try reader.integer(), lastSeen: try reader.integer(),
      count: try reader.counter(), source: source)
    key = try reader.members()
    labels = try reader.members()
    value = try reader.optional { reader throws(StateError) in try reader.value() }
    expected = try reader.optional { reader throws(StateError) in try reader.value() }
    runbook = try reader.optional { reader throws(StateError) in try reader.text() }
    affectedUsers = try reader.texts()
    suggestedActions = try reader.texts()
    fixes = try reader.texts()
    for _ in 0..<(try reader.count()) { evidence.append(try Event(from: &reader)) }
  }
}

extension Event {
  func save(to writer: StateWriter) {
    writer.write(time)
    writer.write(level) { writer.write(Int($0.rawValue)) }
    writer.write(message)
    writer.write(service) { writer.write($0) }
    writer.write(fields)
  }

  init(from reader: inout StateReader) throws(StateError) {
    let time = try reader.integer()
    let level = try reader.optional { reader throws(StateError) in try reader.number(in: 0...255) }
    self.init(
      time: time, level: level.flatMap { LogLevel(rawValue: UInt8($0)) }, message: try reader.text(),
      service: try reader.optional { reader throws(StateError) in try reader.text() },
      fields: try reader.members())
  }
}

extension Finding {
  func save(to writer: StateWriter) {
    writer.write(summary) { writer.write($0) }
    writer.write(severity) { writer.write($0.rawValue) }
    writer.write(value) { writer.write($0) }
    writer.write(expected) { writer.write($0) }
    writer.write(count)
    writer.write(firstSeen) { writer.write($0) }
    writer.write(evidence.count)
    for record in evidence { record.save(to: writer) }
    writer.write(affectedUsers)
    writer.write(actions) { writer.write($0) }
    writer.write(suggest) { writer.write($0) }
    writer.write(labels)
  }

  init(from reader: inout StateReader) throws(StateError) {
    summary = try reader.optional { reader throws(StateError) in try reader.text() }
    severity = try reader.optional { reader throws(StateError) in try reader.text() }.flatMap(Severity.init)
    value = try reader.optional { reader throws(StateError) in try reader.value() }
    expected = try reader.optional { reader throws(StateError) in try reader.value() }
    count = try reader.counter()
    firstSeen = try reader.optional { reader throws(StateError) in try reader.integer() }
    for _ in 0..<(try reader.count()) { evidence.append(try EvidenceRecord(from: &reader)) }
    affectedUsers = try reader.texts()
    actions = try reader.optional { reader throws(StateError) in try reader.texts() }
    suggest = try reader.optional { reader throws(StateError) in try reader.texts() }
    labels = try reader.members()
  }
}

extension EvidenceRecord {
  func save(to writer: StateWriter) {
    writer.write(bytes: bytes)
    writer.write(time)
    writer.write(Int(source))
  }

  init(from reader: inout StateReader) throws(StateError) {
    bytes = Array(try reader.slice())
    time = try reader.integer()
    source = UInt16(try reader.number(in: 0...Int(UInt16.max)))
  }
}
