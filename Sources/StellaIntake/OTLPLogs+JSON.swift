import StellaModel

extension OTLPLogs {
  /// Reads a body of `application/json`: the JSON of protocol buffers, with ids as hexadecimal digits.
  ///
  /// - Throws: ``CommandFailure`` `usage` when it is no such message. Nothing was taken.
  package static func batch(
    json body: UnsafeRawBufferPointer, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    try JSONReader().read(
      body, or: CommandFailure.noJSON
    ) {
      (root) throws(CommandFailure) in
      guard root.isObject else {
        throw CommandFailure(.usage, "the body is no ExportLogsServiceRequest. No record was taken.")
      }
      var logs = OTLPLogs(context)
      do throws(Refusal) {
        try root["resourceLogs"]?.eachChild { (resource) throws(Refusal) in try logs.takeResource(resource) }
      } catch {
        throw CommandFailure(.usage, "the body has a log record or a value of another shape. No record was taken.")
      }
      return logs.batch
    }
  }

  private mutating func takeResource(_ node: JSONNode) throws(Refusal) {
    resource.removeAll()
    if let attributes = node["resource"]?["attributes"] { try Self.add(attributes, to: &resource) }
    try node["scopeLogs"]?.eachChild { (node) throws(Refusal) in try takeScope(node) }
  }

  private mutating func takeScope(_ node: JSONNode) throws(Refusal) {
    scope.removeAll()
    if let found = node["scope"] {
      if let name = found["name"]?.text, !name.isEmpty { scope.add("logger") { $0.string(name) } }
      if let version = found["version"]?.text, !version.isEmpty { scope.add("scope.version") { $0.string(version) } }
      if let attributes = found["attributes"] { try Self.add(attributes, to: &scope) }
    }
    try node["logRecords"]?.eachChild { (record) throws(Refusal) in try takeRecord(record) }
  }

  private mutating func takeRecord(_ record: JSONNode) throws(Refusal) {
    guard record.isObject else { throw .malformed }
    var head = Head()
    let (time, observed) = (record["timeUnixNano"], record["observedTimeUnixNano"])
    head.time = Self.nanoseconds(time) ?? 0
    head.observed = Self.nanoseconds(observed) ?? 0
    if head.time == 0 {
      head.unreadTime =
        Self.unread(time, "timeUnixNano") ?? Self.unread(observed, "observedTimeUnixNano")
    }
    head.severity = record["severityNumber"]?.integer ?? 0
    head.severityText = record["severityText"]?.text ?? head.severityText
    head.eventName = record["eventName"]?.text ?? head.eventName
    head.trace = Self.identity(record["traceId"])
    head.span = Self.identity(record["spanId"])
    let body = record["body"]
    let text = body?["stringValue"]?.text
    try take(head, text: text) { (members) throws(Refusal) in
      if let attributes = record["attributes"] { try Self.add(attributes, to: &members) }
      guard text == nil, let body else { return }
      try members.add("body") { (json) throws(Refusal) in try Self.write(body, to: &json, depth: 0) }
    }
  }

  /// Nil for what isn't a count of nanoseconds, and for nothing.
  private static func nanoseconds(_ node: JSONNode?) -> Int64? {
    guard let count = node?.integer, count >= 0 else { return nil }
    return count
  }

  /// What is no time, with its name, so that nobody takes `-1` or `1.5` for one after all; nil for a time and for nothing.
  private static func unread(_ node: JSONNode?, _ name: String) -> String? {
    guard let node, nanoseconds(node) == nil else { return nil }
    var json = JSONText()
    json.value(node)
    let text = node.string ?? String(decoding: json.bytes, as: UTF8.self)
    return "\(name): \(text.prefix(200))"
  }

  private static func identity(_ node: JSONNode?) -> String {
    guard let text = node?.string, text.contains(where: { $0 != "0" }) else { return "" }
    return text.lowercased()
  }

  private static func add(_ attributes: JSONNode, to members: inout MemberList) throws(Refusal) {
    try attributes.eachChild { (pair) throws(Refusal) in
      guard let name = pair["key"]?.text else { throw .malformed }
      try members.add(name, prefix: "attributes.") { (json) throws(Refusal) in
        try write(pair["value"], to: &json, depth: 0)
      }
    }
  }

  private static func write(_ value: JSONNode?, to json: inout JSONText, depth: Int) throws(Refusal) {
    guard depth < depthLimit else { throw .depth }
    guard let value, !value.isNull else { return json.raw("null") }
    guard value.isObject else { throw .malformed }
    if let text = value["stringValue"]?.text ?? value["bytesValue"]?.text {
      json.string(text)
    } else if let flag = value["boolValue"]?.flag {
      json.bool(flag)
    } else if let node = value["intValue"] {
      guard let number = node.integer else { throw .malformed }
      json.integer(number)
    } else if let node = value["doubleValue"] {
      // NaN and the infinities are texts, which JSON has no numbers for.
      if let number = node.double ?? node.string.flatMap({ Double($0) }) {
        json.double(number)
      } else {
        throw .malformed
      }
    } else if let list = value["arrayValue"] {
      json.raw("[")
      try list["values"]?.eachChild { (element) throws(Refusal) in
        json.separate()
        try write(element, to: &json, depth: depth + 1)
      }
      json.raw("]")
    } else if let list = value["kvlistValue"] {
      json.raw("{")
      try list["values"]?.eachChild { (pair) throws(Refusal) in
        guard let name = pair["key"]?.text else { throw .malformed }
        json.separate()
        json.string(name)
        json.raw(":")
        try write(pair["value"], to: &json, depth: depth + 1)
      }
      json.raw("}")
    } else {
      json.raw("null")
    }
  }
}
