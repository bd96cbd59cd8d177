/// A stream of log bytes: a file that is followed, standard input, a recording in a test.
///
/// The owner is one thread. Where a source starts is decided when it is made; after that it only moves forward.
package protocol ByteSource: AnyObject {
  /// How people call it: the path as it was given, or `-` for standard input.
  var name: String { get }

  /// How the position store calls it: the absolute path, so that it is the same from every working directory.
  var key: String { get }

  /// The position of the byte that the next ``read(into:)`` will deliver.
  var position: SourcePosition { get }

  /// When the bytes now being read were last modified at the time they were opened, nanoseconds since the epoch;
  /// `nil` when the source can't tell. Gives the year to times without one.
  var modificationTime: Int64? { get }

  /// What keeps the source from delivering at present although it goes on trying, such as a file that isn't there yet.
  var trouble: SourceError? { get }

  /// Whether what was not read yet waits where it is, for as long as that takes: in a file, not in a pipe whose writer is held up.
  var isRereadable: Bool { get }

  /// Delivers the next bytes, without blocking.
  ///
  /// An error leaves the source where it was; calling again is allowed and helps when the cause is gone.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome

  /// Gives back descriptors. The source delivers nothing any more.
  func close()
}

extension ByteSource {
  package var isRereadable: Bool { false }
}

/// What one read of a ``ByteSource`` brought.
package enum ReadOutcome: Sendable, Hashable {
  /// So many bytes, at least one, were put at the front of the buffer.
  case bytes(Int)
  /// Nothing at present; more may come.
  case idle
  /// Nothing, and nothing will come.
  case end
  /// What follows belongs to another file, or to the same file written anew: a partial line ends here, and
  /// ``ByteSource/position`` counts from a new start.
  case boundary
}
