/// Saving and restoring. After a restore the same messages give the same results as without.
extension TemplateMiner {
  /// The form of what ``save(to:)`` writes; hashes and rules of grouping are part of it.
  private static let form = 1

  /// Writes everything that further results depend on. O(memory).
  package func save(to writer: StateWriter) {
    writer.write(TemplateMiner.form)
    writer.write(limits.templates)
    writer.write(limits.textBytes)
    writer.write(limits.contexts)
    writer.write(Int64(bitPattern: observations))
    writer.write(Int64(bitPattern: founded))
    writer.write(evictions)
    writer.write(variablePairs)
    writer.write(foundedSince)
    store.save(to: writer)
    known.save(to: writer)
    places.save(to: writer)
    contexts.save(to: writer)
  }

  /// Takes over what was saved by a miner with the same limits.
  ///
  /// - Throws: when it was cut or changed, or written with other limits or by another form of this miner; the miner is then
  ///   as before.
  package func restore(from reader: inout StateReader) throws(StateError) {
    guard try reader.integer() == TemplateMiner.form else { throw StateError(message: "templates of another form") }
    guard try reader.integer() == limits.templates, try reader.integer() == limits.textBytes,
      try reader.integer() == limits.contexts
    else { throw StateError(message: "the templates were mined with other limits") }
    let numbers = try (
      UInt64(reader.counter()), UInt64(reader.number(in: 0...Int(UInt32.max))),
      reader.counter(), reader.counter(), reader.counter()
    )
    let store = TemplateStore()
    try store.restore(from: &reader, maximum: TemplateMiner.mostPlaces)
    let known = TemplateIndex()
    try known.restore(from: &reader, maximum: 1 << 28)
    let places = TemplateIndex()
    try places.restore(from: &reader, maximum: 1 << 28)
    let contexts = TemplateContexts(maximum: limits.contexts)
    try contexts.restore(from: &reader)
    var isWhole = true
    known.visit { _, value in
      if Int(value & TemplateMiner.placeMask) >= store.limit { isWhole = false }
    }
    places.visit { number, value in
      // A template is only ever merged into an older one, so that following numbers comes to an end.
      let isForwarded = value & TemplateMiner.forwarded != 0
      if isForwarded ? value & ~TemplateMiner.forwarded >= number : value >= UInt64(store.limit) { isWhole = false }
    }
    guard isWhole else { throw StateError(message: "templates are named that are not there") }
    (observations, founded, evictions, variablePairs, foundedSince) = numbers
    self.store = store
    self.known = known
    self.places = places
    self.contexts = contexts
  }
}
