import StellaModel

/// A source that delivers exactly what a test wrote down, one step per read; larger steps are split by the buffer.
package final class ScriptedSource: ByteSource {
  package enum Step {
    case bytes([UInt8])
    case idle
    case end
    /// Offsets count from 0 again.
    case boundary
    case failure(SourceError)

    package static func text(_ text: String) -> Step { .bytes(Array(text.utf8)) }
  }

  package let name = "scripted"
  package let key = "scripted"
  package private(set) var position: SourcePosition
  package let modificationTime: Int64? = nil
  package let trouble: SourceError? = nil
  private var steps: [Step]
  private var files: UInt64 = 1

  /// - Parameters:
  ///   - offset: where the first bytes stand in their file.
  package init(_ steps: [Step], from offset: Int64 = 0) {
    self.steps = steps
    position = SourcePosition(identity: ScriptedSource.identity(of: 1), offset: offset)
  }

  package static func identity(of file: UInt64) -> SourceIdentity {
    SourceIdentity(device: 0, inode: file, fingerprintBytes: 0, fingerprint: 0)
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard !steps.isEmpty else { return .end }
    switch steps.removeFirst() {
    case .bytes(let bytes):
      let count = min(bytes.count, buffer.count)
      buffer.copyBytes(from: bytes[..<count])
      if count < bytes.count { steps.insert(.bytes(Array(bytes[count...])), at: 0) }
      position.offset += Int64(count)
      return .bytes(count)
    case .idle: return .idle
    case .end: return .end
    case .boundary:
      files += 1
      position = SourcePosition(identity: ScriptedSource.identity(of: files), offset: 0)
      return .boundary
    case .failure(let error): throw error
    }
  }

  package func close() {}
}
