import Glibc
import StellaModel

/// Finds time zones by name in the machine's zone database.
package enum TimeZones {
  private static let database = "/usr/share/zoneinfo/"
  private static let sizeLimit = 1 << 20

  /// The rules of `UTC`, of an offset such as `+02:00` or `-0530`, or of an IANA name; nil when there is no such zone.
  package static func rules(_ name: String) -> ZoneRules? {
    if name == "UTC" || name == "Z" { return .utc }
    if let seconds = offset(name) { return .fixed(seconds: seconds) }
    // A name is a path below the database, never out of it.
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0.hasPrefix(".") }), let bytes = read(database + name) else {
      return nil
    }
    return ZoneRules(tzif: bytes)
  }

  private static func offset(_ text: String) -> Int? {
    guard let sign = text.first, sign == "+" || sign == "-" else { return nil }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard digits.count == 4, let number = Int(digits), number / 100 <= 18, number % 100 < 60 else { return nil }
    return (number / 100 * 3600 + number % 100 * 60) * (sign == "-" ? -1 : 1)
  }

  private static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while bytes.count < sizeLimit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    return nil
  }
}
