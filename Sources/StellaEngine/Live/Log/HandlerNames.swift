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

  /// By their number less one, as many as ``numbers`` has.
  private let places: UnsafeMutablePointer<Place> = .allocate(capacity: most)
  private let numbers = Mutex<[[UInt8]: UInt8]>([:])

  init() {}

  deinit {
    for place in 0..<numbers.withLock({ $0.count }) { places[place].json.deallocate() }
    places.deallocate()
  }

  /// The number of these names, the same for the same; ``none`` when too many others have one. O(bytes): some hosts make a logger
  /// for each request.
  package func number(of json: [UInt8]) -> UInt8 {
    numbers.withLock { numbers in
      if let known = numbers[json] { return known }
      if numbers.count == HandlerNames.most { return HandlerNames.none }
      let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: json.count, alignment: 1)
      copy.copyBytes(from: json)
      let kept = UnsafeRawBufferPointer(copy)
      (places + numbers.count).initialize(to: Place(json: kept, parts: CallNames(kept)))
      let number = UInt8(numbers.count + 1)
      numbers[json] = number
      return number
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
