import GRDB

/// The columns of a row, one after the other in the order in which they were selected.
///
/// By place, because GRDB searches a name anew in each row, which takes longer than to decode it.
struct ColumnReader {
  private let row: Row
  private var place = 0

  init(_ row: Row) { self.row = row }

  mutating func next<Value: DatabaseValueConvertible & StatementColumnConvertible>() throws -> Value {
    defer { place += 1 }
    return try row.decode(Value.self, atIndex: place)
  }

  mutating func optional<Value: DatabaseValueConvertible & StatementColumnConvertible>() throws -> Value? {
    defer { place += 1 }
    return try row.decode(Value?.self, atIndex: place)
  }
}
