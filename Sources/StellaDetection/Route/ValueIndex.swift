import CStellaMatch
import CStellaValue

/// All values that filters want one field to have, in a hash table.
final class ValueIndex {
  let slot: Int
  let literals: [Literal]
  private let handle: OpaquePointer
  private let constants = ConstantPool()

  init(slot: Int, literals: [Literal]) {
    self.slot = slot
    self.literals = literals
    guard let handle = stella_value_set_create(constants.cells(literals), UInt32(literals.count)) else {
      preconditionFailure("a value set can always be made")
    }
    self.handle = handle
  }

  deinit { stella_value_set_destroy(handle) }

  /// Looks up the cells of `events`: one lookup each.
  func scan(_ column: UnsafePointer<stella_value>, _ events: UnsafePointer<UInt64>) {
    stella_value_set_scan(handle, column, events)
  }

  /// Events with `literals[position]`, of those scanned.
  func bits(_ position: Int) -> UnsafePointer<UInt64> { stella_value_set_bits(handle, UInt32(position)) }

  /// Positions of the values that occurred.
  var touched: UnsafeBufferPointer<UInt32> {
    var count: UInt32 = 0
    let start = stella_value_set_touched(handle, &count)
    return UnsafeBufferPointer(start: start, count: Int(count))
  }
}
