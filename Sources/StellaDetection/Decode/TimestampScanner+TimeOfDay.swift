/// Hours to decimals of a second, the half of the day and the zone.
extension TimestampScanner {
  mutating func scanTime(colonDecimals: Bool = false) -> Bool {
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

  mutating func scanDecimals(colon: Bool) {
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
  mutating func scanHalf() {
    let skip = byte() == 32 ? 1 : 0
    let first = byte(skip) | 32
    guard first == UInt8(ascii: "a") || first == UInt8(ascii: "p"), byte(skip + 1) | 32 == UInt8(ascii: "m"),
      !isLetter(skip + 2), time.hour >= 1, time.hour <= 12
    else { return }
    time.hour = time.hour % 12 + (first == UInt8(ascii: "p") ? 12 : 0)
    place += skip + 2
  }

  mutating func scanZone() {
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
  static func zoneHours(_ name: UInt32) -> Int? {
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
}
