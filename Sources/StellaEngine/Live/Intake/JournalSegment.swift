import StellaModel

/// One file of an ``IntakeJournal``, named by the offset of its first byte in the journal.
struct JournalSegment: Sendable, Hashable {
  let base: Int64
  /// Bytes that are durable, from the start of the file.
  var length: Int64
  /// Tells files apart that had the same name one after the other.
  let serial: Int

  var end: Int64 { base + length }

  static let suffix = ".log"

  static func name(_ base: Int64) -> String {
    let digits = String(base)
    return String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits + suffix
  }

  static func base(ofName name: String) -> Int64? {
    guard name.hasSuffix(suffix), name.utf8.count == 20 + suffix.utf8.count else { return nil }
    return Int64(name.dropLast(suffix.count))
  }
}
