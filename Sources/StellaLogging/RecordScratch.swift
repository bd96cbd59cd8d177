import Glibc

/// What a thread keeps from one log call to the next: the bytes that a record is written to. Goes with its thread.
struct RecordScratch {
  /// Nil until the first record, and while a record is being written.
  var bytes: UnsafeMutableRawPointer?
  var capacity = 0

  /// More than this is given back after the record that took it.
  private static let keptBytes = 64 << 10

  /// Where each thread has its own; nil when the system has no such place left.
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
  @inline(__always)
  mutating func keep(_ bytes: UnsafeMutableRawPointer, _ capacity: Int) {
    guard capacity <= Self.keptBytes else { return free(bytes) }
    (self.bytes, self.capacity) = (bytes, capacity)
  }
}
