import CStellaJSON
import CStellaValue
import StellaModel

/// A value of a document that a ``JSONReader`` reads; valid as long as that says.
package struct JSONNode {
  private let nodes: UnsafePointer<stella_json_node>
  private let index: Int

  init(_ nodes: UnsafePointer<stella_json_node>, _ index: Int = 0) {
    self.nodes = nodes
    self.index = index
  }

  private var node: stella_json_node { nodes[index] }
  private var kind: Int { Int(node.value.kind) }

  package var isObject: Bool { kind == STELLA_OBJECT }
  package var isArray: Bool { kind == STELLA_ARRAY }
  package var isNull: Bool { kind == STELLA_NULL }

  /// Of an object's member.
  package var name: UnsafeRawBufferPointer { Self.text(node.key) }

  package var text: UnsafeRawBufferPointer? { kind == STELLA_STRING ? Self.text(node.value) : nil }

  package var string: String? { text.map { String(decoding: $0, as: UTF8.self) } }

  package var flag: Bool? { kind == STELLA_BOOL ? node.value.i != 0 : nil }

  /// A whole number, also one that is written as text, as JSON of protocol buffers has those of 64 bits.
  package var integer: Int64? {
    switch kind {
    case STELLA_INT: node.value.i
    case STELLA_DOUBLE: Int64(exactly: node.value.d)
    case STELLA_STRING: string.flatMap { Int64($0) }
    default: nil
    }
  }

  /// A number of 64 bits that is written without fraction and exponent.
  package var wholeNumber: Int64? { kind == STELLA_INT ? node.value.i : nil }

  /// A number.
  package var double: Double? {
    switch kind {
    case STELLA_INT: Double(node.value.i)
    case STELLA_DOUBLE: node.value.d
    default: nil
    }
  }

  private static func text(_ value: stella_value) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: value.length == 0 ? nil : value.p, count: Int(value.length))
  }

  /// Members of an object or elements of an array, in their order; none of anything else.
  package func eachChild<Failure: Error>(_ body: (JSONNode) throws(Failure) -> Void) throws(Failure) {
    guard isObject || isArray else { return }
    var child = index + 1
    while child < Int(node.next) {
      try body(JSONNode(nodes, child))
      child = Int(nodes[child].next)
    }
  }

  /// The member of that name, the last when there are several; nil when there is none, or it is null.
  package subscript(_ name: StaticString) -> JSONNode? {
    guard isObject else { return nil }
    let wanted = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    var found: JSONNode?
    var child = index + 1
    while child < Int(node.next) {
      let member = JSONNode(nodes, child)
      if member.name.elementsEqual(wanted) { found = member }
      child = Int(nodes[child].next)
    }
    return found.flatMap { $0.isNull ? nil : $0 }
  }
}

extension JSONText {
  /// Appends the value as it is.
  package mutating func value(_ node: JSONNode) {
    if node.isObject {
      raw("{")
      node.eachChild { member in
        separate()
        string(member.name)
        raw(":")
        value(member)
      }
      raw("}")
    } else if node.isArray {
      raw("[")
      node.eachChild { element in
        separate()
        value(element)
      }
      raw("]")
    } else {
      plain(node)
    }
  }

  private mutating func plain(_ node: JSONNode) {
    if let text = node.text {
      string(text)
    } else if let flag = node.flag {
      bool(flag)
    } else if let number = node.wholeNumber {
      integer(number)
    } else if let number = node.double {
      double(number)
    } else {
      raw("null")
    }
  }
}
