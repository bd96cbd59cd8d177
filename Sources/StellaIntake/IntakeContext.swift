import StellaModel

/// What formats need to know beside a body.
package struct IntakeContext: Sendable {
  /// When the request came, nanoseconds since the epoch.
  package var arrival: Int64
  /// Names of top-level members that the decoder takes an event's time from.
  package var timeNames: TimeNames
  /// Bytes of a line that the decoder keeps whole.
  package var lineBytes: Int

  package init(arrival: Int64, timeNames: TimeNames, lineBytes: Int) {
    self.arrival = arrival
    self.timeNames = timeNames
    self.lineBytes = lineBytes
  }
}

extension JSONText {
  /// A time as the decoder reads it back exactly: a count of nanoseconds, or text where the count would be taken for another unit.
  mutating func time(_ time: Int64) {
    if time >= 100_000_000_000_000_000 { integer(time) } else { string(Timestamp.text(time)) }
  }
}
