/// Lines in pieces of so many bytes at most, each cut behind a newline, for what refuses too much at once. A line that is longer is
/// a piece of its own.
package struct LinePieces: Sequence, IteratorProtocol, Sendable {
  private var rest: ArraySlice<UInt8>
  private let pieceBytes: Int

  package init(_ lines: [UInt8], of pieceBytes: Int) { (rest, self.pieceBytes) = (lines[...], pieceBytes) }

  package mutating func next() -> ArraySlice<UInt8>? {
    if rest.isEmpty { return nil }
    let head = rest.prefix(pieceBytes)
    let newline: Int? = head.count == rest.count ? nil : head.lastIndex(of: 0x0a) ?? rest.firstIndex(of: 0x0a)
    let piece = newline.map { rest[...$0] } ?? rest
    rest = rest[piece.endIndex...]
    return piece
  }
}
