import Foundation
import Testing

/// Something that happens to a command in one of its calls.
struct CrashPoint: CustomStringConvertible {
  let call: Int
  let manner: CrashPoints.Manner
  /// What the call changes.
  let file: String
  /// Where the next process is killed as well; 0: nowhere.
  var again = 0

  var description: String { "\(manner) in call \(call), of \(file)" + (again > 0 ? ", then in call \(again)" : "") }
}

/// The counted calls that a command makes when nothing happens to it.
struct CrashTrace {
  struct Call {
    let letter: Character
    let file: String
  }

  static let seed: UInt64 = 2026
  static let store = "stella.db-wal"
  /// Whether to take all points instead of a sample.
  static let isWhole = ProcessInfo.processInfo.environment["STELLA_EVERY_CRASH_POINT"] != nil

  let calls: [Call]

  /// - Parameter trace: what ``CrashPoints/environment(_:at:trace:)`` was given.
  init(_ trace: String) throws {
    let letters = try String(contentsOfFile: trace, encoding: .utf8)
    let names = try String(contentsOfFile: trace + ".names", encoding: .utf8).split(separator: "\n")
    try #require(letters.count == names.count && !names.isEmpty)
    calls = zip(letters, names).map { Call(letter: $0, file: String($1)) }
  }

  /// A kill before every call; writes are torn, too, where something is completed because a sync follows. A quarter of the
  /// restarts is killed as well.
  var kills: [CrashPoint] {
    print("\(calls.count) calls, seed \(Self.seed)")
    var random = SplitMix64(state: Self.seed)
    var points: [CrashPoint] = []
    for (index, call) in calls.enumerated() {
      func point(_ manner: CrashPoints.Manner) -> CrashPoint {
        let again = random.below(4) == 0 ? 1 + random.below(max(1, calls.count / 2)) : 0
        return CrashPoint(call: index + 1, manner: manner, file: call.file, again: again)
      }
      points.append(point(.kill))
      if completes(index) { points.append(point(.torn)) }
    }
    return points
  }

  /// That in the writes which begin and complete each commit of the store and each other file's change.
  func commits(_ manner: CrashPoints.Manner) -> [CrashPoint] {
    var begins = true
    return calls.indices.compactMap { index in
      let call = calls[index]
      defer { begins = call.letter == "s" }
      guard call.letter == "w", begins || completes(index) else { return nil }
      return CrashPoint(call: index + 1, manner: manner, file: call.file)
    }
  }

  private func completes(_ index: Int) -> Bool {
    calls[index].letter == "w" && index + 1 < calls.count && calls[index + 1].letter == "s"
  }
}

extension [CrashPoint] {
  /// One share of them; and of that, unless all are asked for, one of `stride`.
  func sample(share: Int = 0, of shares: Int = 1, stride: Int) -> [CrashPoint] {
    let step = CrashTrace.isWhole ? 1 : stride
    return indices.filter { $0 % shares == share && $0 / shares % step == 0 }.map { self[$0] }
  }
}
