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

  package init() {}

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
    CommandFailure(.usage, "the body is no JSON: \(refusal.reason). Nothing was taken.")
  }
}
