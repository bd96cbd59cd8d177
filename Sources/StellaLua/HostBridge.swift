import CStellaLua
import CStellaValue

/// Carries the callbacks of a Lua state to the host. No error leaves a callback: it returns a status and a message, and
/// CStellaLua raises once this frame is gone.
final class HostBridge {
  private let library: LuaLibrary
  private let nesting: Int
  private let host: (any LuaHost)?
  private var writer = ValueWriter()
  /// What the last answer points to; lives until the next one.
  private var answerBytes = UnsafeMutableRawBufferPointer(start: nil, count: 0)

  init(library: LuaLibrary, nesting: Int) {
    self.library = library
    host = library.host
    self.nesting = nesting
  }

  deinit { answerBytes.deallocate() }

  func tag(_ constructor: String) -> Int? { library.entries.tags[constructor] }

  /// Valid for as long as the bridge lives.
  var callbacks: stella_lua_host {
    stella_lua_host(
      context: Unmanaged.passUnretained(self).toOpaque(),
      column: { context, name, length in
        HostBridge.with(context) { bridge in
          bridge.host?.column(of: UnsafeBufferPointer(start: name, count: length)) ?? -1
        }
      },
      fetch: { context, name, length, event, result in
        guard let result else { return }
        HostBridge.with(context) { bridge in
          bridge.host?.fetch(UnsafeBufferPointer(start: name, count: length), event: Int(event), into: result)
        }
      },
      decode: { context, cell, answer in
        guard let cell, let answer else { return Int32(STELLA_LUA_REFUSED) }
        return HostBridge.with(context) { $0.decode(cell.pointee, answer) }
      },
      call: { context, type, handle, slot, method, arguments, count, result, answer in
        guard let result, let answer else { return Int32(STELLA_LUA_REFUSED) }
        return HostBridge.with(context) { bridge in
          bridge.call(
            type, handle, slot, method, UnsafeBufferPointer(start: arguments, count: Int(count)), result, answer)
        }
      },
      function: { context, index, arguments, length, count, answer in
        guard let answer else { return Int32(STELLA_LUA_REFUSED) }
        return HostBridge.with(context) { bridge in
          bridge.callFunction(
            Int(index), UnsafeRawBufferPointer(start: arguments, count: length), count: Int(count), answer)
        }
      })
  }

  @inline(__always)
  private static func with<Result>(
    _ context: UnsafeMutableRawPointer?, _ body: (HostBridge) -> Result
  ) -> Result {
    // The context is the bridge itself: see `callbacks`.
    Unmanaged<HostBridge>.fromOpaque(context.unsafelyUnwrapped)._withUnsafeGuaranteedRef(body)
  }

  private func call(
    _ type: Int32, _ handle: Int32, _ slot: Int64, _ method: Int32, _ arguments: UnsafeBufferPointer<stella_value>,
    _ result: UnsafeMutablePointer<stella_value>, _ answer: UnsafeMutablePointer<stella_lua_answer>
  ) -> Int32 {
    guard let host else { return refuse("the host has no native objects", answer) }
    do {
      let value = try host.call(
        type: Int(type), handle: Int(handle), keySlot: Int(slot), method: Int(method), arguments: arguments,
        result: result)
      guard let value else { return Int32(STELLA_LUA_SCALAR) }
      return give(value, answer)
    } catch {
      return refuse(error.message, answer)
    }
  }

  private func callFunction(
    _ index: Int, _ arguments: UnsafeRawBufferPointer, count: Int,
    _ answer: UnsafeMutablePointer<stella_lua_answer>
  ) -> Int32 {
    var reader = ValueReader(arguments, constructors: library.constructors)
    do {
      return give(try library.functions[index].body((0..<count).map { _ in reader.read() }), answer)
    } catch {
      return refuse(error.message, answer)
    }
  }

  private func decode(_ cell: stella_value, _ answer: UnsafeMutablePointer<stella_lua_answer>) -> Int32 {
    guard let host else { return refuse("the host can't read this field", answer) }
    do {
      return give(try host.value(ofJSON: cell), answer)
    } catch {
      return refuse(error.message, answer)
    }
  }

  private func give(_ value: LuaValue, _ answer: UnsafeMutablePointer<stella_lua_answer>) -> Int32 {
    writer.removeAll()
    do {
      try writer.write(value, nesting: nesting, tags: tag)
    } catch {
      return refuse(error.message, answer)
    }
    writer.bytes.withUnsafeBytes { keep($0, answer) }
    return Int32(STELLA_LUA_ENCODED)
  }

  private func refuse(_ message: String, _ answer: UnsafeMutablePointer<stella_lua_answer>) -> Int32 {
    var text = message
    text.withUTF8 { keep(UnsafeRawBufferPointer($0), answer) }
    return Int32(STELLA_LUA_REFUSED)
  }

  private func keep(_ bytes: UnsafeRawBufferPointer, _ answer: UnsafeMutablePointer<stella_lua_answer>) {
    if bytes.count > answerBytes.count {
      answerBytes.deallocate()
      answerBytes = .allocate(byteCount: bytes.count * 2, alignment: 8)
    }
    answerBytes.copyMemory(from: bytes)
    answer.pointee = stella_lua_answer(
      bytes: answerBytes.baseAddress?.assumingMemoryBound(to: UInt8.self), length: bytes.count)
  }
}
