/// A cell of a DDSketch: the values of one sign whose logarithm rounds up to `index`, or zero. Ordered as its values are.
struct SketchCell: Equatable, Comparable {
  /// Values from 10⁻⁹ to the greatest number have indices of −1,037 to 35,490.
  static let indices = -1_100...36_000
  /// What stands for index 0 of the positive cells.
  private static let origin = 1 - indices.lowerBound

  /// 0 for zero, else the index shifted above 0, with the sign of the values.
  let code: Int

  init(code: Int) { self.code = code }

  /// - Parameter index: nil for zero.
  init(_ value: Double, index: Int?) {
    guard let index else {
      code = 0
      return
    }
    code = value < 0 ? -(index + SketchCell.origin) : index + SketchCell.origin
  }

  var isNegative: Bool { code < 0 }
  var index: Int? { code == 0 ? nil : abs(code) - SketchCell.origin }
  var isPossible: Bool { index.map(SketchCell.indices.contains) ?? true }

  static func < (a: SketchCell, b: SketchCell) -> Bool { a.code < b.code }
}

/// One cell of one step in 8 bytes: 23 bits for the step's place in the ring, 17 for the cell, 24 for how many values.
struct SketchEntry {
  static let limit = 1 << 24 - 1
  private static let codeOffset = 1 << 16

  let word: UInt64

  init(_ word: UInt64) { self.word = word }

  init(place: Int, cell: SketchCell, count: Int) {
    word =
      UInt64(truncatingIfNeeded: place) << 41 | UInt64(truncatingIfNeeded: cell.code + SketchEntry.codeOffset) << 24
      | UInt64(truncatingIfNeeded: count)
  }

  var place: Int { Int(word >> 41) }
  var cell: SketchCell { SketchCell(code: Int(word >> 24 & 0x1_FFFF) - SketchEntry.codeOffset) }
  var count: Int { Int(word & 0xFF_FFFF) }

  @inline(__always)
  func isSame(as other: SketchEntry) -> Bool { word >> 24 == other.word >> 24 }
}
