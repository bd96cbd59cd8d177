import StellaModel

extension SourceReader {
  private static let version = 5
  /// Without the numbers of the lines that are held; read as well.
  private static let versionWithoutNumbers = 4

  /// Writes everything that decides what later lines become, and the counters; caches are no part of it. All events of the
  /// last fill were used.
  package func save(to writer: StateWriter) { write(state, to: writer) }

  /// Goes on from what ``save(to:)`` wrote for the same source. The reader is new and its source stands at the
  /// ``position`` of then. The zone, the year and the format that it was made with hold.
  ///
  /// - Throws: when the bytes are no such state; the reader is then as before.
  package func restore(from reader: inout StateReader) throws(StateError) { try restore(from: &reader, isWhole: false) }

  private func restore(from reader: inout StateReader, isWhole: Bool) throws(StateError) {
    let version = try reader.integer()
    guard version == SourceReader.version || version == SourceReader.versionWithoutNumbers else {
      throw StateError(message: "the saved state of a source has version \(version), not \(SourceReader.version)")
    }
    let format = try reader.text()
    let settings = try reader.integer()
    let counts = try LineCounts(from: &reader)
    var decoding = try LineDecoding.State(from: &reader)
    let held = try HeldEvents(from: &reader, numbered: version == SourceReader.version)
    guard !isWhole || reader.isAtEnd else { throw StateError(message: "the saved state of a source is too long") }
    if format != self.format.rawValue { decoding.detector = nil }
    hasOtherSettings = settings != clock.settings
    splitter.restore(counts)
    self.decoding.state = decoding
    self.held = held
  }

  /// From where and with what to read on so that nothing is left out and nothing comes twice, when of the events of the
  /// last fill only the first ``usedEvents`` were used. O(state).
  package func checkpoint() -> SourceCheckpoint {
    guard let before, let usedEvents, unusedEvents > 0 else { return checkpoint(state, used: 0) }
    return checkpoint(before, used: usedEvents)
  }

  private func checkpoint(_ state: State, used: Int) -> SourceCheckpoint {
    let writer = StateWriter()
    write(state, to: writer)
    return SourceCheckpoint(position: state.position, state: Array(writer.bytes), skip: state.skip + used)
  }

  /// As ``restore(from:)``, and leaves out the events that were used already. The source was opened at the position of the
  /// checkpoint; where it could not be, because the file is another, use its state alone.
  package func resume(from checkpoint: SourceCheckpoint) throws(StateError) {
    guard (0...StateReader.counterLimit).contains(checkpoint.skip) else {
      throw StateError(message: "\(checkpoint.skip) is no number of events")
    }
    try checkpoint.state.withUnsafeBufferPointer { bytes throws(StateError) in
      var reader = StateReader(UnsafeRawBufferPointer(bytes))
      try restore(from: &reader, isWhole: true)
    }
    skip = checkpoint.skip
  }

  private func write(_ state: State, to writer: StateWriter) {
    writer.write(SourceReader.version)
    writer.write(format.rawValue)
    writer.write(clock.settings)
    state.counts.save(to: writer)
    state.decoding.save(to: writer)
    state.held.save(to: writer)
  }
}

extension SourceClock {
  /// Tells zones and years apart (FNV-1a, 64 bits).
  fileprivate var settings: Int64 {
    var values = [Int64(year ?? -1), Int64(zone.initialOffset)]
    values += zone.transitions
    values += zone.offsets.map(Int64.init)
    return values.withUnsafeBytes { Int64(bitPattern: SourceIdentity.fingerprint(of: $0)) }
  }
}
