import StellaModel

/// From where and with what a source is read on, so that what follows is as if it had never been left.
package struct SourceCheckpoint: Sendable, Hashable, Codable {
  /// Where the source is to be opened.
  package var position: SourcePosition
  /// What the lines before `position` left behind, see ``SourceReader/restore(from:)``.
  package var state: [UInt8]
  /// Events that come first and were used already.
  package var skip: Int

  package init(position: SourcePosition, state: [UInt8], skip: Int) {
    self.position = position
    self.state = state
    self.skip = skip
  }
}
