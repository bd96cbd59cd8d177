import StellaModel

/// Counts events as they are kept, and brings the counts to their files. Thread-confined.
final class CountBook {
  /// How long counts wait before they become a part of their day, in nanoseconds, and how many.
  private static let span: Int64 = 60 * Timestamp.second
  private static let entryLimit = 20_000

  private let files: CountFiles
  private let lifetime: Int64
  private var counts = EventCounts()
  private var begun: Int64
  /// The number of the first event in ``counts``.
  private(set) var first: Int64
  private var isChanged = false

  /// Goes on where the files end.
  ///
  /// - Parameter lifetime: how long counts are kept, in nanoseconds.
  init(_ directory: ArchiveDirectory, lifetime: Int64, now: Int64) {
    files = CountFiles(directory: directory)
    self.lifetime = lifetime
    begun = now
    let (end, pending) = files.latest()
    if let pending, let known = pending.body.withUnsafeBytes({ EventCounts(encoded: $0) }) {
      counts = known
      first = pending.events.lowerBound
      counted = pending.events.upperBound
    } else {
      first = end
      counted = end
    }
  }

  /// The number behind the last event that was counted when this was opened.
  let counted: Int64

  /// - Parameters: as of ``EventCounts``.
  func add(_ times: [Int64], _ found: [EventMeasure.Figures], _ names: ServiceNames) {
    counts.add(times, found, names)
    isChanged = true
  }

  /// Brings what was counted to the files.
  ///
  /// - Parameters:
  ///   - end: the number behind the last event that was counted.
  ///   - onFile: told of a file that is to be made durable.
  func save(upTo end: Int64, now: Int64, onFile: (ArchiveFile) -> Void = { _ in }) throws(ArchiveError) {
    guard isChanged else { return }
    let isDue = now - begun >= Self.span || now < begun || counts.entries >= Self.entryLimit
    if isDue {
      onFile(try files.append(counts, of: first..<max(first, end), now: now))
      counts.removeAll()
      first = end
      begun = now
      files.removeBefore((now - lifetime) / Timestamp.day)
    } else {
      try files.replace(counts, of: first..<max(first, end))
    }
    isChanged = false
  }
}
