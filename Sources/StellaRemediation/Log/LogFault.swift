import StellaModel

/// Something in a log that must not be.
package enum LogFault: Sendable, Hashable {
  /// What is wrong with a statement that was signed.
  package enum Problem: Sendable, Hashable {
    /// It is about another log.
    case log
    /// The log has another record at that place: it was replaced, or computed anew.
    case root
    /// Its signature isn't by the key that it names.
    case signature
    /// It names a key that wasn't in force.
    case key
    /// There is another one of that size.
    case second
  }

  /// Records are missing between these two numbers.
  case gap(after: Int64, found: Int64)
  /// A record comes again, or after a later one.
  case order(number: Int64, after: Int64)
  /// Its bytes or its hash were changed, or it was put into another place.
  case changed(number: Int64)
  /// Its bytes are no record.
  case malformed(number: Int64, reason: String)
  /// A newer version wrote it, and has to verify it.
  case newer(number: Int64, reason: String)
  /// Its payload isn't the one that was recorded.
  case payload(number: Int64)
  /// An engine wrote it whose place another had taken.
  case epoch(number: Int64)
  /// The first record doesn't open the log that it should.
  case opening
  /// A log was opened and has no record left.
  case noRecords
  /// Records up to this one are gone, and no record says that they were pruned.
  case pruned(to: Int64)
  /// A key that isn't named by the one before, or not by the record that should.
  case rotation(number: Int64)
  /// None of the keys given is one of the log's.
  case wrongKey
  case checkpoint(size: Int64, Problem)
  /// A checkpoint of the log's own covers more records than there are.
  case truncated(size: Int64)
  case anchor(name: String, size: Int64, Problem)
  /// An anchor has seen more records than there are.
  case anchorAhead(name: String, LogCheckpoint)
  /// There is no log, and somebody has seen one.
  case missing(name: String)
}

extension LogFault {
  /// One line, without full stop.
  package var text: String {
    switch self {
    case .gap(let after, let found):
      let count = found - after - 1
      return "\(LogText.count(count, "record")) missing: \(LogText.number(found)) follows "
        + (after == 0 ? "nothing" : LogText.number(after))
    case .order(let number, let after): return "\(LogText.number(number)) comes after \(LogText.number(after))"
    case .changed(let number): return "\(LogText.number(number)) or its hash was changed, or put into another place"
    case .malformed(let number, let reason): return "\(LogText.number(number)) is no record: \(reason)"
    case .newer(let number, let reason): return "\(LogText.number(number)) needs a newer version: \(reason)"
    case .payload(let number): return "the payload of \(LogText.number(number)) was changed"
    case .epoch(let number): return "\(LogText.number(number)) was written under an epoch that was over"
    case .opening: return "#1 does not open this log"
    case .noRecords: return "the log has no record left"
    case .pruned(let to):
      return "records up to \(LogText.number(to)) are gone, and no record says that they were pruned"
    case .rotation(let number): return "\(LogText.number(number)) gives the log a key that the one before did not sign"
    case .wrongKey: return "the log is signed by other keys than the ones given"
    case .checkpoint(let size, let problem): return "checkpoint at \(LogText.number(size)): \(problem.text)"
    case .truncated(let size): return "truncated: the log's own checkpoint covers records up to \(LogText.number(size))"
    case .anchor(let name, let size, let problem):
      return "anchor \(TextEscaping.oneLine(name)) at \(LogText.number(size)): \(problem.text)"
    case .anchorAhead(let name, let checkpoint):
      return
        "truncated or rolled back: anchor \(TextEscaping.oneLine(name)) says size \(LogText.grouped(checkpoint.size))"
        + " root \(checkpoint.root.short) at \(LogText.time(checkpoint.time))"
    case .missing(let name): return "there is no log, and anchor \(TextEscaping.oneLine(name)) has seen one"
    }
  }
}

extension LogFault.Problem {
  package var text: String {
    switch self {
    case .log: "it is about another log"
    case .root: "the log has another record there: it was replaced or computed anew"
    case .signature: "the signature is not by the key it names"
    case .key: "its key was not in force"
    case .second: "there is another one of that size"
    }
  }
}
