import Testing

@testable import StellaDetection

@Suite("Masking of blocks of lines")
struct LineMaskerTests {
  private static func withBlock(_ lines: [String], _ body: (LineBlock) -> Void) {
    var bytes: [UInt8] = []
    var starts: [UInt32] = []
    var lengths: [UInt32] = []
    for line in lines {
      starts.append(UInt32(bytes.count))
      lengths.append(UInt32(line.utf8.count))
      bytes += Array((line + "\n").utf8)
    }
    bytes += repeatElement(0, count: LineSplitter.padding)
    bytes.withUnsafeBufferPointer { bytes in
      starts.withUnsafeBufferPointer { starts in
        lengths.withUnsafeBufferPointer { lengths in
          body(
            LineBlock(
              base: bytes.baseAddress!, starts: starts.baseAddress!, lengths: lengths.baseAddress!, count: lines.count,
              firstOffset: 1000, source: 0))
        }
      }
    }
  }

  @Test("Masked lines keep their places in the source, for positions and for events, whatever length they get")
  func places() {
    let lines = ["{\"m\":\"a@b.de\"}", "{\"user_id\":1,\"n\":7}", "{\"m\":\"plain\"}"]
    let masker = LineMasker(Masking(hashedFields: ["user_id"], key: Array("0123456789abcdef".utf8)))
    Self.withBlock(lines) { block in
      let masked = masker.masked(block)
      #expect(masked.count == 3)
      #expect((0..<3).map { masked.offset(ofLine: $0) } == (0..<3).map { block.offset(ofLine: $0) })
      let texts = (0..<3).map { String(decoding: masked.line($0), as: UTF8.self) }
      #expect(texts[0] == "{\"m\":\"[email]\"}" && texts[1].hasPrefix("{\"user_id\":\"id_") && texts[2] == lines[2])
      for decoder in [JSONLineDecoder() as any Decoder, AutoDecoder()] {
        var fields = FieldTable()
        let column = fields.column(of: "n")
        decoder.prepare(fields)
        let batch = EventBatch(columnCount: fields.count)
        #expect(
          decoder.decode(masked, from: 0, into: batch, clock: SourceClock(reference: 0), failures: DecodeFailures())
            == 3)
        #expect((0..<3).map { batch.offsets[$0] } == [1000, 1015, 1035])
        #expect(batch.cell(column, 1).pointee.i == 7)
        #expect((0..<3).map { String(decoding: batch.record($0), as: UTF8.self) } == texts)
      }
    }
  }

  @Test("A block without personal data goes on as it is")
  func quiet() {
    let masker = LineMasker(Masking())
    Self.withBlock(["{\"m\":1}", "plain"]) { #expect(masker.masked($0).base == $0.base) }
  }
}
