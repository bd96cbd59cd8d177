import CStellaValue
import StellaModel

/// Native state that a rule declares, one piece per slot of the rule's key table.
///
/// `now` is the event's time inside `on` and the tick's time inside `check`.
protocol Primitive: AnyObject {
  func grow(to capacity: Int)
  /// Makes `slot` empty and frees what it holds.
  func clear(_ slot: Int)
  /// Whether nothing in `slot` can show at `now` or later.
  func isIdle(_ slot: Int, at now: Int64) -> Bool
  /// The latest time that `slot` has seen; `Int64.min` when none.
  func lastUse(_ slot: Int) -> Int64
  /// Bytes that each slot takes whatever it holds.
  var slotBytes: Int { get }
  /// Bytes that slots hold beyond that.
  var heldBytes: Int { get }
  /// Loads what the primitive has of `slot` into the cache.
  func prefetch(_ slot: Int)
  /// Loads what `slot` holds beyond that, when ``prefetch(_:)`` has come to its end.
  func prefetchHeld(_ slot: Int)
  /// Runs the method with the given number (its place in the registry).
  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError)
  /// Of what ``save(to:slots:)`` writes: see ``StateLayout``.
  static var layoutVersion: UInt16 { get }
  /// Writes the state of the slots `0..<slots`, free ones included. O(bytes), by columns.
  func save(to writer: StateWriter, slots: Int)
  /// Takes over what ``save(to:slots:)`` wrote: from then on it answers, and counts its bytes, as the saved one did.
  ///
  /// Slots keep their numbers; it must have been grown to `slots` before and hold nothing.
  /// - Throws: when the bytes can't have been written by a primitive with these settings. It is then of no more use.
  func restore(from reader: inout StateReader, slots: Int) throws(StateError)
}

/// A primitive that can take events without a script.
protocol FedPrimitive: Primitive {
  func take(_ event: Int, slot: Int, at time: Int64, in context: DetectionContext)
}

extension FedPrimitive {
  /// Nothing may be counted twice.
  static var refusal: PrimitiveError {
    PrimitiveError(message: "it has where and takes the events by itself: drop this call, or where")
  }
}

extension Primitive {
  static var layoutVersion: UInt16 { 1 }
  func prefetch(_ slot: Int) {}
  func prefetchHeld(_ slot: Int) {}
}

/// One method call from a script, which holds what it refers to.
struct PrimitiveCall {
  let now: Int64
  /// Time of the first event that the rule could see: windows know from it how much of them it has covered.
  let began: Int64
  let arguments: UnsafeBufferPointer<stella_value>
  let result: UnsafeMutablePointer<stella_value>
  unowned(unsafe) let context: DetectionContext
  /// The event in hand; nil inside `check`.
  let event: Int?
  /// For results that are texts or lists.
  unowned(unsafe) let list: PrimitiveList

  /// The first argument as a number; nil when missing or of another kind.
  @inline(__always)
  var number: Double? {
    number(at: 0)
  }

  @inline(__always)
  func number(at position: Int) -> Double? {
    guard position < arguments.count else { return nil }
    switch Int(arguments[position].kind) {
    case STELLA_INT: return Double(arguments[position].i)
    case STELLA_DOUBLE: return arguments[position].d
    default: return nil
    }
  }

  @inline(__always)
  func answer(_ value: Int) {
    result.pointee.kind = UInt8(STELLA_INT)
    result.pointee.i = Int64(value)
  }

  @inline(__always)
  func answer(_ value: Bool) {
    result.pointee.kind = UInt8(STELLA_BOOL)
    result.pointee.i = value ? 1 : 0
  }

  @inline(__always)
  func answer(_ value: Double) {
    result.pointee.kind = UInt8(STELLA_DOUBLE)
    result.pointee.d = value
  }
}

/// A list or a text that a call answers with instead of a scalar.
final class PrimitiveList {
  var text: String?
  var values: [FieldValue]?
}

struct PrimitiveError: Error {
  var message: String
}
