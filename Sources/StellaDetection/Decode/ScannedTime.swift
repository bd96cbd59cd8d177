import StellaModel

/// In which order a source writes day and month.
package enum DateOrder: UInt8, Sendable, Hashable {
  case either, monthFirst, dayFirst
}

/// A date and time as text had it.
package struct ScannedTime {
  /// Nanoseconds since the epoch, for text that counts from it.
  package var epoch: Int64?
  /// 0 when the text has no year.
  package var year = 0
  package var month = 1
  package var day = 1
  package var hour = 0
  package var minute = 0
  package var second = 0
  package var nanosecond = 0
  /// What the numbers of a date with slashes say of the order of day and month; nil for any other date. Where they could
  /// stand for both, the month was taken to be first.
  package var order: DateOrder?
  /// Seconds east of UTC, when the text says so.
  package var offset: Int?
  /// Bytes from the start to the end of the time.
  package var length = 0
  /// Where the seconds stand, for callers that remember everything before them; -1 when there are none.
  package var secondAt = -1
  /// Where what follows the seconds and their decimals begins.
  package var tailAt = 0

  /// The other reading of a date that can be read in both ways.
  var withDayFirst: ScannedTime {
    var other = self
    (other.month, other.day) = (day, month)
    return other
  }

  var isPossible: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= (year == 0 ? 31 : Timestamp.daysIn(month: month, year: year))
      && hour <= 23 && minute <= 59 && second <= 60 && (year == 0 || (year >= 1678 && year <= 2261))
  }
}
