import Glibc
import StellaDetection
import StellaModel

/// Remembers texts that have nothing to mask, for those that come again and again. One thread uses it.
struct KnownTexts: ~Copyable {
  private static let count = 64

  private struct Place {
    var key = CallRecordName(UnsafeRawBufferPointer(start: nil, count: 0))
    var text: UnsafeMutableRawPointer?
  }

  /// Each text at the place that its bytes tell; an empty one where there is none.
  private let places: UnsafeMutablePointer<Place> = .allocate(capacity: count)

  init() { places.initialize(repeating: Place(), count: KnownTexts.count) }

  deinit {
    for place in 0..<KnownTexts.count { places[place].text?.deallocate() }
    places.deallocate()
  }

  @inline(__always)
  private func place(of key: CallRecordName, _ start: UnsafePointer<UInt8>) -> UnsafeMutablePointer<Place> {
    var mark = key.mark
    if !key.isWhole {
      // Paths often differ only there.
      let middle = UnsafeRawPointer(start).loadUnaligned(fromByteOffset: key.count / 2, as: UInt64.self)
      mark = (mark ^ middle) &* 0xFF51_AFD7_ED55_8CCD
    }
    return places + Int(truncatingIfNeeded: mark &>> 58)
  }

  /// Whether `text` was kept, and nothing else since that has the same place. True for an empty one. O(bytes).
  @inline(__always)
  func has(_ text: Bytes) -> Bool {
    guard let start = text.baseAddress, text.count > 0 else { return true }
    let key = CallRecordName(UnsafeRawBufferPointer(text))
    let place = place(of: key, start)
    if place.pointee.key != key { return false }
    return key.isWhole || place.pointee.text.map { memcmp($0, start, key.count) == 0 } ?? false
  }

  /// Remembers that `text` has nothing to mask.
  func keep(_ text: Bytes) {
    guard let start = text.baseAddress, text.count > 0 else { return }
    let key = CallRecordName(UnsafeRawBufferPointer(text))
    let place = place(of: key, start)
    place.pointee.text?.deallocate()
    let copy = UnsafeMutableRawPointer.allocate(byteCount: text.count, alignment: 1)
    copy.copyMemory(from: start, byteCount: text.count)
    place.pointee = Place(key: key, text: copy)
  }

  /// Whether `text` may have something to mask. O(bytes).
  ///
  /// - Parameter masking: the same for each call.
  func mayHold(_ text: Bytes, _ masking: Masking) -> Bool {
    if has(text) { return false }
    if masking.mayHold(text) { return true }
    keep(text)
    return false
  }
}
