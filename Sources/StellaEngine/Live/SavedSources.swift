import StellaDetection
import StellaModel

/// The sources of a watch as a checkpoint keeps them.
struct SavedSources {
  /// The number of each source in the stream, by key.
  private(set) var numbers: [String: UInt16] = [:]
  /// What each source's reader goes on from, by key.
  private(set) var states: [String: SourceCheckpoint] = [:]

  init() {}

  /// - Parameter positions: what the store keeps of them beside `saved`.
  init(_ saved: StateBytes, positions: [String: SourcePosition]) throws(StateError) {
    var reader = StateReader(saved.bytes)
    try reader.expect(.sources)
    for _ in 0..<(try reader.count()) {
      let key = try reader.text()
      numbers[key] = UInt16(try reader.number(in: 0...Int(UInt16.max)))
      let skip = try reader.number(in: 0...Int.max)
      let state = Array(try reader.slice())
      guard let position = positions[key] else { continue }
      states[key] = SourceCheckpoint(position: position, state: state, skip: skip)
    }
    withExtendedLifetime(saved) {}
  }

  /// Where each source is to be read on, by key, and what its reader goes on from.
  static func save(_ readers: [SourceReader]) -> (positions: [String: SourcePosition], state: StateBytes) {
    var positions: [String: SourcePosition] = [:]
    let writer = StateWriter()
    writer.write(.sources)
    writer.write(readers.count)
    for reader in readers {
      let key = reader.splitter.source.key
      let checkpoint = reader.checkpoint()
      if checkpoint.position.identity != nil { positions[key] = checkpoint.position }
      writer.write(key)
      writer.write(Int(reader.number))
      writer.write(checkpoint.skip)
      writer.write(bytes: checkpoint.state)
    }
    return (positions, writer.take())
  }
}
