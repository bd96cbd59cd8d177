import CStellaValue

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Plain memory that grows in place where the system can: a large block is moved by page tables, so that growth neither
/// copies nor needs both sizes at once.
enum RawStorage {
  /// Room for `count` elements, uninitialised. Ends the process when memory is short, as Swift's own allocation does.
  static func allocate<T: BitwiseCopyable>(_ type: T.Type = T.self, count: Int) -> UnsafeMutablePointer<T> {
    guard let memory = malloc(max(1, count * MemoryLayout<T>.stride)) else { fatalError("out of memory") }
    return memory.bindMemory(to: T.self, capacity: count)
  }

  /// Room for `count` bytes that are written once from end to end: in huge pages where the system has them, so that they
  /// take hundreds of times fewer page faults.
  static func allocateRun(bytes count: Int) -> UnsafeMutablePointer<UInt8> {
    #if canImport(Glibc)
      let page = 1 << 21
      var memory: UnsafeMutableRawPointer?
      if count >= 2 * page, posix_memalign(&memory, page, count) == 0, let memory {
        madvise(memory, count, MADV_HUGEPAGE)
        return memory.bindMemory(to: UInt8.self, capacity: count)
      }
    #endif
    return allocate(count: count)
  }

  /// `old` with room for `count` elements; what fits is kept, the rest is uninitialised. `old` is void.
  static func resize<T: BitwiseCopyable>(_ old: UnsafeMutablePointer<T>, to count: Int) -> UnsafeMutablePointer<T> {
    guard let memory = realloc(old, max(1, count * MemoryLayout<T>.stride)) else { fatalError("out of memory") }
    return memory.bindMemory(to: T.self, capacity: count)
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
