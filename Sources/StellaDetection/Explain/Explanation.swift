import CStellaMatch
import CStellaValue

/// Why an expression does or does not match one event: each part as it was written, what it read, and its verdict.
package struct Explanation: Hashable, Sendable {
  /// A field that a part read, with its actual value.
  package struct Reading: Hashable, Sendable {
    package let field: String
    /// As Lua source; `nil` for a missing field. Text past 200 bytes is cut and ends in `…`. Not escaped for terminals.
    package let value: String
  }

  /// The part of the expression, as written.
  package let text: String
  package let holds: Bool
  package let readings: [Reading]
  /// Why a test is false whatever its operator: the field is missing, or of another type.
  package let reason: String?
  package let parts: [Explanation]
}

extension Expression {
  /// Evaluates every part for event `index` of `batch`, also those that the router would skip. Slow: for people.
  package func explain(_ batch: EventBatch, _ index: Int, fields: FieldTable) -> Explanation {
    let missing = UnsafeMutablePointer<stella_value>.allocate(capacity: 1)
    defer { missing.deallocate() }
    missing.initialize(to: stella_value())
    return explain(syntax, Array(text.utf8)) { name in
      guard let column = fields.existingColumn(of: name), column < batch.columnCount else {
        return UnsafePointer(missing)
      }
      return UnsafePointer(batch.cell(column, index))
    }
  }

  private func explain(
    _ part: ConditionSyntax, _ source: [UInt8], _ cell: (String) -> UnsafePointer<stella_value>
  ) -> Explanation {
    let written = String(decoding: source[part.range], as: UTF8.self)
    var parts: [Explanation] = []
    let holds: Bool
    switch part.form {
    case .constant(let value): holds = value
    case .test(let test): return Explanation(test, written, cell)
    case .not(let inner):
      parts = [explain(inner, source, cell)]
      holds = !parts[0].holds
    case .all(let inner):
      parts = inner.map { explain($0, source, cell) }
      holds = parts.allSatisfy(\.holds)
    case .any(let inner):
      parts = inner.map { explain($0, source, cell) }
      holds = parts.contains(where: \.holds)
    }
    return Explanation(text: written, holds: holds, readings: [], reason: nil, parts: parts)
  }
}

extension Explanation {
  fileprivate init(_ test: FieldTest, _ written: String, _ cell: (String) -> UnsafePointer<stella_value>) {
    let cells = test.fields.map(cell)
    var slots: [String] = []
    let bound = CellTest(test) { name in
      if let slot = slots.firstIndex(of: name) { return slot }
      slots.append(name)
      return slots.count - 1
    }
    let bits = UnsafeMutablePointer<UInt64>.allocate(capacity: Int(STELLA_BITS_WORDS))
    defer { bits.deallocate() }
    stella_bits_fill(bits, 1)
    cells.withUnsafeBufferPointer { bound.narrow($0.baseAddress.unsafelyUnwrapped, bits) }
    self.init(
      text: written, holds: bits[0] != 0,
      readings: zip(test.fields, cells).map { Reading(field: $0, value: $1.pointee.source) },
      reason: Explanation.reason(test, cells.map(\.pointee)), parts: [])
  }

  private static func reason(_ test: FieldTest, _ cells: [stella_value]) -> String? {
    switch test.question {
    case .present, .isNull: return nil
    default: break
    }
    for (field, cell) in zip(test.fields, cells) where cell.kind == STELLA_MISSING { return "\(field) is missing" }
    let cell = cells[0]
    func unless(_ isComparable: Bool, _ wanted: String) -> String? {
      isComparable ? nil : "\(test.field) is \(cell.kindName), not \(wanted)"
    }
    switch test.question {
    case .present, .isNull: return nil
    case .isTrue: return unless(cell.kind == STELLA_BOOL, "a boolean")
    case .level: return cell.ordinal == 0 ? "\(test.field) is no known level" : nil
    case .text, .matches: return unless(cell.kind == STELLA_STRING, "text")
    case .cidr:
      var address = stella_address()
      let isAddress = cell.kind == STELLA_STRING && stella_address_parse(cell.p, Int(cell.length), &address)
      return isAddress ? nil : "\(test.field) is no IP address"
    case .compare(_, let literal): return unless(cell.isComparable(with: literal), literal.kindName)
    case .oneOf(let literals):
      return literals.contains(where: cell.isComparable) ? nil : "\(test.field) is \(cell.kindName)"
    case .compareField(_, let other):
      var (a, b) = (cells[0], cells[1])
      guard stella_value_order(&a, &b) == STELLA_APART else { return nil }
      return "\(test.field) is \(a.kindName), \(other) is \(b.kindName)"
    }
  }
}

extension stella_value {
  fileprivate var kindName: String {
    switch Int(kind) {
    case Int(STELLA_MISSING): "missing"
    case Int(STELLA_NULL): "null"
    case Int(STELLA_BOOL): "a boolean"
    case Int(STELLA_INT), Int(STELLA_DOUBLE): "a number"
    case Int(STELLA_STRING): "text"
    case Int(STELLA_ARRAY): "an array"
    default: "an object"
    }
  }

  fileprivate func isComparable(with literal: Literal) -> Bool {
    switch literal {
    case .null: kind == STELLA_NULL
    case .bool: kind == STELLA_BOOL
    case .integer, .double: kind == STELLA_INT || kind == STELLA_DOUBLE
    case .text: kind == STELLA_STRING
    }
  }

  fileprivate var source: String {
    switch Int(kind) {
    case Int(STELLA_MISSING): return "nil"
    case Int(STELLA_NULL): return "null"
    case Int(STELLA_BOOL): return i != 0 ? "true" : "false"
    case Int(STELLA_INT): return Literal.integer(i).source
    case Int(STELLA_DOUBLE): return Literal.double(d).source
    default:
      var end = min(Int(length), 200)
      let isCut = end < Int(length)
      // Not in the middle of a character.
      while isCut, end > 0, p[end] & 0xC0 == 0x80 { end -= 1 }
      let text = Array(UnsafeBufferPointer(start: p, count: end))
      let shown = kind == STELLA_STRING ? Literal.text(text).shown : String(decoding: text, as: UTF8.self)
      return shown + (isCut ? "…" : "")
    }
  }
}
