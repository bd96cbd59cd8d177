import StellaDetection

/// Which sources a person has been told of that have lines which became other events than were written. The owner is one thread.
struct SourceDamage {
  /// Up to here nothing is told: what was counted before a restart, and everything once it was told.
  private struct Known {
    var cut: Int
    var repaired: Int
    /// Numbers of lines that were noted before.
    var cutNumbers: Int
    var repairedNumbers: Int
  }

  private var known: [UInt16: Known] = [:]

  /// From now on `reader` is looked at.
  mutating func add(_ reader: SourceReader) {
    known[reader.number] = Known(
      cut: reader.splitter.counts.cut, repaired: reader.failures.repaired,
      cutNumbers: reader.splitter.cutNumbers.count, repairedNumbers: reader.failures.repairedNumbers.count)
  }

  /// What is new since it was added, told once of each source and kind. O(1).
  mutating func news(of reader: SourceReader) -> [String] {
    guard var told = known[reader.number] else { return [] }
    var news: [String] = []
    if reader.splitter.counts.cut > told.cut {
      told.cut = .max
      news.append(
        "a line over limits.line_bytes was cut\(Self.place(reader.splitter.cutNumbers, behind: told.cutNumbers)), and what is left of JSON is none; "
          + "those that follow are counted")
    }
    if reader.failures.repaired > told.repaired {
      told.repaired = .max
      news.append(
        "a line is no UTF-8\(Self.place(reader.failures.repairedNumbers, behind: told.repairedNumbers)), its bad bytes are read as U+FFFD; "
          + "those that follow are counted")
    }
    known[reader.number] = told
    return news
  }

  private static func place(_ numbers: [Int], behind known: Int) -> String {
    numbers.dropFirst(known).first.map { " (line \($0))" } ?? ""
  }
}

extension SourceReader {
  /// What its source is, in figures.
  var kind: EngineFigures.SourceKind {
    switch splitter.source {
    case is JournalSource: .network
    case is StreamSource: .stdin
    case is LogBufferSource: .program
    default: .file
    }
  }
}
