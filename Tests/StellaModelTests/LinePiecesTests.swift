import StellaModel
import Testing

@Suite("Lines in pieces")
struct LinePiecesTests {
  private static func pieces(_ text: String, of bytes: Int) -> [String] {
    LinePieces(Array(text.utf8), of: bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("Pieces are whole lines, as many as fit, and a line that doesn't fit is one")
  func pieces() {
    #expect(Self.pieces("", of: 4) == [])
    #expect(Self.pieces("a\nb\n", of: 4) == ["a\nb\n"])
    #expect(Self.pieces("a\nb\nc\nd\ne\n", of: 4) == ["a\nb\n", "c\nd\n", "e\n"])
    #expect(Self.pieces("a\nb\nc\n", of: 5) == ["a\nb\n", "c\n"])
    #expect(Self.pieces("longer\na\nlongest\nb", of: 4) == ["longer\n", "a\n", "longest\n", "b"])
    #expect(Self.pieces("without an end", of: 4) == ["without an end"])
  }
}
