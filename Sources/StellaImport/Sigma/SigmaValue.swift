import StellaModel
import Yams

/// A value of a YAML document with the line it begins on. Plain scalars have the types of YAML 1.1, which is what Sigma
/// rules are written for: `yes` is true and `0x10` is 16; what is in quotes is text.
package struct SigmaValue: Sendable {
  package indirect enum Content: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case text(String)
    case list([SigmaValue])
    case object([(key: String, value: SigmaValue)])
  }

  package var content: Content
  /// As a scalar was written, without quotes.
  package var written: String
  package var line: Int

  package init(_ content: Content, written: String = "", line: Int) {
    self.content = content
    self.written = written
    self.line = line
  }

  /// The first value of that key in an object.
  package subscript(_ key: String) -> SigmaValue? { members.first { $0.key == key }?.value }

  package var members: [(key: String, value: SigmaValue)] {
    if case .object(let members) = content { members } else { [] }
  }

  package var elements: [SigmaValue] {
    switch content {
    case .list(let elements): elements
    case .null: []
    default: [self]
    }
  }

  /// A scalar as it was written; nil for a null, a list and an object.
  package var text: String? {
    switch content {
    case .text(let text): text
    case .bool, .integer, .double: written
    case .null, .list, .object: nil
    }
  }

  /// The texts of a list, or of one scalar.
  package var texts: [String] { elements.compactMap(\.text) }

  package var kind: String {
    switch content {
    case .null: "nothing"
    case .bool: "a boolean"
    case .integer, .double: "a number"
    case .text: "text"
    case .list: "a list"
    case .object: "a map"
    }
  }
}

extension SigmaValue {
  /// Values in one file, aliases counted each time they are used: more would be a file that unfolds without end.
  private static let limit = 200_000

  /// All documents of a YAML text, with anchors resolved; empty documents are left out.
  ///
  /// - Throws: a refusal of the whole file, at the line where it stops being YAML.
  package static func documents(_ yaml: String, file: String) throws(SigmaRefusal) -> [SigmaValue] {
    var rest = limit
    var documents: [SigmaValue] = []
    do {
      var nodes = try Yams.compose_all(yaml: yaml)
      while let node = nodes.next() {
        let value = try read(node, file: file, rest: &rest)
        if case .null = value.content { continue }
        documents.append(value)
      }
      if let error = nodes.error { throw error }
    } catch let refusal as SigmaRefusal {
      throw refusal
    } catch let error as YamlError {
      throw refusal(error, file: file)
    } catch {
      throw SigmaRefusal(.yaml, "it is no YAML: \(error)", "Correct the file.", file: file, line: 1)
    }
    return documents
  }

  private static func refusal(_ error: YamlError, file: String) -> SigmaRefusal {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      SigmaRefusal(.yaml, "it is no YAML: \(problem)", "Correct the file at that place.", file: file, line: mark.line)
    case .duplicatedKeysInMapping(let keys, let context):
      SigmaRefusal(
        .yaml, "a key stands twice: \(keys.map { "\($0)" }.joined(separator: ", "))", "Keep one of them.", file: file,
        line: context.mark.line)
    default: SigmaRefusal(.yaml, "it is no YAML: \(error)", "Correct the file.", file: file, line: 1)
    }
  }

  private static func read(_ node: Node, file: String, rest: inout Int) throws(SigmaRefusal) -> SigmaValue {
    let line = node.mark?.line ?? 1
    rest -= 1
    guard rest > 0 else {
      throw SigmaRefusal(
        .yaml, "the file has more than \(limit) values once its aliases are followed", "Split it.", file: file,
        line: line)
    }
    if let sequence = node.sequence {
      var elements: [SigmaValue] = []
      for element in sequence { elements.append(try read(element, file: file, rest: &rest)) }
      return SigmaValue(.list(elements), line: line)
    }
    if let mapping = node.mapping {
      var members: [(key: String, value: SigmaValue)] = []
      var merged: [(key: String, value: SigmaValue)] = []
      for (keyNode, valueNode) in mapping {
        guard let key = keyNode.scalar?.string else {
          throw SigmaRefusal(
            .yaml, "a key is no text", "Write a name before the colon.", file: file, line: keyNode.mark?.line ?? line)
        }
        let value = try read(valueNode, file: file, rest: &rest)
        if key == "<<" {
          for source in value.elements { merged += source.members }
        } else {
          members.append((key, value))
        }
      }
      for (key, value) in merged where !members.contains(where: { $0.key == key }) { members.append((key, value)) }
      return SigmaValue(.object(members), line: line)
    }
    guard let scalar = node.scalar else { return SigmaValue(.null, line: line) }
    let isPlain = scalar.style == .plain || scalar.style == .any
    let content = isPlain ? plain(scalar.string) : .text(scalar.string)
    return SigmaValue(content, written: scalar.string, line: line)
  }

  private static func plain(_ text: String) -> Content {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
    default: break
    }
    guard let first = text.utf8.first, first == 45 || first == 43 || first == 46 || (48...57).contains(first) else {
      return .text(text)
    }
    if let integer = integer(text) { return .integer(integer) }
    let isNumber = text.utf8.contains(46) && text.utf8.allSatisfy { "0123456789.eE+-".utf8.contains($0) }
    if isNumber, let double = Double(text), double.isFinite { return .double(double) }
    return .text(text)
  }

  private static func integer(_ text: String) -> Int64? {
    let digits = text.replacing("_", with: "")
    let isNegative = digits.hasPrefix("-")
    let body = isNegative || digits.hasPrefix("+") ? digits.dropFirst() : digits[...]
    guard let first = body.first, first.isASCII, first.isNumber else { return nil }
    let value: Int64? =
      if body.hasPrefix("0x") || body.hasPrefix("0X") {
        Int64(body.dropFirst(2), radix: 16)
      } else if body.hasPrefix("0b") {
        Int64(body.dropFirst(2), radix: 2)
      } else if body.count > 1, body.hasPrefix("0") {
        Int64(body.dropFirst(), radix: 8)
      } else {
        Int64(body)
      }
    return value.map { isNegative ? -$0 : $0 }
  }
}
