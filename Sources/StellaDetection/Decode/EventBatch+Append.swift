import CStellaValue

extension EventBatch {
  /// Adds event `index` of `other`, whose record is text that must live until this batch is emptied. `other` has at least as many
  /// columns.
  package func append(_ index: Int, of other: EventBatch) {
    precondition(other.recordLengths[index] & EventBatch.recordBit == 0, "a record that is no text stays in its batch")
    let to = count
    times[to] = other.times[index]
    records[to] = other.records[index]
    recordLengths[to] = other.recordLengths[index]
    offsets[to] = other.offsets[index]
    sources[to] = other.sources[index]
    for column in 0..<columnCount { cell(column, to).pointee = other.cell(column, index).pointee }
    count = to + 1
  }

  /// Gives the events from `first` on that have nothing in `column` this text. O(events).
  package func nameMissing(_ text: [UInt8], column: Int, from first: Int = 0) {
    let copy = text.withUnsafeBufferPointer { arena.copy($0) }
    for index in first..<count where cell(column, index).pointee.kind == STELLA_MISSING {
      var value = stella_value()
      value.p = copy
      value.length = UInt32(text.count)
      value.kind = UInt8(STELLA_STRING)
      cell(column, index).pointee = value
    }
  }
}
