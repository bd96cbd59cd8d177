import StellaModel

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
  /// Seconds east of UTC, when the text says so.
  package var offset: Int?
  /// Bytes from the start to the end of the time.
  package var length = 0
  /// Where the seconds stand, for callers that remember everything before them; -1 when there are none.
  package var secondAt = -1
  /// Where what follows the seconds and their decimals begins.
  package var tailAt = 0

  var isPossible: Bool {
    month >= 1 && month <= 12 && day >= 1 && day <= (year == 0 ? 31 : Timestamp.daysIn(month: month, year: year))
      && hour <= 23 && minute <= 59 && second <= 60 && (year == 0 || (year >= 1678 && year <= 2261))
  }
}

/// Recognises the ways in which logs write times, at the start of a text. O(length of the time); allocates nothing.
///
/// Forms: ISO 8601 and RFC 3339 with `-`, `/` or `.` between the parts of the date, any of `T`, space, `_`, `-` or `:` before
/// the time, and `.` or `,` before decimals; `17/May/2015:10:05:03 +0000`; `10-Oct-2020 13:55:36`; `22-06-2014 09:56:12`;
/// `Jan  2 15:04:05`, also with a year; `Mon Jan  2 15:04:05 2006`; `Mon, 02 Jan 2006 15:04:05 GMT`; `Apr-07-13 07:08:36`;
/// `20171223-22:15:29:606`; `20060102T150405Z`; `081109 203615`; `08-03 07:56:53.026`; TAI64N; and epoch seconds,
/// milliseconds, microseconds and nanoseconds by their size.
package struct TimestampScanner {
  private let base: UnsafePointer<UInt8>
  private let count: Int
  private var place = 0
  private var time = ScannedTime()

  package static func scan(_ text: UnsafeBufferPointer<UInt8>) -> ScannedTime? {
    guard let base = text.baseAddress, text.count >= 8 else { return nil }
    var scanner = TimestampScanner(base: base, count: text.count)
    guard scanner.scan() else { return nil }
    scanner.time.length = scanner.place
    return scanner.time
  }

  private init(base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
  }

  // MARK: Bytes

  private func byte(_ ahead: Int = 0) -> UInt8 { place + ahead < count ? base[place + ahead] : 0 }
  private func isDigit(_ ahead: Int = 0) -> Bool { byte(ahead) &- 48 < 10 }
  private func isLetter(_ ahead: Int = 0) -> Bool { (byte(ahead) | 32) &- 97 < 26 }

  private func digitRun() -> Int {
    var run = 0
    while place + run < count, base[place + run] &- 48 < 10 { run += 1 }
    return run
  }

  private mutating func number(_ digits: Int) -> Int {
    var value = 0
    for _ in 0..<digits {
      value = value * 10 + Int(base[place] - 48)
      place += 1
    }
    return value
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard byte() == UInt8(ascii: character), place < count else { return false }
    place += 1
    return true
  }

  private mutating func skipSpaces() { while place < count, base[place] == 32 { place += 1 } }

  /// One or two digits.
  private mutating func short() -> Int? {
    let run = digitRun()
    guard run == 1 || run == 2 else { return nil }
    return number(run)
  }

  // MARK: Dates

  private mutating func scan() -> Bool {
    if isDigit() { return scanDigits() }
    if isLetter() { return scanName() }
    if byte() == UInt8(ascii: "@") { return scanTAI64() }
    return false
  }

  private mutating func scanDigits() -> Bool {
    let run = digitRun()
    switch run {
    case 1, 2:
      let separator = byte(run)
      switch separator {
      case UInt8(ascii: "/"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: " "):
        let first = number(run)
        place += 1
        if isLetter() { return scanDayFirst(first, separator: separator) }
        return separator != UInt8(ascii: " ") && scanThreeNumbers(first, separator: separator)
      default: return false
      }
    case 4:
      let separator = byte(4)
      guard separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/") || separator == UInt8(ascii: ".") else {
        return false
      }
      time.year = number(4)
      place += 1
      if isLetter() {
        guard let month = monthName(), byte() == separator else { return false }
        time.month = month
      } else {
        guard let month = short(), byte() == separator else { return false }
        time.month = month
      }
      place += 1
      guard let day = short() else { return false }
      time.day = day
      return time.year > 0 && betweenDateAndTime() && scanTime() && time.isPossible
    case 6:
      guard byte(6) == 32 else { return false }
      time.year = 2000 + number(2)
      if time.year >= 2070 { time.year -= 100 }
      time.month = number(2)
      time.day = number(2)
      skipSpaces()
      return scanTime() && time.isPossible
    case 8:
      time.year = number(4)
      time.month = number(2)
      time.day = number(2)
      guard time.year >= 1970, betweenDateAndTime() else { return false }
      return scanTime(colonDecimals: true) && time.isPossible
    case 14:
      time.year = number(4)
      guard time.year >= 1970, time.year <= 2261 else { return false }
      time.month = number(2)
      time.day = number(2)
      return scanTime() && time.isPossible
    case 10, 13, 16, 19: return scanEpoch(run)
    default: return false
    }
  }

  /// `22-06-2014 …`, `06/22/2014 …`, `22.06.2014 …`, and without a year `06-22 …`. Slashes put the month first unless that
  /// is impossible; dots and dashes put the day first.
  private mutating func scanThreeNumbers(_ first: Int, separator: UInt8) -> Bool {
    guard let second = short() else { return false }
    var monthFirst = separator == UInt8(ascii: "/")
    if byte() == separator {
      place += 1
      let run = digitRun()
      guard run == 4 || run == 2 else { return false }
      time.year = number(run)
      if run == 2 { time.year += time.year < 70 ? 2000 : 1900 }
    } else {
      guard byte() == 32 else { return false }
      monthFirst = true
    }
    if first > 12 { monthFirst = false }
    if second > 12 { monthFirst = true }
    time.month = monthFirst ? first : second
    time.day = monthFirst ? second : first
    return betweenDateAndTime() && scanTime() && time.isPossible
  }

  /// `17/May/2015:10:05:03`, `10-Oct-2020 13:55:36`, `02 Jan 2006 15:04:05`.
  private mutating func scanDayFirst(_ day: Int, separator: UInt8) -> Bool {
    guard let month = monthName() else { return false }
    _ = take(".")
    guard byte() == separator else { return false }
    place += 1
    let run = digitRun()
    guard run == 4 || run == 2 else { return false }
    time.day = day
    time.month = month
    time.year = number(run)
    if run == 2 { time.year += time.year < 70 ? 2000 : 1900 }
    return betweenDateAndTime() && scanTime() && time.isPossible
  }

  private mutating func scanName() -> Bool {
    var hasWeekday = false
    if isWeekday() {
      hasWeekday = true
      while isLetter() { place += 1 }
      _ = take(",")
      guard byte() == 32 else { return false }
      skipSpaces()
      if isDigit() {
        guard let day = short(), byte() == 32 || byte() == UInt8(ascii: "-") else { return false }
        let separator = byte()
        place += 1
        return scanDayFirst(day, separator: separator)
      }
    }
    guard let month = monthName() else { return false }
    time.month = month
    if byte() == UInt8(ascii: "-") {
      place += 1
      guard let day = short(), take("-") else { return false }
      time.day = day
      let run = digitRun()
      guard run == 4 || run == 2 else { return false }
      time.year = number(run)
      if run == 2 { time.year += time.year < 70 ? 2000 : 1900 }
      return betweenDateAndTime() && scanTime() && time.isPossible
    }
    _ = take(".")
    guard byte() == 32 else { return false }
    skipSpaces()
    guard let day = short() else { return false }
    time.day = day
    _ = take(",")
    guard byte() == 32 else { return false }
    skipSpaces()
    if digitRun() == 4, byte(4) == 32 || byte(4) == UInt8(ascii: ",") {
      time.year = number(4)
      _ = take(",")
      skipSpaces()
    }
    guard scanTime() else { return false }
    if time.year == 0, hasWeekday { scanTrailingYear() }
    return time.isPossible
  }

  /// ` 2006` or ` CET 2006` after the time, as `date` and `ctime` write it.
  private mutating func scanTrailingYear() {
    let start = place
    guard take(" ") else { return }
    if isLetter() {
      while isLetter() { place += 1 }
      guard take(" ") else {
        place = start
        return
      }
    }
    guard digitRun() == 4 else {
      place = start
      return
    }
    time.year = number(4)
  }

  private mutating func betweenDateAndTime() -> Bool {
    switch byte() {
    case UInt8(ascii: "T"), UInt8(ascii: "t"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ":"): place += 1
    case UInt8(ascii: ","), 32:
      place += 1
      skipSpaces()
    default: return false
    }
    return true
  }

  // MARK: Times of day

  private mutating func scanTime(colonDecimals: Bool = false) -> Bool {
    let run = digitRun()
    if run == 6 {
      time.hour = number(2)
      time.minute = number(2)
      time.secondAt = place
      time.second = number(2)
    } else {
      guard run == 1 || run == 2 else { return false }
      time.hour = number(run)
      let separator = byte()
      guard separator == UInt8(ascii: ":") || separator == UInt8(ascii: "."), isDigit(1), isDigit(2) else {
        return false
      }
      place += 1
      time.minute = number(2)
      if byte() == separator, isDigit(1), isDigit(2) {
        place += 1
        time.secondAt = place
        time.second = number(2)
      }
    }
    if isDigit() { return false }
    scanDecimals(colon: colonDecimals)
    time.tailAt = place
    scanHalf()
    scanZone()
    return true
  }

  private mutating func scanDecimals(colon: Bool) {
    let separator = byte()
    guard time.secondAt >= 0, isDigit(1) else { return }
    guard
      separator == UInt8(ascii: ".") || separator == UInt8(ascii: ",")
        || (colon && separator == UInt8(ascii: ":") && isDigit(2) && isDigit(3) && !isDigit(4))
    else { return }
    place += 1
    var value = 0
    var digits = 0
    while isDigit() {
      if digits < 9 { value = value * 10 + Int(byte() - 48) }
      digits += 1
      place += 1
    }
    while digits < 9 {
      value *= 10
      digits += 1
    }
    time.nanosecond = value
  }

  /// ` AM` and ` PM`.
  private mutating func scanHalf() {
    let skip = byte() == 32 ? 1 : 0
    let first = byte(skip) | 32
    guard first == UInt8(ascii: "a") || first == UInt8(ascii: "p"), byte(skip + 1) | 32 == UInt8(ascii: "m"),
      !isLetter(skip + 2), time.hour >= 1, time.hour <= 12
    else { return }
    time.hour = time.hour % 12 + (first == UInt8(ascii: "p") ? 12 : 0)
    place += skip + 2
  }

  private mutating func scanZone() {
    if byte() == UInt8(ascii: "Z") || byte() == UInt8(ascii: "z"), !isLetter(1) {
      place += 1
      time.offset = 0
      return
    }
    let skip = byte() == 32 ? 1 : 0
    let sign = byte(skip)
    if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
      guard isDigit(skip + 1), isDigit(skip + 2) else { return }
      let hours = Int(byte(skip + 1) - 48) * 10 + Int(byte(skip + 2) - 48)
      var minutes = 0
      var length = skip + 3
      let colon = byte(length) == UInt8(ascii: ":") ? 1 : 0
      if isDigit(length + colon), isDigit(length + colon + 1) {
        minutes = Int(byte(length + colon) - 48) * 10 + Int(byte(length + colon + 1) - 48)
        length += colon + 2
      } else if skip == 1 || colon == 1 {
        return
      }
      guard !isDigit(length), hours <= 23, minutes <= 59 else { return }
      time.offset = (hours * 3600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
      place += length
      return
    }
    guard (byte(skip) | 32) &- 97 < 26 else { return }
    var length = 0
    while isLetter(skip + length) { length += 1 }
    guard length <= 4, !isDigit(skip + length) else { return }
    var packed: UInt32 = 0
    for index in 0..<length { packed = packed << 8 | UInt32(byte(skip + index)) }
    guard let hours = TimestampScanner.zoneHours(packed) else { return }
    time.offset = hours * 3600
    place += skip + length
  }

  /// Zone abbreviations without a second meaning that logs are likely to use.
  private static func zoneHours(_ name: UInt32) -> Int? {
    switch name {
    case 0x55_5443, 0x47_4D54: 0  // UTC GMT
    case 0x43_4554: 1  // CET
    case 0x4345_5354: 2  // CEST
    case 0x45_4554: 2  // EET
    case 0x4545_5354: 3  // EEST
    case 0x45_5354: -5  // EST
    case 0x45_4454: -4  // EDT
    case 0x43_4454: -5  // CDT
    case 0x4D_4454: -6  // MDT
    case 0x50_5354: -8  // PST
    case 0x50_4454: -7  // PDT
    case 0x4A_5354: 9  // JST
    default: nil
    }
  }

  // MARK: Counted times

  private mutating func scanEpoch(_ run: Int) -> Bool {
    guard let value = TimestampScanner.epoch(digits: UnsafeBufferPointer(start: base, count: count), run: run) else {
      return false
    }
    place = value.length
    time.epoch = value.time
    return !isLetter()
  }

  /// A count since the epoch at the start of `text`: its unit by its size, decimals exact to the nanosecond.
  package static func epoch(digits text: UnsafeBufferPointer<UInt8>, run: Int) -> (time: Int64, length: Int)? {
    guard run > 0, run <= 19 else { return nil }
    var whole: UInt64 = 0
    for index in 0..<run { whole = whole * 10 + UInt64(text[index] - 48) }
    let unit: UInt64 =
      whole < 100_000_000_000
      ? 1_000_000_000 : whole < 100_000_000_000_000 ? 1_000_000 : whole < 100_000_000_000_000_000 ? 1000 : 1
    let (scaled, overflow) = whole.multipliedReportingOverflow(by: unit)
    guard !overflow, scaled <= UInt64(Int64.max) - 1_000_000_000 else { return nil }
    var time = Int64(scaled)
    var place = run
    if place + 1 < text.count, text[place] == UInt8(ascii: "."), text[place + 1] &- 48 < 10 {
      place += 1
      var scale = Int64(unit) / 10
      while place < text.count, text[place] &- 48 < 10 {
        time += Int64(text[place] - 48) * scale
        scale /= 10
        place += 1
      }
    }
    return (time, place)
  }

  /// `@4000000051f8a7d52d9d4b14`: Unix seconds + 2^62 + 10, and nanoseconds, as daemontools writes them (libtai,
  /// `taia_now`).
  private mutating func scanTAI64() -> Bool {
    guard count >= 25 else { return false }
    var value: UInt64 = 0
    var nanoseconds: UInt64 = 0
    for index in 1...24 {
      guard AddressText.isHex(base[index]) else { return false }
      let digit = base[index] < 58 ? UInt64(base[index] - 48) : UInt64((base[index] | 32) - 87)
      if index <= 16 { value = value << 4 | digit } else { nanoseconds = nanoseconds << 4 | digit }
    }
    guard value >= 1 << 62, value < 1 << 62 + 1 << 33, nanoseconds < 1_000_000_000 else { return false }
    time.epoch = Int64(value - 1 << 62 - 10) * Timestamp.second + Int64(nanoseconds)
    place = 25
    return true
  }

  // MARK: Names

  private static let months: [UInt32] = [
    0x6A616E, 0x666562, 0x6D6172, 0x617072, 0x6D6179, 0x6A756E, 0x6A756C, 0x617567, 0x736570, 0x6F6374, 0x6E6F76,
    0x646563,
  ]

  /// An English month, three letters or in full, in any case.
  private mutating func monthName() -> Int? {
    guard isLetter(), isLetter(1), isLetter(2) else { return nil }
    let packed = UInt32(byte() | 32) << 16 | UInt32(byte(1) | 32) << 8 | UInt32(byte(2) | 32)
    for (index, name) in TimestampScanner.months.enumerated() where name == packed {
      place += 3
      while isLetter() { place += 1 }
      return index + 1
    }
    return nil
  }

  private func isWeekday() -> Bool {
    switch UInt32(byte() | 32) << 16 | UInt32(byte(1) | 32) << 8 | UInt32(byte(2) | 32) {
    case 0x6D6F6E, 0x747565, 0x776564, 0x746875, 0x667269, 0x736174, 0x73756E: true
    default: false
    }
  }
}
