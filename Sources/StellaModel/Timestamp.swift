/// Points in time as nanoseconds since 1970-01-01T00:00:00Z, and their one text form: RFC 3339, UTC, nine decimals.
public enum Timestamp {
  package static let second: Int64 = 1_000_000_000
  package static let day: Int64 = 86_400 * second

  /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar; `month` is 1…12. O(1).
  ///
  /// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `days_from_civil`.
  @inlinable
  package static func days(year: Int, month: Int, day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date that lies `days` after 1970-01-01. O(1). Source as for ``days(year:month:day:)``.
  package static func civil(days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  package static func isLeap(year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

  /// Days of a month; `month` is 1…12.
  package static func daysIn(month: Int, year: Int) -> Int {
    switch month {
    case 2: isLeap(year: year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// `2026-01-02T15:04:05.000000000Z`: 30 characters for every `Int64` (its years are 1677…2262).
  public static func text(_ time: Int64) -> String {
    String(unsafeUninitializedCapacity: 30) { write(time, to: $0) }
  }

  /// `2026-11-03 09:16:04.250Z`, for people: milliseconds, and without a fraction of zero.
  package static func clock(_ time: Int64) -> String {
    let text = Timestamp.text(time)
    let milliseconds = text.dropFirst(20).prefix(3)
    return text.prefix(10) + " " + text.dropFirst(11).prefix(8) + (milliseconds == "000" ? "" : ".\(milliseconds)")
      + "Z"
  }

  /// Appends ``text(_:)`` to `bytes`.
  package static func write(_ time: Int64, to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 30) { buffer in
      let count = write(time, to: buffer)
      bytes.append(contentsOf: buffer[..<count])
    }
  }

  private static func write(_ time: Int64, to buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var days = Int(time / day)
    var rest = Int(time % day)
    if rest < 0 {
      days -= 1
      rest += Int(day)
    }
    let date = civil(days: days)
    let seconds = rest / Int(second)
    var place = 0
    func put(_ value: Int, digits: Int) {
      var value = value
      for index in stride(from: place + digits - 1, through: place, by: -1) {
        buffer[index] = UInt8(48 + value % 10)
        value /= 10
      }
      place += digits
    }
    func put(_ character: Unicode.Scalar) {
      buffer[place] = UInt8(ascii: character)
      place += 1
    }
    put(date.year, digits: 4)
    put("-")
    put(date.month, digits: 2)
    put("-")
    put(date.day, digits: 2)
    put("T")
    put(seconds / 3600, digits: 2)
    put(":")
    put(seconds / 60 % 60, digits: 2)
    put(":")
    put(seconds % 60, digits: 2)
    put(".")
    put(rest % Int(second), digits: 9)
    put("Z")
    return place
  }

  /// Reads RFC 3339 with any number of decimals (beyond nine they are cut) and any offset; nil for everything else and
  /// for times that nanoseconds in an `Int64` can't hold. A second of 60 is the start of the next minute.
  public static func parse(_ text: String) -> Int64? {
    var text = text
    return text.withUTF8 { parse($0) }
  }

  /// As ``parse(_:)``, of a URL's parameter: a `+` of the offset that nobody encoded has become a space.
  package static func ofParameter(_ text: String) -> Int64? {
    if let time = parse(text) { return time }
    var bytes = Array(text.utf8)
    let sign = bytes.count - "+00:00".utf8.count
    guard sign >= 0, bytes[sign] == UInt8(ascii: " ") else { return nil }
    bytes[sign] = UInt8(ascii: "+")
    return bytes.withUnsafeBufferPointer { parse($0) }
  }

  package static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
    var place = 0
    func number(_ digits: Int) -> Int? {
      guard place + digits <= bytes.count else { return nil }
      var value = 0
      for byte in bytes[place..<place + digits] {
        guard byte >= 48, byte <= 57 else { return nil }
        value = value * 10 + Int(byte - 48)
      }
      place += digits
      return value
    }
    func take(_ characters: StaticString) -> Bool {
      guard place < bytes.count else { return false }
      let byte = bytes[place]
      for index in 0..<characters.utf8CodeUnitCount where characters.utf8Start[index] == byte {
        place += 1
        return true
      }
      return false
    }
    guard let year = number(4), take("-"), let month = number(2), take("-"), let dayOfMonth = number(2), take("Tt "),
      let hour = number(2), take(":"), let minute = number(2), take(":"), let seconds = number(2),
      (1...12).contains(month), dayOfMonth >= 1, dayOfMonth <= daysIn(month: month, year: year),
      hour <= 23, minute <= 59, seconds <= 60
    else { return nil }
    var nanoseconds = 0
    if take(".") {
      var digits = 0
      while place < bytes.count, bytes[place] >= 48, bytes[place] <= 57 {
        if digits < 9 { nanoseconds = nanoseconds * 10 + Int(bytes[place] - 48) }
        digits += 1
        place += 1
      }
      guard digits > 0 else { return nil }
      while digits < 9 {
        nanoseconds *= 10
        digits += 1
      }
    }
    var offset = 0
    if !take("Zz") {
      guard place < bytes.count else { return nil }
      let negative = bytes[place] == UInt8(ascii: "-")
      guard take("+-"), let hours = number(2), take(":"), let minutes = number(2), hours <= 23, minutes <= 59 else {
        return nil
      }
      offset = (hours * 3600 + minutes * 60) * (negative ? -1 : 1)
    }
    guard place == bytes.count else { return nil }
    let secondsOfDay = hour * 3600 + minute * 60 + seconds - offset
    return time(
      seconds: days(year: year, month: month, day: dayOfMonth) * 86_400 + secondsOfDay, nanoseconds: nanoseconds)
  }

  /// The time `seconds` and `nanoseconds` after the epoch; nil when an `Int64` of nanoseconds can't hold it.
  package static func time(seconds: Int, nanoseconds: Int) -> Int64? {
    // Both parts with the same sign, so that the earliest times don't overflow on the way.
    let borrow = seconds < 0 && nanoseconds > 0
    let (whole, overflow) = Int64(borrow ? seconds + 1 : seconds).multipliedReportingOverflow(by: second)
    if overflow { return nil }
    let (time, more) = whole.addingReportingOverflow(Int64(nanoseconds) - (borrow ? second : 0))
    return more ? nil : time
  }
}
