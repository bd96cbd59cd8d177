import StellaModel

/// A source that gives some bytes, then nothing until it is told to go on with the rest.
final class StagedSource: ByteSource {
  let name: String
  private let stages: [[UInt8]]
  private var stage = 0
  private var offset = 0

  init(name: String, stages: [[UInt8]]) {
    self.name = name
    self.stages = stages
  }

  var key: String { name }
  var position: SourcePosition {
    SourcePosition(identity: nil, offset: Int64(stages[..<stage].reduce(offset) { $0 + $1.count }))
  }
  var modificationTime: Int64? { nil }
  var trouble: SourceError? { nil }

  /// Goes on with the next stage; what was not read of this one is left out.
  func goOn() {
    stage += 1
    offset = 0
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard stage < stages.count else { return .end }
    let bytes = stages[stage]
    let count = min(buffer.count, bytes.count - offset)
    if count == 0 { return .idle }
    bytes.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + count])) }
    offset += count
    return .bytes(count)
  }

  func close() {}
}
