import StellaDetection
import StellaModel
import Testing

@testable import StellaIntake

/// What formats are read with in tests, and how their lines are looked at.
enum BatchReading {
  static let arrival: Int64 = 1_790_000_000_123_456_789
  static let context = IntakeContext(
    arrival: arrival, timeNames: TimeNames(FieldAliases.timeNames), lineBytes: 4096)

  static func lines(_ batch: IntakeBatch) -> [String] {
    String(decoding: batch.bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// Each line as the engine sees it.
  static func events(_ batch: IntakeBatch) throws -> [Event] {
    try lines(batch).map { line in
      guard case .object(let members) = try JSONParser().parse(line) else { throw CommandFailure(.usage, line) }
      let time = members.first { $0.name == "time" }?.value
      guard case .integer(let time)? = time else { throw CommandFailure(.usage, line) }
      return Event(time: time, fields: members)
    }
  }

  static func read(
    _ bytes: [UInt8],
    _ read: (UnsafeRawBufferPointer, IntakeContext) throws(CommandFailure) -> IntakeBatch
  ) throws -> IntakeBatch {
    try bytes.withUnsafeBytes { try read($0, context) }
  }

  /// A broken variant of `bytes`: cut, or with some of them changed.
  static func damaged(_ bytes: [UInt8], _ random: inout some RandomNumberGenerator) -> [UInt8] {
    var bytes = bytes
    if Int.random(in: 0..<3, using: &random) == 0 {
      return Array(bytes.prefix(.random(in: 0...bytes.count, using: &random)))
    }
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    return bytes
  }
}

/// Numbers that are the same for the same seed (SplitMix64, Steele, Lea and Flood 2014).
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
