import CStellaValue

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Plain memory that grows in place where the system can: a large block is moved by page tables, so that growth neither
/// copies nor needs both sizes at once. Large blocks ask for huge pages, because what is spread over many keys is read at
/// random and would miss the processor's table of pages each time.
enum RawStorage {
  private static let hugePage = 1 << 21
  /// Room for `count` elements, uninitialised. Ends the process when memory is short, as Swift's own allocation does.
  static func allocate<T: BitwiseCopyable>(_ type: T.Type = T.self, count: Int) -> UnsafeMutablePointer<T> {
    let bytes = max(1, count * MemoryLayout<T>.stride)
    guard let memory = malloc(bytes) else { fatalError("out of memory") }
    preferHugePages(memory, bytes)
    return memory.bindMemory(to: T.self, capacity: count)
  }

  /// Room for `count` bytes that are written once from end to end: in huge pages where the system has them, so that they
  /// take hundreds of times fewer page faults.
  static func allocateRun(bytes count: Int) -> UnsafeMutablePointer<UInt8> {
    #if canImport(Glibc)
      var memory: UnsafeMutableRawPointer?
      if count >= 2 * hugePage, posix_memalign(&memory, hugePage, count) == 0, let memory {
        preferHugePages(memory, count)
        return memory.bindMemory(to: UInt8.self, capacity: count)
      }
    #endif
    return allocate(count: count)
  }

  /// `old` with room for `count` elements; what fits is kept, the rest is uninitialised. `old` is void.
  static func resize<T: BitwiseCopyable>(_ old: UnsafeMutablePointer<T>, to count: Int) -> UnsafeMutablePointer<T> {
    let bytes = max(1, count * MemoryLayout<T>.stride)
    guard let memory = realloc(old, bytes) else { fatalError("out of memory") }
    preferHugePages(memory, bytes)
    return memory.bindMemory(to: T.self, capacity: count)
  }

  /// Where the system has none, or takes no advice, nothing changes.
  private static func preferHugePages(_ memory: UnsafeMutableRawPointer, _ bytes: Int) {
    #if canImport(Glibc)
      if bytes < 2 * hugePage { return }
      let start = UnsafeMutableRawPointer(bitPattern: (UInt(bitPattern: memory) + 4095) & ~4095)
      _ = madvise(start, bytes - 4096, MADV_HUGEPAGE)
    #endif
  }

  static func free(_ memory: UnsafeMutableRawPointer) {
    #if canImport(Glibc)
      Glibc.free(memory)
    #else
      Darwin.free(memory)
    #endif
  }

  @inline(__always)
  static func isEqual(_ a: UnsafePointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = b.baseAddress else { return true }
    let left = UnsafeRawPointer(a)
    let right = UnsafeRawPointer(base)
    var position = 0
    while position + 8 <= b.count {
      if left.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        != right.loadUnaligned(fromByteOffset: position, as: UInt64.self)
      {
        return false
      }
      position += 8
    }
    while position < b.count {
      if a[position] != base[position] { return false }
      position += 1
    }
    return true
  }
}
