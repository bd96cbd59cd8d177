import CMalloc

/// Memory that was freed, and that the allocator keeps for what comes next.
enum FreeMemory {
  /// Gives it back to the system, of every thread's arena: a crowd of clients or a burst of events leaves ten times what is in
  /// use. Milliseconds for 100 MB; other threads wait for it as long as it is at theirs.
  static func release() { _ = malloc_trim(0) }
}
