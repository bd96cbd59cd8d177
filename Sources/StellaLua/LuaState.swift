import CStellaLua
import CStellaValue

/// One sandboxed Lua state: one script, its budgets, its memory. Confined to one thread at a time.
///
/// Give that thread a stack of 1 MiB or more. A state that failed with ``LuaError/Kind/internal`` is done for; every
/// other failure leaves it usable.
package final class LuaState {
  package let limits: LuaLimits
  package let library: LuaLibrary
  /// The name of the loaded script.
  package private(set) var file = ""
  let bridge: HostBridge
  private var handle: OpaquePointer?
  private var writer = ValueWriter()
  /// A bit for each line of the script that has run.
  private var lines: UnsafeMutableBufferPointer<UInt64>?

  /// Throws ``LuaError/Kind/memory`` when `limits.memoryBytes` can't hold the library.
  package init(limits: LuaLimits = LuaLimits(), library: LuaLibrary = LuaLibrary()) throws(LuaError) {
    self.limits = limits
    self.library = library
    bridge = HostBridge(library: library, nesting: limits.nesting)
    var native = limits.native
    var host = bridge.callbacks
    let entries = library.entries.bytes
    handle = stella_lua_open(&native, &host, entries.baseAddress, entries.count)
    guard handle != nil else {
      throw LuaError(
        kind: .memory, message: "\(limits.memoryBytes) bytes of memory don't hold the script library", file: "")
    }
  }

  deinit { close() }

  /// Frees the state. Later calls fail with ``LuaError/Kind/internal``.
  package func close() {
    if let handle { stella_lua_close(handle) }
    handle = nil
    lines?.deallocate()
    lines = nil
  }

  /// From the next call on, notes which lines run, up to line `count`. For people: it makes calls several times slower.
  package func traceLines(upTo count: Int) {
    guard let handle, lines == nil else { return }
    let bits = UnsafeMutableBufferPointer<UInt64>.allocate(capacity: count / 64 + 1)
    bits.initialize(repeating: 0)
    lines = bits
    stella_lua_trace_lines(handle, bits.baseAddress, Int32(clamping: bits.count * 64))
  }

  /// The lines that ran since the last call of this, ascending; empty when nobody notes them.
  package func takeLines() -> [Int] {
    guard let lines else { return [] }
    defer { lines.update(repeating: 0) }
    return (0..<lines.count * 64).filter { lines[$0 >> 6] & (1 << UInt64($0 & 63)) != 0 }
  }

  /// From the next call on, notes what variables hold at each line that runs. Lines are traced.
  package func traceValues() {
    guard let handle else { return }
    _ = stella_lua_trace_values(handle)
  }

  /// A line that ran, and the plain values that its function saw when it began.
  package struct TracedLine: Sendable {
    package let line: Int
    package let values: [(name: String, value: LuaValue)]
  }

  /// The lines of the last call in the order in which they ran, of a long one the end alone; empty when nobody notes them.
  package func tracedLines() -> [TracedLine] {
    guard let handle else { return [] }
    let answer = stella_lua_trace_of(handle)
    var reader = ValueReader(
      UnsafeRawBufferPointer(start: answer.bytes, count: answer.length), constructors: library.constructors)
    var lines: [TracedLine] = []
    while !reader.isAtEnd {
      let line = reader.readLineHead()
      lines.append(
        TracedLine(line: line.number, values: (0..<line.count).map { _ in (reader.readName(), reader.read()) }))
    }
    return lines
  }

  /// Runs a chunk of Lua source text under the load budget and returns its first result. Functions in the result stay
  /// callable. Bytecode is refused. O(source + work of the chunk).
  package func load(_ source: [UInt8], name: String) throws(LuaError) -> LuaValue {
    let handle = try opened()
    let outer = file
    file = name
    let status = source.withUnsafeBufferPointer { stella_lua_load(handle, $0.baseAddress, $0.count, name) }
    if LuaCallStatus(status) == .failed, stella_lua_failure_of(handle).kind == STELLA_LUA_KIND_INTERNAL { file = outer }
    return try result(of: status)
  }

  /// Calls a function with any arguments. Functions in the result are refused.
  package func call(_ function: LuaFunction, _ arguments: [LuaArgument]) throws(LuaError) -> LuaValue {
    let handle = try opened()
    var event = -1
    var slot = -1
    writer.removeAll()
    for argument in arguments {
      switch argument {
      case .event(let index):
        event = index
        try encode(.record)
      case .state(let keySlot):
        slot = keySlot
        try encode(.state)
      case .value(let value): try encode(value)
      }
    }
    let status = writer.bytes.withUnsafeBufferPointer { bytes in
      stella_lua_call(
        handle, function.reference, bytes.baseAddress, bytes.count, Int32(arguments.count), Int64(event), Int64(slot))
    }
    return try result(of: status)
  }

  // MARK: Calls per event

  /// Binds the cells of a batch: column `c` of event `i` is `cells[c * stride + i]`. They must stay valid until the next
  /// `bind`, or until no call with an event follows.
  package func bind(cells: UnsafePointer<stella_value>, stride: Int) {
    guard let handle else { return }
    stella_lua_bind(handle, cells, Int64(stride))
  }

  /// Calls `function(e, s)` with an event of the bound batch and the state of a key. Allocates nothing outside the Lua
  /// heap. About 100 ns plus the script's own work.
  package func callHot(_ function: LuaFunction, eventIndex: Int, keySlot: Int) -> LuaCallStatus {
    guard let handle else { return .failed }
    return LuaCallStatus(
      stella_lua_call_hot(handle, function.reference, Int64(eventIndex), Int64(keySlot)))
  }

  /// Calls `function(s, time)`.
  package func callCheck(_ function: LuaFunction, keySlot: Int, time: Int64) -> LuaCallStatus {
    guard let handle else { return .failed }
    return LuaCallStatus(stella_lua_call_check(handle, function.reference, Int64(keySlot), time))
  }

  /// The result of the last call after ``LuaCallStatus/value``; `nil` when there is none (any more).
  package func takeResult() throws(LuaError) -> LuaValue {
    try read { (handle, answer) in stella_lua_take_result(handle, answer) } ?? .nil
  }

  /// Why the last call failed.
  package func takeError() -> LuaError {
    guard let handle else {
      return LuaError(kind: .internal, message: "the Lua state is closed", file: file)
    }
    let failure = stella_lua_failure_of(handle)
    let message = String(
      decoding: UnsafeRawBufferPointer(start: failure.message, count: failure.length), as: UTF8.self)
    let traceback = String(
      decoding: UnsafeRawBufferPointer(start: failure.traceback, count: failure.traceback_length), as: UTF8.self)
    return LuaError(
      kind: LuaError.Kind(Int(failure.kind)) ?? .internal, message: NameHint.added(to: message, library: library),
      file: file, line: Int(failure.line),
      traceback: traceback.split(separator: "\n").map { String($0) })
  }

  /// During a callback: the line of the script that called the host, or 0 when that is no function of the script.
  package var callingLine: Int {
    guard let handle else { return 0 }
    return Int(stella_lua_calling_line(handle))
  }

  // MARK: Plain values per key

  /// Declares `s.name` as a native object. Replaces an earlier declaration of that name.
  package func declare(_ name: String, type: Int, handle object: Int) throws(LuaError) {
    let handle = try opened()
    try check(stella_lua_declare(handle, name, Int32(type), Int32(object)))
  }

  /// The plain values that the script keeps for a key, or `nil`. Throws ``LuaError/Kind/runtime`` when they can't be
  /// saved: a function, a cycle, nested too deep, a key that is neither string nor integer.
  package func savedKey(_ slot: Int) throws(LuaError) -> LuaValue {
    try read { (handle, answer) in stella_lua_save_key(handle, Int64(slot), answer) } ?? .nil
  }

  /// The plain values of a key as bytes for ``restoreKey(_:encoded:)`` of a state with the same library, or empty. Texts
  /// stay as they are to the byte. Throws as ``savedKey(_:)``.
  package func encodedKey(_ slot: Int) throws(LuaError) -> [UInt8] {
    let handle = try opened()
    var answer = stella_lua_answer()
    let status = LuaCallStatus(stella_lua_save_key(handle, Int64(slot), &answer))
    if status == .failed { throw takeError() }
    guard status == .value else { return [] }
    return Array(UnsafeRawBufferPointer(start: answer.bytes, count: answer.length))
  }

  /// Whether any key may have plain values.
  package func hasKeys() throws(LuaError) -> Bool {
    let handle = try opened()
    var hasKeys: Int32 = 0
    try check(stella_lua_has_keys(handle, &hasKeys))
    return hasKeys != 0
  }

  /// Throws when the bytes are malformed or the memory limit is reached; the key then has no plain values.
  package func restoreKey(_ slot: Int, encoded: UnsafeRawBufferPointer) throws(LuaError) {
    let handle = try opened()
    let bytes = encoded.baseAddress?.assumingMemoryBound(to: UInt8.self)
    try check(stella_lua_restore_key(handle, Int64(slot), bytes, encoded.count))
  }

  package func restoreKey(_ slot: Int, _ value: LuaValue) throws(LuaError) {
    let handle = try opened()
    writer.removeAll()
    try encode(value)
    try check(
      writer.bytes.withUnsafeBufferPointer {
        stella_lua_restore_key(handle, Int64(slot), $0.baseAddress, $0.count)
      })
  }

  /// Forgets the plain values of a key. O(1).
  package func dropKey(_ slot: Int) {
    guard let handle else { return }
    _ = stella_lua_drop_key(handle, Int64(slot))
  }

  // MARK: Accounting

  package var usage: LuaUsage {
    guard let handle else { return LuaUsage(stella_lua_usage()) }
    return LuaUsage(stella_lua_usage_of(handle))
  }

  /// Steps of all calls of the script's functions since it was loaded.
  package var callSteps: Int { handle.map { Int(stella_lua_usage_of($0).call_steps) } ?? 0 }

  /// A number that changes when a variable of the script outside `s` changes: a global, a local that functions share, or
  /// a table that one of them holds. Compare with that of the same state after its load: such state is not saved, so a
  /// rule that keeps it can't be replayed. O(values the script holds).
  package func fingerprint() throws(LuaError) -> UInt64 {
    let handle = try opened()
    var number: UInt64 = 0
    try check(stella_lua_fingerprint(handle, &number))
    return number
  }

  /// The dotted names of everything that a script can reach, sorted.
  package func reachableNames() throws(LuaError) -> [String] {
    let handle = try opened()
    var answer = stella_lua_answer()
    try check(stella_lua_list_names(handle, &answer))
    return String(decoding: UnsafeRawBufferPointer(start: answer.bytes, count: answer.length), as: UTF8.self)
      .split(separator: "\n").map { String($0) }.sorted()
  }

  // MARK: -

  private func opened() throws(LuaError) -> OpaquePointer {
    guard let handle else { throw takeError() }
    return handle
  }

  private func check(_ status: Int32) throws(LuaError) {
    if LuaCallStatus(status) == .failed { throw takeError() }
  }

  private func encode(_ value: LuaValue) throws(LuaError) {
    do {
      try writer.write(value, nesting: limits.nesting, tags: bridge.tag)
    } catch {
      throw LuaError(kind: .runtime, message: error.message, file: file)
    }
  }

  private func result(of status: Int32) throws(LuaError) -> LuaValue {
    switch LuaCallStatus(status) {
    case .nothing: return .nil
    case .value: return try takeResult()
    case .failed: throw takeError()
    }
  }

  private func read(
    _ operation: (OpaquePointer, UnsafeMutablePointer<stella_lua_answer>) -> Int32
  ) throws(LuaError) -> LuaValue? {
    let handle = try opened()
    var answer = stella_lua_answer()
    let status = LuaCallStatus(operation(handle, &answer))
    if status == .failed { throw takeError() }
    guard status == .value else { return nil }
    var reader = ValueReader(
      UnsafeRawBufferPointer(start: answer.bytes, count: answer.length), constructors: library.constructors)
    return reader.read()
  }
}

/// How a call per event ended.
package enum LuaCallStatus: Sendable, Hashable {
  /// The script returned nothing.
  case nothing
  /// The script returned a value; see ``LuaState/takeResult()``.
  case value
  /// The call failed; see ``LuaState/takeError()``.
  case failed

  @inline(__always)
  init(_ status: Int32) {
    switch Int(status) {
    case STELLA_LUA_NOTHING: self = .nothing
    case STELLA_LUA_VALUE: self = .value
    default: self = .failed
    }
  }
}
