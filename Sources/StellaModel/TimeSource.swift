/// What time it is. May be asked from any thread.
package protocol TimeSource: Sendable {
  /// Nanoseconds since the epoch, UTC.
  func now() -> Int64
}
