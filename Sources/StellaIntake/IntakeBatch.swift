import StellaModel

/// What came of a request: lines for the journal, each a JSON object with its newline.
package struct IntakeBatch: Sendable, Hashable {
  package var bytes: [UInt8] = []
  /// Lines.
  package var count = 0
  /// Events that are not among the lines.
  package var rejected = 0
  /// Why they are not; the first one's reason.
  package var reason: String?
  /// Events that the sender says it has left out itself.
  package var truncated = 0
  /// Events among the lines whose time can't be read, and the first of these times.
  private(set) package var untimed = 0
  private var unreadTime = ""

  package init() {}

  /// What the sender should know of events that were taken; nil when there is nothing.
  package var remark: String? {
    guard untimed > 0 else { return nil }
    let records = untimed == 1 ? "1 record has" : "\(untimed) records have"
    return
      "\(records) a time that is no count of nanoseconds, such as \"\(TextEscaping.oneLine(unreadTime, limit: 60))\": "
      + "without another time it is that of the arrival"
  }

  /// Counts an event whose time can't be read.
  mutating func noteUnread(_ time: String) {
    if untimed == 0 { unreadTime = String(time.prefix(100)) }
    untimed += 1
  }

  /// Leaves an event out.
  mutating func reject(_ reason: @autoclosure () -> String) {
    rejected += 1
    if self.reason == nil { self.reason = reason() }
  }

  /// Takes an event with these members, unless its line would be longer than `limit`.
  mutating func take(_ members: MemberList, limit: Int) {
    guard members.byteCount + 2 <= limit else {
      reject("an event of \(members.byteCount) bytes is longer than a line may be (\(limit) bytes)")
      return
    }
    members.appendLine(to: &bytes)
    count += 1
  }
}

extension CommandFailure {
  /// What a body is refused for that isn't JSON.
  static func noJSON(_ refusal: JSONReader.Refusal) -> CommandFailure {
    refusal.hasTooMany
      ? .tooManyValues : CommandFailure(.usage, "the body is no JSON: \(refusal.reason). Nothing was taken.")
  }

  /// What a body is refused for whose values would take far more memory than it has itself.
  package static let tooManyValues = CommandFailure(
    .usage, "the body has too many values for its length. Send fewer events at a time. Nothing was taken.")
}
