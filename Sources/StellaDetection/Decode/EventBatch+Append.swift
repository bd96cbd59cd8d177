extension EventBatch {
  /// Adds event `index` of `other`, whose text must live until this batch is emptied. `other` has at least as many
  /// columns.
  package func append(_ index: Int, of other: EventBatch) {
    let to = count
    times[to] = other.times[index]
    records[to] = other.records[index]
    recordLengths[to] = other.recordLengths[index]
    offsets[to] = other.offsets[index]
    sources[to] = other.sources[index]
    for column in 0..<columnCount { cell(column, to).pointee = other.cell(column, index).pointee }
    count = to + 1
  }
}
