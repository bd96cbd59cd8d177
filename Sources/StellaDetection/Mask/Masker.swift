import StellaModel

/// Takes personal data out of records: log lines of any format, JSON, or plain text. Thread-confined.
///
/// A record that is a JSON object stays one: its texts are masked as what they mean, whatever escapes they are written with, and
/// a number gives way to a text. Everything else is masked as it is written. What has nothing to mask stays as it is, byte for
/// byte. O(bytes), apart from custom patterns.
package final class Masker {
  private let masking: Masking
  private let hasPatterns: Bool
  private lazy var placed = PlacedFields(masking.placedFields)
  private var unescaped: [UInt8] = []
  private var replaced: [UInt8] = []
  private var masked: [UInt8] = []
  /// Where the names of the objects begin and end that the JSON walk is in, and what they ask for.
  private var levels: [Level] = []

  private struct Level {
    var isArray: Bool
    var name: Range<Int>
    var isNameEscaped: Bool
    var demand: Masking.Demand
  }

  package init(_ masking: Masking) {
    self.masking = masking
    hasPatterns = !masking.patterns.isEmpty
  }

  /// Appends `record` masked to `output`; false when there is nothing to mask, and nothing was appended.
  package func mask(_ record: UnsafeBufferPointer<UInt8>, into output: inout [UInt8]) -> Bool {
    (!masking.placedFields.isEmpty || masking.mayHold(record)) && walk(record, into: &output)
  }

  /// The same, without asking before whether there may be something.
  func walk(_ record: Bytes, into output: inout [UInt8]) -> Bool {
    let before = output.count
    if record.first(where: { $0 != 0x20 && $0 != 0x09 }) == UInt8(ascii: "{") {
      if let changed = maskJSON(record, into: &output) { return changed }
      output.removeLast(output.count - before)
    }
    return maskPlaced(record, into: &output) || maskText(record, into: &output)
  }

  /// The record masked.
  package func masked(_ record: [UInt8]) -> [UInt8] {
    record.withUnsafeBufferPointer { bytes in
      var output: [UInt8] = []
      output.reserveCapacity(record.count + record.count / 8)
      return mask(bytes, into: &output) ? output : record
    }
  }

  package func masked(_ text: String) -> String { String(decoding: masked(Array(text.utf8)), as: UTF8.self) }

  /// What `text` becomes as the value of a JSON object's member of that name.
  package func masked(_ text: String, of name: String) -> String {
    let demand = Array(name.utf8).withUnsafeBufferPointer { masking.demand(of: $0, in: Bytes(rebasing: $0[..<0])) }
    return Array(text.utf8).withUnsafeBufferPointer { value in
      if value.isEmpty || demand == .none && !masking.mayHold(value) { return text }
      var output: [UInt8] = []
      return maskValue(value, demand, into: &output) ? String(decoding: output, as: UTF8.self) : text
    }
  }

  /// Lines, each masked by itself.
  package func maskedLines(_ lines: [UInt8]) -> [UInt8] {
    lines.withUnsafeBufferPointer { bytes in
      var output: [UInt8] = []
      output.reserveCapacity(lines.count + lines.count / 8)
      var rest = bytes[...]
      while !rest.isEmpty {
        let line = Bytes(rebasing: rest.prefix { $0 != 0x0a })
        if !mask(line, into: &output) { output += line }
        if line.count < rest.count { output.append(0x0a) }
        rest = rest.dropFirst(line.count + 1)
      }
      return output
    }
  }

  // MARK: - Text

  /// Appends a line masked that has fields to hash by their places; nothing when it has none.
  private func maskPlaced(_ line: Bytes, into output: inout [UInt8]) -> Bool {
    if masking.placedFields.isEmpty { return false }
    let places = placed.places(in: line)
    if places.isEmpty { return false }
    var text: [UInt8] = []
    var hashes: [[UInt8]] = []
    var end = 0
    for place in places {
      text += line[end..<place.lowerBound]
      var hash: [UInt8] = []
      masking.hash(Bytes(rebasing: line[place]), into: &hash)
      text += hash
      hashes.append(hash)
      end = place.upperBound
    }
    text += line[end...]
    let isMore = text.withUnsafeBufferPointer { maskText($0, keeping: hashes, into: &output) }
    if !isMore { output += text }
    return true
  }

  /// Appends text masked; nothing when it has nothing to mask.
  ///
  /// - Parameter hashes: values that are hashed already.
  private func maskText(_ text: Bytes, keeping hashes: [[UInt8]] = [], into output: inout [UInt8]) -> Bool {
    guard hasPatterns, masking.patterns.contains(where: { $0.expression.matches(text) }) else {
      return TextMask.run(text, masking, keeping: hashes, into: &output)
    }
    replaced.removeAll(keepingCapacity: true)
    replaced += text
    for pattern in masking.patterns { replace(pattern) }
    let isMore = replaced.withUnsafeBufferPointer { TextMask.run($0, masking, keeping: hashes, into: &output) }
    if !isMore { output += replaced }
    return true
  }

  private func replace(_ pattern: Masking.Pattern) {
    var result: [UInt8] = []
    replaced.withUnsafeBufferPointer { text in
      var start = 0
      while start < text.count, let found = pattern.expression.captures(Bytes(rebasing: text[start...])),
        let whole = found[0]
      {
        let hit = found.count > 1 ? found[1] ?? whole.upperBound..<whole.upperBound : whole
        result += text[start..<start + hit.lowerBound]
        if !hit.isEmpty { result += "[\(pattern.name)]".utf8 }
        // A match of nothing must not stand still.
        let next = max(hit.upperBound, whole.upperBound)
        let end = start + (next > 0 ? next : 1)
        result += text[start + hit.upperBound..<min(end, text.count)]
        start = end
      }
      if start < text.count { result += text[start...] }
    }
    replaced = result
  }

  // MARK: - JSON

  /// Nil when `record` is no JSON object.
  private func maskJSON(_ record: Bytes, into output: inout [UInt8]) -> Bool? {
    var copied = 0
    var changed = false
    // A local one costs no check of who else uses it.
    var levels = self.levels
    self.levels = []
    levels.removeAll(keepingCapacity: true)
    defer { self.levels = levels }
    /// The last key, and what it asks for, until its value has come.
    var name = 0..<0
    var isNameEscaped = false
    var demand = Masking.Demand.none
    var place = 0
    /// Puts ``masked`` in the place of what is there.
    func put(_ range: Range<Int>, isQuoted: Bool = false) {
      output += record[copied..<range.lowerBound]
      if isQuoted { output.append(UInt8(ascii: "\"")) }
      output += masked
      if isQuoted { output.append(UInt8(ascii: "\"")) }
      copied = range.upperBound
      changed = true
    }
    while place < record.count {
      let byte = record[place]
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        let isArray = byte == UInt8(ascii: "[")
        levels.append(
          Level(isArray: isArray, name: name, isNameEscaped: isNameEscaped, demand: isArray ? demand : .none))
        if !isArray { demand = .none }
        place += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard levels.popLast() != nil else { return nil }
        demand = levels.last.map { $0.isArray ? $0.demand : .none } ?? .none
        place += 1
        // Text that begins with what could be an object is text.
        if levels.isEmpty, record[place...].contains(where: { ![0x20, 0x09, 0x0d, 0x0a].contains($0) }) { return nil }
      case UInt8(ascii: ","):
        demand = levels.last.map { $0.isArray ? $0.demand : .none } ?? .none
        place += 1
      case UInt8(ascii: ":"), 0x20, 0x09, 0x0d, 0x0a: place += 1
      case UInt8(ascii: "\""):
        guard let (end, isEscaped) = Self.endOfText(record, from: place + 1) else { return nil }
        let inner = place + 1..<end
        place = end + 1
        var next = place
        while next < record.count, record[next] == 0x20 || record[next] == 0x09 { next += 1 }
        let isKey = next < record.count && record[next] == UInt8(ascii: ":") && levels.last?.isArray == false
        if isKey {
          (name, isNameEscaped) = (inner, isEscaped)
          let own = Bytes(rebasing: record[inner])
          let parent = Bytes(rebasing: record[levels.last?.name ?? 0..<0])
          demand =
            isEscaped || levels.last?.isNameEscaped == true
            ? self.demand(ofEscaped: own, in: parent) : masking.demand(of: own, in: parent)
        }
        let wanted = isKey || inner.isEmpty ? .none : demand
        if mask(Bytes(rebasing: record[inner]), isEscaped, wanted) { put(inner) }
      default:
        let start = place
        while place < record.count, !Self.isStructure(record[place]) { place += 1 }
        let token = Bytes(rebasing: record[start..<place])
        if token.equals("true") || token.equals("false") || token.equals("null") { continue }
        guard Self.isNumber(token) else { return nil }
        masked.removeAll(keepingCapacity: true)
        switch demand {
        case .hash: masking.hash(token, into: &masked)
        case .secret: masked += "[secret]".utf8
        case .none: if masking.kinds.contains(.card), TextMask.isCard(token) { masked += "[card]".utf8 }
        }
        guard !masked.isEmpty else { continue }
        put(start..<place, isQuoted: true)
      }
    }
    guard levels.isEmpty else { return nil }
    if changed { output += record[copied...] }
    return changed
  }

  /// What a member asks for when its name, or that of its object, is written with escapes: whoever decodes it sees none.
  private func demand(ofEscaped name: Bytes, in parent: Bytes) -> Masking.Demand {
    var (own, outer): ([UInt8], [UInt8]) = ([], [])
    JSONEscapes.append(name, unescapedTo: &own)
    JSONEscapes.append(parent, unescapedTo: &outer)
    return own.withUnsafeBufferPointer { own in
      outer.withUnsafeBufferPointer { outer in masking.demand(of: own, in: outer) }
    }
  }

  /// Makes ``masked`` what the inside of a JSON string becomes; false when it stays as it is.
  private func mask(_ inner: Bytes, _ isEscaped: Bool, _ demand: Masking.Demand) -> Bool {
    if demand == .none, !masking.mayHold(inner) { return false }
    masked.removeAll(keepingCapacity: true)
    guard isEscaped else { return maskValue(inner, demand, into: &masked) }
    unescaped.removeAll(keepingCapacity: true)
    JSONEscapes.append(inner, unescapedTo: &unescaped)
    var plain: [UInt8] = []
    guard unescaped.withUnsafeBufferPointer({ maskValue($0, demand, into: &plain) }) else { return false }
    JSONEscapes.append(plain, escapedTo: &masked)
    return true
  }

  private func maskValue(_ value: Bytes, _ demand: Masking.Demand, into output: inout [UInt8]) -> Bool {
    switch demand {
    case .none: return maskText(value, into: &output)
    case .hash: masking.hash(value, into: &output)
    case .secret:
      if TextMask.isHarmless(value) { return false }
      output += "[secret]".utf8
    }
    return true
  }

  /// The place of the quote that ends a text, and whether it holds escapes.
  private static func endOfText(_ record: Bytes, from start: Int) -> (end: Int, isEscaped: Bool)? {
    var place = start
    var isEscaped = false
    while place < record.count {
      switch record[place] {
      case UInt8(ascii: "\""): return (place, isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        place += 2
      default: place += 1
      }
    }
    return nil
  }

  /// Whether it is a number of RFC 8259, section 6; an IPv4 address is none.
  private static func isNumber(_ token: Bytes) -> Bool {
    var rest = token[...]
    func takeDigits() -> Bool {
      let count = rest.prefix { $0 &- 48 < 10 }.count
      rest = rest.dropFirst(count)
      return count > 0
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    guard takeDigits() else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard takeDigits() else { return false }
    }
    if let byte = rest.first, byte | 0x20 == UInt8(ascii: "e") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest = rest.dropFirst() }
      guard takeDigits() else { return false }
    }
    return rest.isEmpty
  }

  private static func isStructure(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: ","),
      UInt8(ascii: ":"), UInt8(ascii: "\""), 0x20, 0x09, 0x0d, 0x0a:
      true
    default: false
    }
  }
}
