import StellaDetection
import StellaModel

/// A ``LogBuffer`` as the engine reads it: a stream that can't be read again, so that what is read and not yet
/// checkpointed is lost with the process.
package final class LogBufferSource: ByteSource {
  package let name: String
  package var key: String { name }
  /// With an identity, so that state is saved for it; there is nothing to go back to.
  package private(set) var position = SourcePosition(
    identity: SourceIdentity(device: 0, inode: 0, fingerprintBytes: 0, fingerprint: 0), offset: 0)
  package let modificationTime: Int64? = nil
  package let trouble: SourceError? = nil
  private let buffer: LogBuffer
  private let masking: RecordMasking?

  /// - Parameters:
  ///   - name: how people call it, in `stella.yaml` and in alerts.
  ///   - masking: what is taken out of records as they are read; nil for nothing.
  package init(_ buffer: LogBuffer, name: String = "log", masking: Masking? = nil) {
    self.buffer = buffer
    self.name = name
    self.masking = masking.map { RecordMasking($0) }
  }

  /// What a ``LiveWaiter`` waits for; it is readable when a record came after a read that found none.
  var descriptor: Int32? { buffer.waker?.readEnd }

  package func read(into bytes: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard let count = buffer.take(into: bytes, masking) else { return .end }
    position.offset += Int64(count)
    return count > 0 ? .bytes(count) : .idle
  }

  /// Log calls go on and are dropped and counted.
  package func close() { buffer.close() }
}
