import Synchronization

/// What is the same for every record of a handler, `,"logger":"…","service":"…"`, under a number that a record has room for.
///
/// Any thread may ask for a number. Only who reads a record that has one may use it, as what publishes the record publishes its names
/// as well.
package final class HandlerNames: @unchecked Sendable {
  // Sendable, because a place is written once, under the lock, before anybody gets its number.

  private struct Place {
    let json: UnsafeRawBufferPointer
    let parts: CallNames?
  }

  /// Names that have no number stand in the record.
  package static let none: UInt8 = 0
  private static let most = Int(UInt8.max)

  /// The first of ``count``, by their number less one.
  private let places: UnsafeMutablePointer<Place> = .allocate(capacity: most)
  private let count = Mutex(0)

  init() {}

  deinit {
    for place in 0..<count.withLock({ $0 }) { places[place].json.deallocate() }
    places.deallocate()
  }

  /// The number of these names, the same for the same; ``none`` when too many others have one. O(numbers so far).
  package func number(of json: [UInt8]) -> UInt8 {
    count.withLock { count in
      if let known = (0..<count).first(where: { places[$0].json.elementsEqual(json) }) { return UInt8(known + 1) }
      if count == HandlerNames.most { return HandlerNames.none }
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: json.count, alignment: 1)
      copy.copyBytes(from: json)
      let kept = UnsafeRawBufferPointer(copy)
      (places + count).initialize(to: Place(json: kept, parts: CallNames(kept)))
      count += 1
      return UInt8(count)
    }
  }

  /// - Parameter number: of a record, and not ``none``.
  @inline(__always)
  func json(_ number: UInt8) -> UnsafeRawBufferPointer { places[Int(number) &- 1].json }

  /// Where logger and service stand in ``json(_:)``; nil when that has escapes.
  ///
  /// - Parameter number: of a record, and not ``none``.
  @inline(__always)
  func parts(_ number: UInt8) -> CallNames? { places[Int(number) &- 1].parts }
}
