import Glibc
import StellaDetection
import StellaModel

/// Remembers texts that have nothing to mask, for those that come again and again.
struct KnownTexts {
  private static let count = 64
  /// Each at the place that its bytes tell; empty where none is.
  private var texts: [[UInt8]] = Array(repeating: [], count: KnownTexts.count)

  /// Whether `text` may have something to mask. O(bytes).
  ///
  /// - Parameter masking: the same for each call.
  mutating func mayHold(_ text: Bytes, _ masking: Masking) -> Bool { mayHold(text) { masking.mayHold($0) } }

  /// Whether `text` may have something to mask. O(bytes).
  ///
  /// - Parameter isDoubtful: whether it may, when that isn't known; says the same for the same text with each call.
  mutating func mayHold(_ text: Bytes, unless isDoubtful: (Bytes) -> Bool) -> Bool {
    guard let start = text.baseAddress, text.count > 0 else { return false }
    let last = text.count - 1
    let place =
      (text.count &+ Int(text[last / 2]) &+ 7 &* Int(text[last]) &+ 31 &* Int(text[max(0, last - 1)])) % Self.count
    let isKnown = texts[place].withUnsafeBufferPointer { known in
      known.count == text.count && known.baseAddress.map { memcmp($0, start, text.count) == 0 } ?? false
    }
    if isKnown { return false }
    if isDoubtful(text) { return true }
    texts[place] = Array(text)
    return false
  }
}
