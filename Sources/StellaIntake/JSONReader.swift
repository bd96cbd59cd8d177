import CStellaJSON
import CStellaValue

/// Reads whole JSON documents without making values of them. Thread-confined.
package final class JSONReader {
  /// What a document can't be read for.
  package struct Refusal: Error, Sendable, Hashable {
    package let reason: String
    /// Whether it has more values than ``read(_:or:_:)`` takes.
    package var hasTooMany = false
  }

  /// Values that a document may have whatever its length. Beyond it may have one for every ``bytesPerValue``.
  private static let fewValues = 1 << 20
  /// Fewer than what senders write has on average: each value needs memory for five times that.
  private static let bytesPerValue = 8

  private let json: OpaquePointer
  /// The text, behind which the parser may read, and what it unescapes.
  private var text: UnsafeMutableBufferPointer<UInt8>
  private var arena: UnsafeMutableBufferPointer<UInt8>

  package init() {
    json = stella_json_create()
    text = .allocate(capacity: 0)
    arena = .allocate(capacity: 0)
  }

  deinit {
    stella_json_destroy(json)
    text.deallocate()
    arena.deallocate()
  }

  /// Calls `body` with the value that all of `document` denotes. Invalid UTF-8 is repaired. O(bytes), also in memory.
  ///
  /// - Parameter body: gets what is valid until it returns; it must not read with this reader.
  package func read<Value, Failure: Error>(
    _ document: UnsafeRawBufferPointer, or refused: (Refusal) -> Failure,
    _ body: (JSONNode) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard document.count <= Int(UInt32.max) / 16 else { throw refused(Refusal(reason: "it is too long")) }
    let length = copy(document)
    Self.grow(&arena, 4 * length + 256)
    guard let text = text.baseAddress, let arena = arena.baseAddress else { preconditionFailure("both have grown") }
    var nodes: UnsafePointer<stella_json_node>?
    var count: UInt32 = 0
    let limit = UInt32(max(Self.fewValues, length / Self.bytesPerValue))
    let reason = stella_json_parse(json, text, UInt32(length), arena, limit, &nodes, &count)
    guard reason == 0, let nodes, count > 0 else {
      let hasTooMany = reason == UInt32(STELLA_JSON_TOO_MANY)
      throw refused(Refusal(reason: String(cString: stella_json_reason(reason)), hasTooMany: hasTooMany))
    }
    return try body(JSONNode(nodes))
  }

  /// - Returns: bytes of the text, behind which lie 64 zeros.
  private func copy(_ document: UnsafeRawBufferPointer) -> Int {
    let source = document.assumingMemoryBound(to: UInt8.self)
    guard let base = source.baseAddress, !source.isEmpty else {
      Self.grow(&text, 64)
      text.initialize(repeating: 0)
      return 0
    }
    let isValid = stella_utf8_valid(base, source.count) != 0
    Self.grow(&text, (isValid ? 1 : 3) * source.count + 64)
    guard let target = text.baseAddress else { preconditionFailure("it has grown") }
    var length = source.count
    if isValid {
      target.initialize(from: base, count: length)
    } else {
      length = stella_utf8_repair(base, length, target)
    }
    (target + length).initialize(repeating: 0, count: 64)
    return length
  }

  private static func grow(_ buffer: inout UnsafeMutableBufferPointer<UInt8>, _ capacity: Int) {
    guard buffer.count < capacity else { return }
    buffer.deallocate()
    buffer = .allocate(capacity: max(capacity, 4096))
  }
}
