/// Some of the events that were asked for.
package struct EventPage: Sendable {
  /// In the order that was asked for: each a JSON object as the stream has it, with its number as `id` in front.
  package var lines: [[UInt8]] = []
  /// Where to go on, as ``EventQuery/after``; nil when there is no more. There may be more although `lines` is empty: then
  /// looking for it took as long as one answer may.
  package var next: Int64?
  /// Blocks that can't be read, because the disk changed them, and files that can't be opened.
  package var damagedBlocks = 0

  package init() {}
}

/// What one answer may cost.
package struct PageBounds: Sendable {
  /// Nanoseconds after which it ends with the block that it is at.
  package var time: Int64 = 2_000_000_000
  /// Bytes of its events, which are exceeded by one at most.
  package var bytes = 8 << 20

  package init() {}

  package init(time: Int64, bytes: Int) { (self.time, self.bytes) = (time, bytes) }
}
