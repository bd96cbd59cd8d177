/// Recognises the ways in which logs write times, at the start of a text. O(length of the time); allocates nothing.
///
/// Forms: ISO 8601 and RFC 3339 with `-`, `/` or `.` between the parts of the date, any of `T`, space, `_`, `-` or `:` before
/// the time, and `.` or `,` before decimals; `17/May/2015:10:05:03 +0000`; `10-Oct-2020 13:55:36`; `22-06-2014 09:56:12`;
/// `Jan  2 15:04:05`, also with a year; `Mon Jan  2 15:04:05 2006`; `Mon, 02 Jan 2006 15:04:05 GMT`; `Apr-07-13 07:08:36`;
/// `20171223-22:15:29:606`; `20060102T150405Z`; `081109 203615`; `08-03 07:56:53.026`; TAI64N; and epoch seconds,
/// milliseconds, microseconds and nanoseconds by their size.
package struct TimestampScanner {
  let base: UnsafePointer<UInt8>
  let count: Int
  var place = 0
  var time = ScannedTime()

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

  func byte(_ ahead: Int = 0) -> UInt8 { place + ahead < count ? base[place + ahead] : 0 }
  func isDigit(_ ahead: Int = 0) -> Bool { byte(ahead) &- 48 < 10 }
  func isLetter(_ ahead: Int = 0) -> Bool { (byte(ahead) | 32) &- 97 < 26 }

  func digitRun() -> Int {
    var run = 0
    while place + run < count, base[place + run] &- 48 < 10 { run += 1 }
    return run
  }

  mutating func number(_ digits: Int) -> Int {
    var value = 0
    for _ in 0..<digits {
      value = value * 10 + Int(base[place] - 48)
      place += 1
    }
    return value
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard byte() == UInt8(ascii: character), place < count else { return false }
    place += 1
    return true
  }

  mutating func skipSpaces() { while place < count, base[place] == 32 { place += 1 } }

  /// One or two digits.
  mutating func short() -> Int? {
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
  /// is impossible, or the source's other times say otherwise (``SourceClock``); dots and dashes put the day first.
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
    if separator == UInt8(ascii: "/"), time.year != 0 {
      time.order = first > 12 ? .dayFirst : second > 12 ? .monthFirst : .either
    }
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

  // MARK: Names

  private static let months: [UInt32] = [
    0x6A616E, 0x666562, 0x6D6172, 0x617072, 0x6D6179, 0x6A756E, 0x6A756C, 0x617567, 0x736570, 0x6F6374, 0x6E6F76,
    0x646563,
  ]

  /// An English month, three letters or in full, in any case.
  mutating func monthName() -> Int? {
    guard isLetter(), isLetter(1), isLetter(2) else { return nil }
    let packed = UInt32(byte() | 32) << 16 | UInt32(byte(1) | 32) << 8 | UInt32(byte(2) | 32)
    for (index, name) in TimestampScanner.months.enumerated() where name == packed {
      place += 3
      while isLetter() { place += 1 }
      return index + 1
    }
    return nil
  }

  func isWeekday() -> Bool {
    switch UInt32(byte() | 32) << 16 | UInt32(byte(1) | 32) << 8 | UInt32(byte(2) | 32) {
    case 0x6D6F6E, 0x747565, 0x776564, 0x746875, 0x667269, 0x736174, 0x73756E: true
    default: false
    }
  }
}
