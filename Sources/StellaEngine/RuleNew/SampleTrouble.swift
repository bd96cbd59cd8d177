import StellaDetection
import StellaModel

/// What a sample shows that somebody should hear of: the events that tell it, and by what they are to be counted.
struct SampleTrouble {
  let condition: Expression
  /// The lines for which the condition holds.
  private(set) var rows: [Bool]
  /// Such as "errors", for people.
  let what: String
  let severity: Severity
  /// What one trouble is told from another by, in the order of `by`; may be empty.
  let key: [String]
  /// The lines of the key that has most of them.
  let largest: Int
  /// The field of which one key has many values, when that is the trouble.
  var distinct: String?

  var count: Int { rows.count { $0 } }

  /// Whom something happens to again and again; in doubt the first.
  private static let identities = ["user_id", "user", "src_ip"]
  private static let repeated = 3

  /// Values of `outcome` that are failures.
  private static let failedOutcomes: Set<String> = [
    "fail", "failed", "failure", "error", "denied", "rejected", "refused", "ko",
  ]
  /// What a message says of a failure; those after the first line only where lines have no level.
  private static let words = [
    "failed", "failure", "denied", "refused", "unauthorized", "invalid", "rejected", "timed out", "unable to",
    "could not",
    "exception", "panic", "fatal", "error", "timeout", "unreachable", "out of memory", "no space left", "cannot",
  ]
  private static let wordsBesideLevels = 10

  /// What is looked for, for whom it was not found.
  static let sought = """
    a level of error or worse, a status of 500 or more, an outcome or an event that is a failure, words of failure in messages, \
    the same user or client refused again and again, a duration far above the others, warnings
    """

  /// The most telling trouble; nil when the lines tell of none.
  static func found(in sample: SampleLines) throws(SourceError) -> SampleTrouble? {
    var best: (trouble: SampleTrouble, score: Double)?
    for candidate in candidates(sample) {
      guard let condition = try? Expression.parse(candidate.condition) else { continue }
      let rows = try sample.rows(condition)
      let count = rows.count { $0 }
      guard count > 0, Double(count) <= candidate.mostShare * Double(rows.count) else { continue }
      let trouble = SampleTrouble(
        sample, condition, rows, what: candidate.what, severity: candidate.severity, keys: candidate.keys)
      guard trouble.largest >= candidate.least else { continue }
      let score = candidate.weight * Double(min(10, trouble.largest))
      if score > best?.score ?? 0 { best = (trouble, score) }
    }
    return best?.trouble
  }

  /// The trouble that somebody has named; nil when no line has it.
  static func named(_ condition: Expression, in sample: SampleLines) throws(SourceError) -> SampleTrouble? {
    let rows = try sample.rows(condition)
    guard rows.contains(true) else { return nil }
    let byIdentity = SampleTrouble(
      sample, condition, rows, what: "such lines", severity: .medium, keys: .identities)
    let byService = SampleTrouble(sample, condition, rows, what: "such lines", severity: .medium, keys: .services([]))
    return byService.key.isEmpty && byIdentity.largest >= repeated ? byIdentity : byService
  }

  // MARK: - Candidates

  private enum Keys {
    case identities
    /// The service, and of these what most lines have in common.
    case services([String])
  }

  private struct Candidate {
    let condition: String
    let what: String
    let severity: Severity
    let weight: Double
    let keys: Keys
    /// Lines of one key that there must be at least.
    var least = 1
    /// The share of all lines that it may be of at most.
    var mostShare = 1.0
  }

  private static func candidates(_ sample: SampleLines) -> [Candidate] {
    var candidates: [Candidate] = [
      Candidate(
        condition: "level >= error", what: "errors", severity: .high, weight: 3, keys: .services(["error_type"])),
      Candidate(
        condition: "status >= 500", what: "answers with a status of 500 or more", severity: .high, weight: 2.9,
        keys: .services(["route"])),
    ]
    func texts(_ field: String, _ isWanted: (String) -> Bool) -> [String] {
      var found: [String] = []
      for line in sample.lines {
        if case .string(let text)? = line.values[field], isWanted(text), !found.contains(text) { found.append(text) }
      }
      return found
    }
    let outcomes = texts("outcome") { failedOutcomes.contains($0.lowercased()) }
    let events = texts("event") { text in words.prefix(wordsBesideLevels).contains { text.lowercased().contains($0) } }
    for (field, values, weight) in [("outcome", outcomes, 2.5), ("event", events, 2.6)] where !values.isEmpty {
      candidates.append(
        Candidate(
          condition: equals(field, values.prefix(8).map(quoted)), what: "failures", severity: .medium, weight: weight,
          keys: .identities))
    }
    if let words = saying(sample) {
      candidates.append(
        Candidate(
          condition: "contains(message, \(quoted(words.text)))", what: "messages that say “\(words.text)”",
          severity: .medium, weight: 2, keys: .identities, least: words.hasLevels ? repeated : 1))
    }
    let refused = [401, 403].filter { code in sample.lines.contains { $0.values["status"] == .integer(Int64(code)) } }
    if !refused.isEmpty {
      candidates.append(
        Candidate(
          condition: equals("status", refused.map(String.init)), what: "refused requests", severity: .medium,
          weight: 2.2, keys: .identities, least: repeated))
    }
    if let limit = slow(sample) {
      candidates.append(
        Candidate(
          condition: "duration_ms >= \(limit)", what: "requests that take \(limit) ms or more", severity: .medium,
          weight: 1.6, keys: .services(["route"]), mostShare: 0.5))
    }
    candidates.append(
      Candidate(
        condition: "level >= warning", what: "warnings", severity: .low, weight: 1, keys: .services([]), mostShare: 0.8)
    )
    candidates.append(
      Candidate(
        condition: "status >= 400", what: "answers with a status of 400 or more", severity: .low, weight: 0.8,
        keys: .identities, least: repeated, mostShare: 0.8))
    return candidates
  }

  private static func equals(_ field: String, _ values: [String]) -> String {
    values.count == 1 ? "\(field) == \(values[0])" : "one_of(\(field), \(values.joined(separator: ", ")))"
  }

  private static func quoted(_ text: String) -> String { Literal.text(Array(text.utf8)).shown }

  /// The words of failure that most messages share, with the words around them that all of those share.
  private static func saying(_ sample: SampleLines) -> (text: String, hasLevels: Bool)? {
    let hasLevels = sample.lines.contains { $0.level != nil }
    let wanted = hasLevels ? Array(words.prefix(wordsBesideLevels)) : words
    var found: [String: [String]] = [:]
    for line in sample.lines {
      let lower = line.message.lowercased()
      guard lower.utf8.count == line.message.utf8.count else { continue }
      guard let word = wanted.first(where: { lower.contains($0) }), let range = lower.firstRange(of: word) else {
        continue
      }
      // As it is written there, because conditions tell cases apart.
      let start = lower.utf8.distance(from: lower.startIndex, to: range.lowerBound)
      let written = String(decoding: line.message.utf8.dropFirst(start).prefix(word.utf8.count), as: UTF8.self)
      found[written, default: []].append(line.message)
    }
    let most = found.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
    guard let (word, messages) = most else { return nil }
    return (widened(word, in: messages), hasLevels)
  }

  /// The word with up to three words after it that follow it in all messages.
  private static func widened(_ word: String, in messages: [String]) -> String {
    var text = word
    for _ in 0..<3 {
      guard let first = messages.first, let range = first.firstRange(of: text + " ") else { break }
      let next = first[range.upperBound...].prefix { $0.isLetter }
      guard !next.isEmpty else { break }
      let longer = text + " " + next
      guard messages.allSatisfy({ $0.contains(longer) }) else { break }
      text = longer
    }
    return text
  }

  /// Milliseconds from which a few durations are far above the others; nil when none are.
  private static func slow(_ sample: SampleLines) -> Int? {
    let durations = sample.lines.compactMap { line -> Double? in
      switch line.values["duration_ms"] {
      case .integer(let number)?: Double(number)
      case .double(let number)?: number
      default: nil
      }
    }.sorted()
    guard durations.count >= 5 else { return nil }
    let usual = durations[durations.count / 2]
    let limit = max(5 * usual, usual + 200)
    guard let place = durations.firstIndex(where: { $0 >= limit }), place > 0,
      2 * (durations.count - place) < durations.count
    else { return nil }
    // The roundest number between the two.
    let least = Int(min(durations[place], 1e12))
    var best = least
    var step = 1
    while step <= least {
      for factor in [1, 2, 5] where Double(step * factor) > durations[place - 1] && step * factor <= least {
        best = step * factor
      }
      step *= 10
    }
    return best
  }

  // MARK: - Keys

  private init(
    _ sample: SampleLines, _ condition: Expression, _ rows: [Bool], what: String, severity: Severity, keys: Keys
  ) {
    self.condition = condition
    self.rows = rows
    self.what = what
    self.severity = severity
    let lines = zip(sample.lines, rows).filter(\.1).map(\.0)
    func has(_ field: String) -> Bool {
      10 * lines.count { $0.values[field] != nil } >= 9 * lines.count
    }
    func largest(_ fields: [String]) -> Int {
      if fields.isEmpty { return lines.count }
      let groups = Dictionary(grouping: lines) { line in fields.map { line.values[$0] } }
      return groups.filter { !$0.key.contains(nil) }.values.map(\.count).max() ?? 0
    }
    /// A field of the log's own that has few values.
    func own() -> String? {
      sample.ownNames.filter { name in
        guard has(name) else { return false }
        let values = Set(lines.map { $0.values[name] })
        // A sentence is no name.
        return values.count <= 20 && 2 * values.count <= max(2, lines.count)
          && values.allSatisfy { if case .string(let text)? = $0 { !text.contains(" ") } else { $0 == nil } }
      }.max { largest([$0]) < largest([$1]) }
    }
    var key: [String] = []
    var distinct: String?
    switch keys {
    case .identities:
      let known = Self.identities.filter(has)
      // Of several the one that has most for one of its values; in doubt the first.
      for field in known where largest([field]) > (key.isEmpty ? 0 : largest(key)) { key = [field] }
      if key == ["src_ip"], let who = known.first(where: { $0 != "src_ip" }) {
        let worst = Dictionary(grouping: lines) { $0.values["src_ip"] }.values.max { $0.count < $1.count } ?? []
        let people = Set(worst.map { $0.values[who] }).count
        if people >= 5, largest([who]) < Self.repeated { distinct = who }
      }
      if key.isEmpty, has("service") { key = ["service"] }
    case .services(let others):
      if has("service") { key = ["service"] }
      for field in others where has(field) && 2 * largest(key + [field]) >= lines.count { key.append(field) }
    }
    if key.isEmpty, let name = own() ?? ["route", "host"].first(where: has) ?? Self.identities.first(where: has) {
      key = [name]
    }
    self.key = key
    self.distinct = distinct
    self.largest = largest(key)
  }
}

extension SampleTrouble {
  /// The same trouble in other lines of the log.
  func within(_ lines: SampleLines) throws(SourceError) -> SampleTrouble {
    var trouble = self
    trouble.rows = try lines.rows(condition)
    return trouble
  }

  /// Lines of the log in their order, of at most so many bytes: half of them the trouble where it is densest, the rest
  /// spread evenly over what else there is.
  func excerpt(of sample: SampleLines, limitBytes: Int) -> [UInt8] {
    func bytes(_ line: Int) -> Int { sample.lines[line].range.count + 1 }
    let wrong = rows.indices.filter { rows[$0] }
    var (first, size) = (0, 0)
    var best = 0..<0
    for last in wrong.indices {
      size += bytes(wrong[last])
      while size > limitBytes / 2, first < last {
        size -= bytes(wrong[first])
        first += 1
      }
      let (count, span) = (last + 1 - first, wrong[last] - wrong[first])
      let isBetter =
        best.isEmpty || count > best.count
        || count == best.count && span < wrong[best.upperBound - 1] - wrong[best.lowerBound]
      if isBetter { best = first..<last + 1 }
    }
    var kept = Set(wrong[best])
    let others = rows.indices.filter { !rows[$0] }
    let room = limitBytes - kept.reduce(0) { $0 + bytes($1) }
    let step = max(1, (others.reduce(0) { $0 + bytes($1) } + max(1, room) - 1) / max(1, room))
    var used = 0
    for place in stride(from: 0, to: others.count, by: step) where used + bytes(others[place]) <= room {
      used += bytes(others[place])
      kept.insert(others[place])
    }
    return sample.text(kept.contains)
  }

  /// A line of the key that has most of them.
  func example(of sample: SampleLines) -> Int {
    let lines = rows.indices.filter { rows[$0] }
    let groups = Dictionary(grouping: lines) { line in key.map { sample.lines[line].values[$0] } }
    let most = groups.filter { !$0.key.contains(nil) }.values.max { ($0.count, $1[0]) < ($1.count, $0[0]) }
    return (most ?? lines).first ?? 0
  }
}
