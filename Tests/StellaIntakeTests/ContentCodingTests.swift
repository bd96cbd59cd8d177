import CZlib
import Testing

@testable import StellaIntake

@Suite("Compressed bodies")
struct ContentCodingTests {
  /// - Parameter bits: 31 makes gzip, 15 zlib's frame, -15 bare deflate.
  static func compressed(_ bytes: [UInt8], bits: Int32) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var (input, output) = (bytes, [UInt8](repeating: 0, count: Int(deflateBound(&stream, UInt(bytes.count)))))
    let capacity = output.count
    let used = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(capacity)
        return deflate(&stream, Z_FINISH) == Z_STREAM_END ? capacity - Int(stream.avail_out) : 0
      }
    }
    return Array(output[..<used])
  }

  private func decoded(_ bytes: [UInt8], _ coding: ContentCoding, limit: Int = 1 << 20) throws -> [UInt8] {
    try bytes.withUnsafeBytes { try coding.decoded($0, limit: limit) }
  }

  private static let text = Array(String(repeating: "{\"a\":1}\n", count: 50_000).utf8)

  @Test("gzip, of one member or several, and deflate with and without its frame give what was compressed")
  func whole() throws {
    let gzip = Self.compressed(Self.text, bits: 31)
    #expect(try decoded(gzip, .gzip) == Self.text)
    #expect(try decoded(gzip + gzip, .gzip) == Self.text + Self.text)
    #expect(try decoded(Self.compressed(Self.text, bits: 15), .deflate) == Self.text)
    #expect(try decoded(Self.compressed(Self.text, bits: -15), .deflate) == Self.text)
    #expect(try decoded(Self.compressed([], bits: 31), .gzip).isEmpty)
  }

  @Test("What would be longer than is allowed is refused, however small it comes")
  func bomb() throws {
    let bomb = Self.compressed([UInt8](repeating: 0, count: 16 << 20), bits: 31)
    #expect(bomb.count < 100_000)
    #expect(throws: ContentCoding.Failure.tooLarge) { try decoded(bomb, .gzip) }
    #expect(throws: ContentCoding.Failure.tooLarge) { try decoded(bomb, .gzip, limit: (16 << 20) - 1) }
    #expect(try decoded(bomb, .gzip, limit: 16 << 20).count == 16 << 20)
  }

  @Test("What is cut anywhere, damaged or something else is refused")
  func broken() throws {
    let text = Array("{\"message\":\"hello\"}\n".utf8)
    for (bits, coding) in [(31, ContentCoding.gzip), (15, .deflate), (-15, .deflate)] {
      let whole = Self.compressed(text, bits: Int32(bits))
      for count in 0..<whole.count {
        #expect(throws: ContentCoding.Failure.broken, "\(bits) \(count)") {
          try decoded(Array(whole[..<count]), coding)
        }
      }
      #expect(throws: ContentCoding.Failure.broken) { try decoded(whole + [1], coding) }
    }
    #expect(throws: ContentCoding.Failure.broken) { try decoded(text, .gzip) }
    var random = SeededNumbers(seed: 71)
    let gzip = Self.compressed(Self.text, bits: 31)
    for _ in 0..<60 {
      // Its check sum finds out; what is left to happen is a header's flag that changes nothing.
      if let bytes = try? decoded(BatchReading.damaged(gzip, &random), .gzip) { #expect(bytes == Self.text) }
    }
  }
}
