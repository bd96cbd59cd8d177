/// Tells bytes that are no text by the zeros among them.
enum BinaryBytes {
  /// What is looked at.
  private static let reach = 4096

  /// Whether how a file begins is neither text nor UTF-16. A file that begins with nothing but zeros is a log that somebody
  /// emptied under its writer.
  static func isFound(in head: UnsafeBufferPointer<UInt8>) -> Bool {
    let head = head.prefix(reach)
    var zeros = (even: 0, odd: 0)
    for (place, byte) in head.enumerated() where byte == 0 {
      if place % 2 == 0 { zeros.even += 1 } else { zeros.odd += 1 }
    }
    let count = zeros.even + zeros.odd
    if count == 0 || count == head.count { return false }
    let isMarked = head.starts(with: [0xff, 0xfe]) || head.starts(with: [0xfe, 0xff])
    // Of Latin text every second byte is a zero, always the first of two or always the second.
    let isWide = min(zeros.even, zeros.odd) == 0 && count * 4 >= head.count
    return !isMarked && !isWide
  }
}
