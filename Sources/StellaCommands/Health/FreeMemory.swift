import CMalloc

/// Memory that was freed, and that the allocator keeps for what comes next.
enum FreeMemory {
  /// Gives it back to the system, of every thread's arena: crowds of clients that come and go leave more than what is in use.
  /// O(free memory); other threads wait for it as long as it is at their arena.
  static func release() { _ = malloc_trim(0) }
}
