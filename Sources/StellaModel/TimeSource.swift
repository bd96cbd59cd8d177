/// What time it is. May be asked from any thread.
package protocol TimeSource: Sendable {
  /// Nanoseconds since the epoch, UTC.
  func now() -> Int64

  /// The same moment on a clock that nobody can set; nil where there is none.
  func steady() -> SteadyTime?
}

extension TimeSource {
  package func steady() -> SteadyTime? { nil }

  package func reading() -> ClockReading { ClockReading(calendar: now(), steady: steady()) }
}

/// A moment on a clock that only moves forward, also while the machine sleeps, and begins anew when it starts: two moments can
/// be compared within one start of one machine.
package struct SteadyTime: Sendable, Hashable {
  /// Which start of which machine.
  package var boot: String
  package var nanoseconds: Int64

  package init(boot: String, nanoseconds: Int64) {
    self.boot = boot
    self.nanoseconds = nanoseconds
  }
}

/// One moment on both clocks: the one that people read and can set, and the one that nobody can.
package struct ClockReading: Sendable, Hashable {
  /// Nanoseconds since the epoch, UTC.
  package var calendar: Int64
  package var steady: SteadyTime?

  package init(calendar: Int64, steady: SteadyTime? = nil) {
    self.calendar = calendar
    self.steady = steady
  }

  /// Nanoseconds since `start`, told by the steady clock where it can; nil when the calendar alone can, and is before it.
  package func elapsed(since start: ClockReading) -> Int64? {
    if let now = steady, let then = start.steady, now.boot == then.boot { return now.nanoseconds - then.nanoseconds }
    let (passed, overflow) = calendar.subtractingReportingOverflow(start.calendar)
    return overflow || passed < 0 ? nil : passed
  }

  /// Whether a time that began with `start` and ends at `deadline` on the calendar is over now. Pure.
  ///
  /// The stricter of the clocks counts, so that one that is set back never makes a time longer. After a restart of the
  /// machine the steady clock says nothing; a calendar that then shows a time before the start was set back by nobody knows
  /// how much, and the time is over.
  package func isPast(_ deadline: Int64, since start: ClockReading?) -> Bool {
    if calendar >= deadline { return true }
    guard let start else { return false }
    guard let now = steady, let then = start.steady, now.boot == then.boot else { return calendar < start.calendar }
    let (length, isEndless) = deadline.subtractingReportingOverflow(start.calendar)
    return !isEndless && now.nanoseconds - then.nanoseconds >= length
  }
}
