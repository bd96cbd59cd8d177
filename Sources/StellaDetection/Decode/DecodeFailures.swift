/// Records of one source that could not be decoded: all are counted, the first few are kept.
package final class DecodeFailures {
  package static let maximumSamples = 5
  package static let maximumSampleBytes = 200

  package struct Sample: Sendable, Hashable {
    /// Where the record starts in its source.
    package let offset: Int64
    package let reason: String
    /// The first ``maximumSampleBytes`` bytes, invalid UTF-8 repaired.
    package let text: String
  }

  /// All that is known, as a value.
  struct Record {
    fileprivate(set) var count = 0
    fileprivate(set) var samples: [Sample] = []
    fileprivate(set) var repaired = 0
    fileprivate(set) var fallbacks = 0
  }

  var all = Record()

  /// Lines that became no event.
  package var count: Int { all.count }
  package var samples: [Sample] { all.samples }
  /// Lines that became an event after invalid UTF-8 in them was replaced by U+FFFD.
  package var repaired: Int { all.repaired }
  /// Lines that didn't fit the format of their source and became plain text events.
  package var fallbacks: Int { all.fallbacks }

  package init() {}

  package func record(_ line: UnsafeBufferPointer<UInt8>, offset: Int64, reason: @autoclosure () -> String) {
    all.count += 1
    guard all.samples.count < DecodeFailures.maximumSamples else { return }
    let text = String(decoding: line.prefix(DecodeFailures.maximumSampleBytes), as: UTF8.self)
    all.samples.append(Sample(offset: offset, reason: reason(), text: text))
  }

  package func countRepaired(_ lines: Int) { all.repaired += lines }
  package func countFallback() { all.fallbacks += 1 }
}

extension DecodeFailures.Record {
  func save(to writer: StateWriter) {
    writer.write(count)
    writer.write(repaired)
    writer.write(fallbacks)
    writer.write(samples.count)
    for sample in samples {
      writer.write(sample.offset)
      writer.write(sample.reason)
      writer.write(sample.text)
    }
  }

  init(from reader: inout StateReader) throws(StateError) {
    count = try reader.counter()
    repaired = try reader.counter()
    fallbacks = try reader.counter()
    for _ in 0..<(try reader.number(in: 0...DecodeFailures.maximumSamples)) {
      let offset = try reader.integer()
      let reason = try reader.text()
      samples.append(DecodeFailures.Sample(offset: offset, reason: reason, text: try reader.text()))
    }
  }
}
