import StellaLua
import StellaModel
import StellaScripting

/// Keeps a rule whose script keeps failing from costing more than it finds: after five failures in a row the script rests
/// for a minute of event time, then for twice as long each time it fails again, at most an hour. Its state is kept.
package final class Quarantine {
  package static let failuresBeforeRest = 5
  package static let firstRest: Int64 = 60_000_000_000
  package static let longestRest: Int64 = 3_600_000_000_000

  package private(set) var failures = 0
  package private(set) var rests = 0
  package private(set) var lastError: LuaError?
  /// A result that was neither nil nor an alert, once.
  package private(set) var unusableResult: String?
  @exclusivity(unchecked) package private(set) var restingUntil = Int64.min
  @exclusivity(unchecked) private var inARow = 0
  private var isFailingInCheck = false
  private var rest = Quarantine.firstRest
  /// What tells of the trouble, from the first rest on until the script runs well again; nil when nothing does.
  @exclusivity(unchecked) package private(set) var alert: Alert?
  /// Where it is noted that the script was sent to rest.
  var decisions: DecisionLog?

  /// Whether it has failed and not run well since.
  var isFailing: Bool { inARow > 0 }

  /// Whether the script runs no more until it is loaded anew.
  var isStopped: Bool { restingUntil == .max }

  /// Whether the script may run at `time`. The first call after a rest is a trial.
  @inline(__always)
  func allows(at time: Int64) -> Bool { time >= restingUntil }

  /// - Parameter inCheck: which callback failed: the one does not make good what the other does.
  func failed(_ error: LuaError, at time: Int64, inCheck: Bool = false) {
    failures += 1
    isFailingInCheck = inCheck
    inARow += 1
    lastError = error
    if inARow >= Quarantine.failuresBeforeRest {
      rests += 1
      restingUntil = time &+ rest
      decisions?.note(
        Decision(
          .quarantined, at: time,
          reason: "its script rests for \(DurationText.text(rest)) after \(failures) failures: \(error.advice)"))
      rest = min(Quarantine.longestRest, rest * 2)
      // One more failure after the rest is enough for the next.
      inARow = Quarantine.failuresBeforeRest - 1
    }
  }

  /// Lets the script run no more until it is loaded anew.
  func stop(_ error: LuaError, at time: Int64) {
    decisions?.note(
      Decision(.quarantined, at: time, reason: "its script runs no more until it is corrected: \(error)"))
    failures += 1
    rests += 1
    lastError = error
    restingUntil = .max
  }

  /// Lets the script run again at once, because it is another one: what failed before is no failure of it.
  func release() {
    restingUntil = .min
    inARow = 0
    rest = Quarantine.firstRest
    failures = 0
    lastError = nil
    unusableResult = nil
  }

  /// A call that went well ends the row.
  ///
  /// - Returns: whether an alert about the trouble is to end with it.
  @inline(__always) @discardableResult
  func succeeded(inCheck: Bool = false) -> Bool {
    if inARow == 0 || inCheck != isFailingInCheck { return inARow == 0 && failures == 0 && alert != nil }
    inARow = 0
    rest = Quarantine.firstRest
    return alert != nil
  }

  /// Opens an alert about the trouble, or makes it a part of the one that is open.
  ///
  /// - Returns: the alert when it is new.
  func open(_ new: Alert) -> Alert? {
    guard var open = alert else {
      alert = new
      return new
    }
    open.lastSeen = max(open.lastSeen, new.lastSeen)
    open.count = new.count
    open.summary = new.summary
    alert = open
    return nil
  }

  /// Ends the alert about the trouble.
  ///
  /// - Returns: its end; nil when there is none.
  func takeAlert(because cause: Alert.ResolveCause) -> Alert? {
    guard var ended = alert else { return nil }
    alert = nil
    ended.status = .resolved
    ended.resolvedBecause = cause
    ended.revision += 1
    return ended
  }

  func noteUnusable(_ value: LuaValue) {
    if unusableResult == nil { unusableResult = "\(value)" }
  }

  func save(to writer: StateWriter) {
    for number in [failures, rests, inARow] { writer.write(number) }
    writer.write(restingUntil)
    writer.write(rest)
    writer.write(isFailingInCheck)
    writer.write(unusableResult) { writer.write($0) }
    writer.write(lastError) { error in
      for text in [error.kind.rawValue, error.message, error.file] { writer.write(text) }
      writer.write(error.line)
      writer.write(error.traceback)
    }
    writer.write(alert) { $0.save(to: writer) }
  }

  func restore(from reader: inout StateReader) throws(StateError) {
    failures = try reader.counter()
    rests = try reader.counter()
    inARow = try reader.counter()
    restingUntil = try reader.integer()
    rest = Int64(try reader.number(in: 0...Int(Quarantine.longestRest)))
    isFailingInCheck = try reader.bool()
    unusableResult = try reader.optional { reader throws(StateError) in try reader.text() }
    lastError = try reader.optional { reader throws(StateError) in
      let kind = LuaError.Kind(rawValue: try reader.text()) ?? .internal
      let message = try reader.text()
      let file = try reader.text()
      return LuaError(
        kind: kind, message: message, file: file, line: try reader.number(in: 0...Int.max),
        traceback: try reader.texts())
    }
    alert = try reader.optional { reader throws(StateError) in try Alert(from: &reader) }
  }
}
