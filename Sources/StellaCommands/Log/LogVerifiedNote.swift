import Glibc
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// What the last `stella log verify` of a state directory has found, so that others can be told of it. It is a note and no proof:
/// whoever can write there can write it.
struct LogVerifiedNote {
  static func path(_ directory: StateDirectory) -> String { directory.path + "/log.verified" }

  /// Keeps it. What can't be kept is no reason to fail.
  static func keep(_ verification: LogVerification, at now: Int64, in directory: StateDirectory) {
    let note = FieldValue.object([
      .init("time", .string(Timestamp.text(now))), .init("verdict", .string(verification.verdict.rawValue)),
      .init("log", verification.log.map { .string($0.hex) } ?? .null), .init("size", .integer(verification.head.size)),
      .init("signed", verification.signed.map { .integer($0) } ?? .null),
      .init("fault_count", .integer(Int64(verification.faultCount))),
    ])
    try? WrittenFile.write(Array((note.json + "\n").utf8), to: path(directory))
  }

  /// The members as they were kept; nil when there is no such note of this log.
  static func read(_ directory: StateDirectory, of log: LogHash) -> [FieldValue.Member]? {
    guard let bytes = try? RuleFiles.readFixture(path(directory)),
      case .object(let members)? = try? JSONParser().parse(String(decoding: bytes, as: UTF8.self)),
      members.first(where: { $0.name == "log" })?.value == .string(log.hex)
    else { return nil }
    return members.filter { $0.name != "log" }
  }
}
