@testable import StellaDetection

/// Made-up logs for template mining, and what the tests of it share.
enum TemplateSamples {
  /// What a miner said of each message, with numbers as they are after the last one.
  struct Grouping: Equatable {
    var numbers: [Int] = []
    var new: [Bool] = []
  }

  static func observe(_ message: String, with miner: TemplateMiner, time: Int64 = 0) -> TemplateMiner.Observation {
    Array(message.utf8).withUnsafeBufferPointer { miner.observe($0, time: time) }
  }

  /// The templates' texts after all messages, sorted.
  static func texts(_ messages: [String]) -> [String] {
    let miner = TemplateMiner()
    for message in messages { _ = observe(message, with: miner) }
    miner.regroup()
    return miner.templates.map(\.text).sorted()
  }

  static func text(_ message: String) -> String { texts([message]).first ?? "" }

  static func grouping(_ messages: [String], with miner: TemplateMiner = TemplateMiner()) -> Grouping {
    var grouping = Grouping()
    for message in messages {
      let observation = observe(message, with: miner)
      grouping.numbers.append(observation.number)
      grouping.new.append(observation.isNew)
    }
    miner.regroup()
    grouping.numbers = grouping.numbers.map(miner.canonical)
    return grouping
  }

  private static let words = [
    "alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike",
  ]

  /// Messages of a made-up service whose kinds are known: each with the index of its kind.
  static func service(_ count: Int, seed: UInt64) -> [(text: String, kind: Int)] {
    var random = DecodeRandom(seed: seed)
    return (0..<count).map { _ in
      let kind = random.below(8)
      let number = random.below(100_000)
      let name = random.pick(words) + random.pick(words)
      let address = "10.0.\(random.below(256)).\(random.below(256)):\(random.below(65536))"
      let text =
        switch kind {
        case 0: "Accepted connection from \(address)"
        case 1: "Order \(number) for user \(name) was shipped to depot \(random.below(9))"
        case 2: "cache miss for key session:\(number), loading from disk took \(number % 97) ms"
        case 3: "cache flush finished in \(number % 7).\(number % 10) s (\(number) entries)"
        case 4: "job \(random.pick(words)) handed over to worker \(random.pick(words)) without delay"
        case 5: "state of replica \(random.below(5)) is now LEADING"
        case 6: "state of replica \(random.below(5)) is now FOLLOWING"
        default: "cannot open /var/lib/shop/\(name).db: No such file or directory"
        }
      return (text, kind)
    }
  }

  /// The share of messages whose group is, as a set, the group that they belong to.
  static func accuracy<Truth: Hashable>(_ numbers: [Int], _ truth: [Truth]) -> Double {
    var sizes: [Truth: Int] = [:]
    for kind in truth { sizes[kind, default: 0] += 1 }
    var groups: [Int: [Truth: Int]] = [:]
    for (number, kind) in zip(numbers, truth) { groups[number, default: [:]][kind, default: 0] += 1 }
    var right = 0
    for group in groups.values {
      if group.count == 1, let (kind, count) = group.first, sizes[kind] == count { right += count }
    }
    return Double(right) / Double(max(1, truth.count))
  }

  /// The harmonic mean of precision and recall of news; true news are the first messages of each kind.
  static func newsScore<Truth: Hashable>(_ new: [Bool], _ truth: [Truth]) -> Double {
    var seen: Set<Truth> = []
    var hits = 0
    for (isNew, kind) in zip(new, truth) where seen.insert(kind).inserted && isNew { hits += 1 }
    return 2 * Double(hits) / Double(max(1, new.count { $0 } + seen.count))
  }
}
