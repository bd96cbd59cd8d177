import CStellaLua

/// What a state has used.
package struct LuaUsage: Sendable, Hashable {
  /// Steps of the last call.
  package var lastSteps: Int
  package var totalSteps: Int
  package var memoryBytes: Int
  package var peakMemoryBytes: Int
  package var collections: Int
  /// Calls of the script's functions since it was loaded, their steps together, and those of the longest.
  package var calls: Int
  package var callSteps: Int
  package var peakSteps: Int
  /// Failed calls by kind; kinds without any are absent.
  package var failures: [LuaError.Kind: Int]

  init(_ usage: stella_lua_usage) {
    lastSteps = Int(usage.last_steps)
    totalSteps = Int(usage.total_steps)
    memoryBytes = Int(usage.memory_bytes)
    peakMemoryBytes = Int(usage.peak_memory_bytes)
    collections = Int(usage.collections)
    calls = Int(usage.calls)
    callSteps = Int(usage.call_steps)
    peakSteps = Int(usage.peak_steps)
    failures = [:]
    withUnsafeBytes(of: usage.failures) { counts in
      for (index, count) in counts.bindMemory(to: Int64.self).enumerated() where count > 0 {
        if let kind = LuaError.Kind(index) { failures[kind] = Int(count) }
      }
    }
  }
}

extension LuaError.Kind {
  init?(_ kind: Int) {
    switch kind {
    case STELLA_LUA_KIND_LOAD: self = .load
    case STELLA_LUA_KIND_RUNTIME: self = .runtime
    case STELLA_LUA_KIND_BUDGET: self = .budget
    case STELLA_LUA_KIND_MEMORY: self = .memory
    case STELLA_LUA_KIND_DEADLINE: self = .deadline
    case STELLA_LUA_KIND_INTERNAL: self = .internal
    default: return nil
    }
  }
}
