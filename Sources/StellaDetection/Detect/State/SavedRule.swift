import StellaScripting

/// The state of one rule as a checkpoint or a reload hands it on.
struct SavedRule {
  private let shape: String
  private let stateShapes: [String]
  /// Which of the saved dictionaries has the rule's keys.
  let keys: Int
  private let textChecksum: UInt64
  private let state: StateReader

  static func save(_ detector: Detector, keys: Int, to writer: StateWriter) {
    writer.write(.rule)
    writer.write(detector.manifest.shape)
    writer.write(detector.manifest.stateShapes)
    writer.write(keys)
    writer.write(Int64(bitPattern: detector.manifest.textChecksum))
    writer.section { detector.save(to: writer) }
  }

  /// Hands the state of a rule's old version over to its new one.
  ///
  /// - Throws: when it does not fit; `new` is then as new.
  static func transfer(from old: Detector, to new: Detector) throws(StateError) {
    let state = StateWriter()
    SavedRule.save(old, keys: 0, to: state)
    let keys = StateWriter()
    old.keys.dictionary.save(to: keys)
    var reader = StateReader(keys.bytes)
    try SavedRule(state.bytes).restore(new, keys: SavedKeys(from: &reader))
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(StateError) {
    var reader = StateReader(bytes)
    try reader.expect(.rule)
    shape = try reader.text()
    stateShapes = try reader.texts()
    keys = try reader.number(in: 0...Int(UInt16.max))
    textChecksum = UInt64(bitPattern: try reader.integer())
    state = try reader.section()
  }

  /// Gives the state to a detector in which nothing has happened yet.
  ///
  /// - Throws: when the state does not fit or makes no sense. The detector is then as new.
  func restore(_ detector: Detector, keys: SavedKeys) throws(StateError) {
    guard detector.manifest.shape == shape else {
      throw StateError(
        message: "the rule keeps another kind of state now (\(detector.manifest.shape); before: \(shape))")
    }
    let isSame = Set(detector.manifest.stateShapes) == Set(stateShapes)
    guard isSame || detector.manifest.migrate != nil else {
      throw StateError(message: "its `state` was changed and it has no `migrate`")
    }
    var reader = state
    try detector.restore(from: &reader, keys: keys, isMigrated: !isSame)
    // Another text may be a better one.
    if textChecksum != detector.manifest.textChecksum { detector.quarantine?.release() }
  }
}

/// A rule that starts without the state it had.
package struct StateReset: Sendable, Hashable {
  package var rule: String
  package var reason: String
}
