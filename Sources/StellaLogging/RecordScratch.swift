import Glibc
import StellaModel

/// What a thread keeps from one log call to the next: the bytes that a record is written to, and the text of the second in which
/// the last one was written. Goes with its thread.
struct RecordScratch {
  /// Nil until the first record, and while a record is being written.
  var bytes: UnsafeMutablePointer<UInt8>?
  var capacity = 0
  /// Whether the thread is at writing a record.
  var isWriting = false
  /// Seconds since the epoch of ``stamp``.
  var second = Int64.min
  /// `2026-01-02T15:04:05.` of that second, 20 characters.
  var stamp: (UInt64, UInt64, UInt32) = (0, 0, 0)

  static let stampBytes = 20
  /// More than this is given back after the record that took it.
  private static let keptBytes = 64 << 10

  private static let key: pthread_key_t? = {
    var key = pthread_key_t()
    let code = pthread_key_create(&key) { scratch in
      guard let scratch = scratch?.assumingMemoryBound(to: RecordScratch.self) else { return }
      free(scratch.pointee.bytes)
      scratch.deallocate()
    }
    return code == 0 ? key : nil
  }()

  /// The calling thread's; nil when the system has none to give, so that the record has to be dropped.
  static func ofThread() -> UnsafeMutablePointer<RecordScratch>? {
    guard let key else { return nil }
    if let known = pthread_getspecific(key) { return known.assumingMemoryBound(to: RecordScratch.self) }
    let scratch = UnsafeMutablePointer<RecordScratch>.allocate(capacity: 1)
    scratch.initialize(to: RecordScratch())
    guard pthread_setspecific(key, scratch) == 0 else {
      scratch.deallocate()
      return nil
    }
    return scratch
  }

  /// Takes back what a record was written to.
  mutating func keep(_ bytes: UnsafeMutablePointer<UInt8>, _ capacity: Int) {
    guard capacity <= Self.keptBytes else { return free(bytes) }
    (self.bytes, self.capacity) = (bytes, capacity)
  }

  /// The text of the second that `time` lies in.
  mutating func setSecond(of time: Int64) {
    let second = time / Timestamp.second - (time % Timestamp.second < 0 ? 1 : 0)
    guard second != self.second else { return }
    self.second = second
    var text = Timestamp.text(second * Timestamp.second)
    text.withUTF8 { text in
      guard let text = UnsafeRawPointer(text.baseAddress) else { return }
      withUnsafeMutableBytes(of: &stamp) { $0.baseAddress?.copyMemory(from: text, byteCount: Self.stampBytes) }
    }
  }
}
