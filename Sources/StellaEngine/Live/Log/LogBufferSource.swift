import StellaDetection
import StellaModel

/// A ``LogBuffer`` as the engine reads it: a stream that can't be read again, so that what is read and not yet
/// checkpointed is lost with the process.
///
/// While a host logs, its calls needn't wake the reader: that looks every few milliseconds, and is woken only when the buffer fills
/// meanwhile. Only after ``attention`` without a record does it ask to be woken by the next one.
///
/// It is read as lines of JSON, or record by record (``RecordSource``) for a ``CallRecordDecoder``, which comes to the same.
package final class LogBufferSource: RecordSource {
  package let name: String
  package var key: String { name }
  /// With an identity, so that state is saved for it; there is nothing to go back to.
  package private(set) var position = SourcePosition(
    identity: SourceIdentity(device: 0, inode: 0, fingerprintBytes: 0, fingerprint: 0), offset: 0)
  package let modificationTime: Int64? = nil
  package let trouble: SourceError? = nil
  private let buffer: LogBuffer
  private let masking: RecordMasking?
  private let clock: MonotonicTime
  /// For reading record by record.
  private var direct: DirectRecords?
  /// When a read found something last.
  private var lastRecord: Int64?

  /// Whether the last read, record by record, left nothing behind.
  private(set) var isDrained = false

  /// For so many nanoseconds after a record the reader looks by itself.
  package static let attention: Int64 = 1_000_000_000

  /// - Parameters:
  ///   - name: how people call it, in `stella.yaml` and in alerts.
  ///   - masking: what is taken out of records as they are read; nil for nothing.
  ///   - clock: for ``attention``.
  package init(
    _ buffer: LogBuffer, name: String = "log", masking: Masking? = nil,
    clock: @escaping MonotonicTime = machineMonotonicTime
  ) {
    self.buffer = buffer
    self.name = name
    self.masking = masking.map { RecordMasking($0) }
    self.clock = clock
  }

  /// What the numbers in its records stand for.
  package var names: HandlerNames { buffer.names }

  /// What a ``LiveWaiter`` waits for; see ``asksToBeWoken()``.
  var descriptor: Int32? { buffer.waker?.readEnd }

  /// Whether a read would find something.
  var hasRecord: Bool { buffer.hasRecord }

  /// To be asked before each wait.
  ///
  /// - Returns: whether the ``descriptor`` becomes readable, or is, when there is a record; otherwise it does when there are many, and
  ///   ``hasRecord`` has to be looked at every few milliseconds.
  func asksToBeWoken() -> Bool {
    if let lastRecord, clock() - lastRecord < LogBufferSource.attention { return false }
    buffer.awaitRecord()
    return true
  }

  package func read(into bytes: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    outcome(buffer.take(into: bytes, masking))
  }

  package func read(into records: RecordBuffer) throws(SourceError) -> ReadOutcome {
    let direct = direct ?? DirectRecords(buffer.names, masking?.masking, lineLimit: records.lineLimit)
    self.direct = direct
    let count = buffer.take(into: records, masking, direct)
    isDrained = !buffer.hasRecord
    return outcome(count)
  }

  /// - Parameter count: bytes that were read; nil when nothing more will come.
  private func outcome(_ count: Int?) -> ReadOutcome {
    guard let count else { return .end }
    guard count > 0 else {
      // What woke is read.
      buffer.forgetWake()
      return .idle
    }
    position.offset += Int64(count)
    lastRecord = clock()
    // What woke is read, and there need be no read that finds nothing.
    if isDrained { buffer.forgetWake() }
    buffer.awaitMany()
    return .bytes(count)
  }

  /// Log calls go on and are dropped and counted.
  package func close() { buffer.close() }
}
