/// Numbers with a fixed number of decimals, the same on every machine and in every locale.
public enum FixedPoint {
  /// `value` rounded half away from zero to `places` decimals (0 to 9), without digit grouping. Numbers of 10^15 and
  /// more, infinities and NaN are written as Swift writes them.
  public static func text(_ value: Double, places: Int) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let places = min(9, max(0, places))
    var scale: Double = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e18 else { return "\(value)" }
    let digits = String(UInt64(scaled))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if places == 0 { return sign + digits }
    let padded = String(repeating: "0", count: max(0, places + 1 - digits.count)) + digits
    return sign + padded.dropLast(places) + "." + padded.suffix(places)
  }
}
