import Testing

@testable import StellaArchive

@Suite("Compression of kept events") struct CompressorTests {
  private static let line = #"{"message":"kept before"}"# + "\n"

  @Test("What was compressed comes back, whatever the level and however often one is used")
  func roundTrip() throws {
    let compressor = Compressor()
    for count in [0, 1, 7, 1000, 20_000] {
      let bytes = Array(String(repeating: Self.line, count: count).utf8)
      for level in [Compressor.Level.fast, .small, .fast] {
        let compressed = compressor.compressed(bytes, level)
        #expect(compressed.withUnsafeBytes { Compressor.expanded($0, count: bytes.count) } == bytes)
        #expect(count < 1000 || compressed.count < bytes.count / 50)
      }
    }
  }

  @Test("What zlib compressed before can still be read")
  func deflated() throws {
    let old: [UInt8] = [
      120, 156, 171, 86, 202, 77, 45, 46, 78, 76, 79, 85, 178, 82, 202, 78, 45, 40, 81, 72,
      74, 77, 203, 47, 74, 85, 170, 229, 170, 30, 149, 25, 149, 25, 149, 25, 97, 50, 0, 159,
      9, 101, 144,
    ]
    let expanded = old.withUnsafeBytes { Compressor.expanded($0, count: 1040) }
    #expect(expanded == Array(String(repeating: Self.line, count: 40).utf8))
  }

  @Test("What is cut off, damaged or of another length is told apart")
  func damage() throws {
    let bytes = Array(String(repeating: Self.line, count: 300).utf8)
    let whole = Compressor().compressed(bytes, .small)
    func expanded(_ compressed: some Collection<UInt8>, count: Int? = nil) -> [UInt8]? {
      Array(compressed).withUnsafeBytes { Compressor.expanded($0, count: count ?? bytes.count) }
    }
    #expect(expanded(whole) == bytes)
    #expect(expanded(whole.dropLast()) == nil && expanded(whole.prefix(3)) == nil && expanded([]) == nil)
    #expect(expanded(whole, count: bytes.count - 1) == nil && expanded(whole, count: bytes.count + 1) == nil)
    #expect(expanded([0x78] + whole.dropFirst()) == nil && expanded([0] + whole.dropFirst()) == nil)
  }
}
