import CStellaValue

/// The host's side of the fast callbacks. Called on the thread that called the state, only during a call.
///
/// Implementations must not call back into the same ``LuaState``; that call would fail with ``LuaError/Kind/internal``.
package protocol LuaHost: AnyObject {
  /// The column that holds a field in the bound cells, or -1 when this batch has none and ``fetch(_:event:into:)``
  /// must be asked. A column once given is kept for the life of the state; -1 is asked again after the next
  /// ``LuaState/bind(cells:stride:)``.
  func column(of name: UnsafeBufferPointer<UInt8>) -> Int32

  /// Fills in a field of an event that has no column. Text must stay valid until the callback's next call.
  func fetch(_ name: UnsafeBufferPointer<UInt8>, event: Int, into result: UnsafeMutablePointer<stella_value>)

  /// The value of an ARRAY or OBJECT cell, made from its JSON text.
  func value(ofJSON cell: stella_value) throws(LuaHostError) -> LuaValue

  /// A method of a native object for the current key. Returns nil when `result` holds the answer (missing, as given,
  /// stands for no result), or a value of any shape, which is slower.
  ///
  /// At most eight arguments: scalars, strings valid during the call, or the event as STELLA_RECORD with its index.
  func call(
    type: Int, handle: Int, keySlot: Int, method: Int, arguments: UnsafeBufferPointer<stella_value>,
    result: UnsafeMutablePointer<stella_value>
  ) throws(LuaHostError) -> LuaValue?
}
