/// Where the engine takes in the events that effects emit.
package protocol EventSink: Sendable {
  /// Takes one event, or refuses it; never blocks for long. It is called for one event at a time.
  ///
  /// - Parameters:
  ///   - line: a JSON object on one line, without a line feed.
  ///   - key: names the effect; given once for each, as long as this process lives.
  /// - Throws: when the event was not taken in and will not be.
  func accept(_ line: [UInt8], key: String) throws(TargetError)
}
