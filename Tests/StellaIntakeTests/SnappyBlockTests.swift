import Testing

@testable import StellaIntake

@Suite("Snappy's blocks")
struct SnappyBlockTests {
  private func decoded(_ bytes: [UInt8], limit: Int = 1 << 20) throws -> [UInt8] {
    try bytes.withUnsafeBytes { try SnappyBlock.decoded($0, limit: limit) }
  }

  private static func length(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7f | 0x80)] + length(value >> 7)
  }

  /// A block of random elements of every kind, and what it stands for.
  private func block(_ random: inout SeededNumbers) -> (block: [UInt8], bytes: [UInt8]) {
    var (elements, bytes): ([UInt8], [UInt8]) = ([], [])
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      if bytes.isEmpty || Bool.random(using: &random) {
        let count =
          Bool.random(using: &random)
          ? Int.random(in: 1...60, using: &random) : Int.random(in: 61...700, using: &random)
        let literal = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        if count <= 60 {
          elements.append(UInt8((count - 1) << 2))
        } else if count <= 256, Bool.random(using: &random) {
          elements += [60 << 2, UInt8(count - 1)]
        } else {
          elements += [61 << 2, UInt8((count - 1) & 255), UInt8((count - 1) >> 8)]
        }
        elements += literal
        bytes += literal
        continue
      }
      let offset = Int.random(in: 1...bytes.count, using: &random)
      let kind = Int.random(in: 1...3, using: &random)
      let count = kind == 1 ? Int.random(in: 4...11, using: &random) : Int.random(in: 1...64, using: &random)
      switch kind {
      case 1 where offset < 2048:
        elements += [UInt8((offset >> 8) << 5 | (count - 4) << 2 | 1), UInt8(offset & 255)]
      case 1, 2: elements += [UInt8((count - 1) << 2 | 2), UInt8(offset & 255), UInt8(offset >> 8)]
      default: elements += [UInt8((count - 1) << 2 | 3), UInt8(offset & 255), UInt8(offset >> 8), 0, 0]
      }
      for _ in 0..<count { bytes.append(bytes[bytes.count - offset]) }
    }
    return (Self.length(bytes.count) + elements, bytes)
  }

  @Test("Blocks of every kind of element, copies that overlap among them, give what they stand for")
  func whole() throws {
    // As the format's description has it: a literal, then a copy of what it makes itself.
    #expect(try decoded([10, 4, 0x61, 0x62, 17, 2]) == Array("ababababab".utf8))
    #expect(try decoded([0]).isEmpty)
    var random = SeededNumbers(seed: 72)
    for round in 0..<200 {
      let (block, bytes) = block(&random)
      #expect(try decoded(block) == bytes, "seed 72, round \(round)")
    }
  }

  @Test("What is cut or damaged is refused or read within its bounds, and what is too long is refused by its front")
  func broken() throws {
    #expect(throws: SnappyBlock.Failure.tooLarge) { try decoded(Self.length(1 << 30) + [0]) }
    #expect(throws: SnappyBlock.Failure.broken) { try decoded(Self.length(1 << 20) + [0]) }
    #expect(throws: SnappyBlock.Failure.broken) { try decoded([]) }
    #expect(throws: SnappyBlock.Failure.broken) { try decoded([255, 255, 255, 255, 255, 255]) }
    var random = SeededNumbers(seed: 73)
    for _ in 0..<25 {
      let (block, _) = block(&random)
      for count in 0..<block.count {
        #expect(throws: SnappyBlock.Failure.broken, "seed 73") { try decoded(Array(block[..<count])) }
      }
      for _ in 0..<20 { _ = try? decoded(BatchReading.damaged(block, &random)) }
    }
  }
}
