import CStellaLua

/// What one script may use. A step is about one instruction of the Lua machine; library functions take steps in
/// proportion to their work, so steps bound time without a clock and are the same on every run.
package struct LuaLimits: Sendable, Hashable {
  /// The Lua heap, the sandbox's library (about 11 KiB) included.
  package var memoryBytes = 256 * 1024
  package var stepsPerCall = 200_000
  package var stepsAtLoad = 2_000_000
  /// Instructions between two looks at the budget.
  package var hookInterval = 100
  /// The backstop for what steps don't see: time that the thread really ran. A load gets five times as much; a call
  /// whose steps take over 100 ns, ten times as long as they should, gets a fifth.
  package var deadline: Duration = .milliseconds(20)
  package var sourceBytes = 64 * 1024
  /// The longest string; a longer field of an event is cut to it.
  package var stringBytes = 64 * 1024
  /// Values that one library call may take or return.
  package var values = 250
  /// Depth of tables that cross to the host, and of callbacks within callbacks.
  package var nesting = 16

  package init() {}

  var native: stella_lua_limits {
    let (seconds, attoseconds) = deadline.components
    return stella_lua_limits(
      memory_bytes: UInt64(max(0, memoryBytes)), steps_per_call: Int64(stepsPerCall),
      steps_at_load: Int64(stepsAtLoad), deadline_ns: seconds * 1_000_000_000 + attoseconds / 1_000_000_000,
      hook_interval: Int32(clamping: max(1, hookInterval)), source_bytes: UInt32(clamping: sourceBytes),
      string_bytes: UInt32(clamping: stringBytes), values: UInt32(clamping: values),
      nesting: UInt32(clamping: nesting))
  }
}
