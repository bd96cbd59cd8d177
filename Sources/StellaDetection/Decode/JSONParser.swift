import CStellaJSON
import CStellaValue
import StellaModel

/// Parses whole JSON documents into values: the slow path for evidence, and for the JSON text of array and object cells.
/// Thread-confined.
package final class JSONParser {
  private let json: OpaquePointer

  package init() { json = stella_json_create() }
  deinit { stella_json_destroy(json) }

  /// Why a document was refused.
  package struct Refusal: Error, Hashable {
    package let reason: String
  }

  /// The value that all of `text` denotes. Invalid UTF-8 is repaired first, a byte order mark is skipped. O(bytes).
  package func parse(_ text: UnsafeBufferPointer<UInt8>) throws(Refusal) -> FieldValue {
    var text = text
    if text.starts(with: "\u{FEFF}") { text = text.from(3) }
    let room = 4 * text.count + 256
    // The parser reads up to 64 bytes past the end, and the caller promises nothing about those.
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * text.count + 64)
    let arena = UnsafeMutablePointer<UInt8>.allocate(capacity: 3 * room)
    defer {
      copy.deallocate()
      arena.deallocate()
    }
    var length = text.count
    if let base = text.baseAddress {
      if stella_utf8_valid(base, text.count) != 0 {
        copy.update(from: base, count: text.count)
      } else {
        length = stella_utf8_repair(base, text.count, copy)
      }
    }
    (copy + length).initialize(repeating: 0, count: 64)
    var nodes: UnsafePointer<stella_json_node>?
    var count: UInt32 = 0
    let reason = stella_json_parse(json, copy, UInt32(length), arena, .max, &nodes, &count)
    guard reason == 0, let nodes, count > 0 else { throw Refusal(reason: String(cString: stella_json_reason(reason))) }
    return JSONParser.value(nodes, 0)
  }

  package func parse(_ text: String) throws(Refusal) -> FieldValue {
    var text = text
    let result = text.withUTF8 { bytes in Result { () throws(Refusal) in try parse(bytes) } }
    return try result.get()
  }

  private static func value(_ nodes: UnsafePointer<stella_json_node>, _ index: Int) -> FieldValue {
    let node = nodes[index]
    switch Int(node.value.kind) {
    case STELLA_OBJECT:
      var members: [FieldValue.Member] = []
      var child = index + 1
      while child < Int(node.next) {
        members.append(
          FieldValue.Member(String(decoding: nodes[child].key.text, as: UTF8.self), value(nodes, child)))
        child = Int(nodes[child].next)
      }
      return .object(members)
    case STELLA_ARRAY:
      var elements: [FieldValue] = []
      var child = index + 1
      while child < Int(node.next) {
        elements.append(value(nodes, child))
        child = Int(nodes[child].next)
      }
      return .array(elements)
    default:
      return node.value.plainValue ?? .null
    }
  }
}
