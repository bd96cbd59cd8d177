/// Looking again at the templates themselves, now that more values are known.
extension TemplateMiner {
  /// Rounds of one regrouping: each may make slots comparable that differed in two places before.
  private static let rounds = 4
  /// Distinct values that both of two slots must have taken when only together they make messages equal.
  private static let pairValues = 4
  private static let pairConstants = 3

  /// A template with one or two of its slots left blank.
  private struct Blank {
    var key: UInt64
    var number: UInt64
    var first: UInt16
    var second: UInt16
    var firstValue: UInt64
    var secondValue: UInt64
  }

  /// Merges templates that have become one kind. Happens by itself whenever there are half as many templates again, and
  /// gives the final grouping when called after the last message; streaming goes on after it. O(words of all templates ×
  /// log), with pairs of words for short templates.
  package func regroup() {
    foundedSince = 0
    for _ in 0..<TemplateMiner.rounds {
      let hasMerged = [mergeSlots(), mergePairs(), mergeSpecial()].contains(true)
      if !hasMerged { break }
    }
  }

  private var livePlaces: [Int] {
    (0..<store.limit).filter { store.records[$0].number != TemplateStore.free }
      .sorted { store.records[$0].number < store.records[$1].number }
  }

  // MARK: - One slot

  private func mergeSlots() -> Bool {
    let places = livePlaces
    var shared = KeyCounts(keys: places.count * 24)
    for place in places {
      store.read(place, into: other)
      let hash = other.hash
      for position in 0..<other.count where other.tokens[position].isValue {
        shared.add(TemplateMiner.context(other, hash, position))
      }
    }
    var blanks: [Blank] = []
    for place in places {
      store.read(place, into: other)
      let hash = other.hash
      for position in 0..<other.count where other.tokens[position].isValue {
        let key = TemplateMiner.context(other, hash, position)
        if shared.count(key) < 2 { continue }
        blanks.append(
          Blank(
            key: key, number: store.records[place].number, first: UInt16(position), second: 0,
            firstValue: other.tokens[position].hash, secondValue: 0))
      }
    }
    return merge(&blanks) { group in
      var context =
        contexts.find(group[0].key)
        ?? .init(key: group[0].key, number: UInt32(truncatingIfNeeded: group[0].number))
      var fresh = TemplateContexts.Context(key: group[0].key)
      for blank in group {
        guard let place = place(ofNumber: blank.number) else { continue }
        store.read(place, into: other)
        if blank.first < other.count { TemplateMiner.count(other.tokens[Int(blank.first)], in: &fresh) }
      }
      guard let place = place(ofNumber: group[0].number) else { return false }
      store.read(place, into: other)
      guard group[0].first < other.count,
        isVariable(
          Int(group[0].first), of: other, Words(other), values: max(Int(context.values), Int(fresh.values)),
          flags: context.flags.union(fresh.flags))
      else { return false }
      context.flags.insert(.variable)
      context.number = UInt32(truncatingIfNeeded: group[0].number)
      contexts.set(group[0].key, context)
      return true
    }
  }

  // MARK: - Two slots

  private func mergePairs() -> Bool {
    let places = livePlaces
    var shared = KeyCounts(keys: places.count * 48)
    for place in places {
      visitPairs(place) { hash, first, second in shared.add(TemplateMiner.context(other, hash, first, second)) }
    }
    var blanks: [Blank] = []
    for place in places {
      visitPairs(place) { hash, first, second in
        let key = TemplateMiner.context(other, hash, first, second)
        if shared.count(key) < TemplateMiner.pairValues { return }
        blanks.append(
          Blank(
            key: key, number: store.records[place].number, first: UInt16(first), second: UInt16(second),
            firstValue: other.tokens[first].hash, secondValue: other.tokens[second].hash))
      }
    }
    return merge(&blanks) { group in
      guard group.count >= TemplateMiner.pairValues,
        TemplateMiner.distinct(group.map(\.firstValue)) >= TemplateMiner.pairValues,
        TemplateMiner.distinct(group.map(\.secondValue)) >= TemplateMiner.pairValues, hasPlainValue(group)
      else { return false }
      var context = TemplateContexts.Context(key: group[0].key, number: UInt32(truncatingIfNeeded: group[0].number))
      context.flags = .variable
      contexts.set(group[0].key, context)
      variablePairs += 1
      return true
    }
  }

  private func visitPairs(_ place: Int, _ body: (_ hash: UInt64, _ first: Int, _ second: Int) -> Void) {
    store.read(place, into: other)
    let positions = TemplateMiner.pairPositions(other)
    if positions.count + 1 < TemplateMiner.pairConstants + 2 { return }
    let hash = other.hash
    for (index, first) in positions.enumerated() {
      for second in positions[(index + 1)...] { body(hash, first, second) }
    }
  }

  /// How often keys occurred, at least: those that share a counter count together. Most keys occur once and are sorted
  /// out by this before they cost any room.
  private struct KeyCounts {
    private var counts: [UInt8]

    init(keys: Int) {
      var size = 1 << 12
      while size < keys * 2, size < 1 << 21 { size *= 2 }
      counts = [UInt8](repeating: 0, count: size)
    }

    private func place(_ key: UInt64) -> Int { Int(truncatingIfNeeded: key >> 21) & (counts.count - 1) }

    mutating func add(_ key: UInt64) {
      let place = place(key)
      if counts[place] < .max { counts[place] += 1 }
    }

    func count(_ key: UInt64) -> Int { Int(counts[place(key)]) }
  }

  private static func distinct(_ values: [UInt64]) -> Int {
    let sorted = values.sorted()
    return sorted.indices.count { $0 == 0 || sorted[$0] != sorted[$0 - 1] }
  }

  /// Whether not all values of a pair of slots are in capitals.
  private func hasPlainValue(_ group: [Blank]) -> Bool {
    group.contains { blank in
      guard let place = place(ofNumber: blank.number) else { return false }
      store.read(place, into: other)
      guard blank.second < other.count else { return false }
      return !other.tokens[Int(blank.first)].flags.contains(.capitals)
        || !other.tokens[Int(blank.second)].flags.contains(.capitals)
    }
  }

  // MARK: - Templates that another one says already

  private func mergeSpecial() -> Bool {
    var hasMerged = false
    for place in livePlaces where store.records[place].number != TemplateStore.free {
      store.read(place, into: lexer)
      guard generalisePair(lexer.hash) else { continue }
      let entry = known[lexer.hash]
      guard entry != TemplateIndex.none, let general = self.place(ofNumber: entry >> 32), general != place else {
        continue
      }
      if store.records[general].number < store.records[place].number {
        merge(place, into: general)
      } else {
        merge(general, into: place)
      }
      hasMerged = true
    }
    return hasMerged
  }

  // MARK: - Merging

  /// Merges the templates of each group of equal keys that `isOne` accepts. Returns whether there was any.
  private func merge(_ blanks: inout [Blank], _ isOne: ([Blank]) -> Bool) -> Bool {
    blanks.sort { ($0.key, $0.number, $0.first) < ($1.key, $1.number, $1.first) }
    var hasMerged = false
    var start = 0
    while start < blanks.count {
      var end = start + 1
      while end < blanks.count, blanks[end].key == blanks[start].key { end += 1 }
      let group = Array(blanks[start..<end])
      start = end
      // What an earlier group changed waits for the next round.
      let unchanged = group.filter { place(ofNumber: $0.number).map { store.records[$0].number } == $0.number }
      guard unchanged.count > 1, isOne(unchanged) else { continue }
      guard let oldest = place(ofNumber: unchanged[0].number) else { continue }
      for blank in unchanged.dropFirst() {
        guard let place = place(ofNumber: blank.number), place != oldest else { continue }
        merge(place, into: oldest)
        hasMerged = true
      }
    }
    return hasMerged
  }

  private func merge(_ place: Int, into oldest: Int) {
    store.read(place, into: lexer)
    generalise(oldest)
    let record = store.records[place]
    let entry = known[record.hash]
    if entry != TemplateIndex.none {
      known[record.hash] = record.hash == store.records[oldest].hash ? entry : entry & ~TemplateMiner.own
    }
    store.records[oldest].count += record.count
    store.records[oldest].first = min(store.records[oldest].first, record.first)
    store.records[oldest].last = max(store.records[oldest].last, record.last)
    store.records[oldest].used = max(store.records[oldest].used, record.used)
    places[record.number] = TemplateMiner.forwarded | store.records[oldest].number
    store.remove(place)
  }
}
