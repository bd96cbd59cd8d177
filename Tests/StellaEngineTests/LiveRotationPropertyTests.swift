import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

/// A log that is written, rotated and read in random order, with restarts in between.
@Suite("Any order of writing, rotating and restarting")
struct LiveRotationPropertyTests {
  enum Step: CaseIterable {
    case append, appendPartial, read, rename, copyAndTruncate, restart
  }

  @Test("Every line is read once and in order", arguments: ["app.log", "app.log*"])
  func everyLineOnce(pattern: String) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Seeded(seed)
    for round in 0..<25 {
      var world = try World(pattern: pattern)
      var steps: [Step] = []
      for _ in 0..<40 {
        let step = Step.allCases.randomElement(using: &random) ?? .read
        steps.append(step)
        try world.perform(step)
      }
      try world.settle()
      #expect(world.read == world.written, "seed \(seed), round \(round): \(steps)")
      world.set.close()
    }
  }

  struct World {
    let directory: TemporaryDirectory
    let time = ManualMonotonicTime()
    let pattern: String
    var set: FileSet
    var splitters: [LineSplitter] = []
    var written: [Int] = []
    var read: [Int] = []
    /// The line whose end is not written yet.
    var partial: String?
    var rotations = 0
    var isSettled = true
    var hasReadOfThisFile = false
    /// Lines in files before the present one.
    var writtenBefore = 0

    init(pattern: String) throws {
      directory = try TemporaryDirectory()
      self.pattern = directory(pattern)
      try directory.write("app.log", "")
      set = try FileSet([self.pattern], follow: true, from: .start, now: time.read)
    }

    mutating func perform(_ step: Step) throws {
      switch step {
      case .append:
        if let rest = partial {
          try directory.append("app.log", rest + "\n")
          partial = nil
        } else {
          try directory.append("app.log", nextLine() + "\n")
        }
      case .appendPartial:
        guard partial == nil else { return }
        let line = nextLine()
        try directory.append("app.log", String(line.prefix(150)))
        partial = String(line.dropFirst(150))
      case .read: try readAll()
      case .rename, .copyAndTruncate:
        // A program finishes its line before it lets its log be rotated, and the next rotation is far away.
        if partial != nil { try perform(.append) }
        if !isSettled { try settle() }
        // What came and went between two looks at an empty file nobody can know of.
        if step == .copyAndTruncate, !hasReadOfThisFile { try readAll() }
        rotate(step)
        isSettled = false
        hasReadOfThisFile = false
        writtenBefore = written.count
      case .restart:
        try readAll()
        let positions = Dictionary(uniqueKeysWithValues: splitters.map { ($0.source.key, $0.position) })
        set.close()
        splitters.removeAll()
        // Something happens while nobody reads.
        if isSettled, read.count % 2 == 0 { try perform(read.count % 4 == 0 ? .rename : .copyAndTruncate) }
        try perform(.append)
        set = try FileSet([pattern], follow: true, from: .checkpoint, saved: positions, now: time.read)
      }
    }

    private mutating func nextLine() -> String {
      written.append(written.count)
      // Long enough that the beginning of each file is unmistakable.
      return "\(written.count - 1) " + String(repeating: "x", count: 300)
    }

    private mutating func rotate(_ step: Step) {
      for number in (1...max(1, rotations)).reversed() {
        try? directory.rename("app.log.\(number)", to: "app.log.\(number + 1)")
      }
      rotations += 1
      if step == .rename {
        try? directory.rename("app.log", to: "app.log.1")
        try? directory.write("app.log", "")
      } else {
        try? directory.copy("app.log", to: "app.log.1")
        try? directory.truncate("app.log")
      }
    }

    /// Reads until every waiting period is over.
    mutating func settle() throws {
      if partial != nil { try perform(.append) }
      for _ in 0..<4 {
        try readAll()
        time.advance(seconds: 2)
      }
      isSettled = true
    }

    mutating func readAll() throws {
      hasReadOfThisFile = hasReadOfThisFile || written.count > writtenBefore
      _ = set.rescan()
      while splitters.count < set.sources.count {
        splitters.append(LineSplitter(source: set.sources[splitters.count], index: UInt16(splitters.count)))
      }
      for splitter in splitters {
        reading: while true {
          switch try splitter.next() {
          case .block(let block):
            for index in 0..<block.count {
              let line = String(decoding: block.line(index), as: UTF8.self)
              read.append(line.split(separator: " ").first.flatMap { Int($0) } ?? -1)
            }
          case .boundary: continue
          case .idle, .end: break reading
          }
        }
      }
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and its seed can be printed.
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
