import CStellaValue
import StellaModel

@testable import StellaDetection

/// A value of a field in a hand-made batch.
enum TestValue: Hashable {
  case missing, null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case text(String)
  case array(String)
  case object(String)
  case level(LogLevel)
}

/// A hand-made batch and the fields it has.
final class TestEvents {
  var fields: FieldTable
  let batch: EventBatch
  private(set) var rows: [[String: TestValue]] = []

  init(_ rows: [[String: TestValue]], fields: FieldTable = FieldTable()) {
    var fields = fields
    for row in rows { for name in row.keys.sorted() { _ = fields.column(of: name) } }
    self.fields = fields
    batch = EventBatch(columnCount: fields.count)
    for row in rows { append(row) }
  }

  private func append(_ row: [String: TestValue]) {
    for (name, value) in row { batch.cell(fields.column(of: name), batch.count).pointee = cell(value) }
    rows.append(row)
    batch.times[batch.count] = Int64(batch.count)
    batch.count += 1
  }

  private func cell(_ value: TestValue) -> stella_value {
    var cell = stella_value()
    func set(_ kind: Int, _ text: String) {
      let bytes = Array(text.utf8)
      cell.kind = UInt8(kind)
      cell.length = UInt32(bytes.count)
      cell.p = bytes.withUnsafeBufferPointer { batch.arena.copy($0) }
    }
    switch value {
    case .missing: break
    case .null: cell.kind = UInt8(STELLA_NULL)
    case .bool(let value):
      cell.kind = UInt8(STELLA_BOOL)
      cell.i = value ? 1 : 0
    case .integer(let value):
      cell.kind = UInt8(STELLA_INT)
      cell.i = value
    case .double(let value):
      cell.kind = UInt8(STELLA_DOUBLE)
      cell.d = value
    case .text(let text): set(Int(STELLA_STRING), text)
    case .array(let json): set(Int(STELLA_ARRAY), json)
    case .object(let json): set(Int(STELLA_OBJECT), json)
    case .level(let level):
      set(Int(STELLA_STRING), level.name)
      cell.ordinal = level.rawValue
    }
    return cell
  }

  /// For each expression, the positions of the events it matches.
  func matches(_ texts: [String]) throws -> [[Int]] {
    let expressions = try texts.map { try Expression.parse($0) }
    let router = Router(filters: expressions, fields: &fields, trialTests: 0)
    router.route(batch)
    return expressions.indices.map { router.events($0) }
  }

  func matches(_ text: String) throws -> [Int] { try matches([text])[0] }
}

extension Router {
  /// Positions of the events that the expression at `position` matches.
  func events(_ position: Int) -> [Int] {
    let id = filter(of: position)
    guard matched.contains(id) else { return [] }
    return (0..<EventBatch.capacity).filter { bits(id)[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  mutating func pick<T>(_ values: [T]) -> T { values[Int(next() % UInt64(values.count))] }

  mutating func chance(_ percent: UInt64) -> Bool { next() % 100 < percent }
}
