/// Records of one source that could not be decoded: all are counted, the first few are kept.
package final class DecodeFailures {
  package static let maximumSamples = 5
  package static let maximumSampleBytes = 200

  package struct Sample: Sendable, Hashable, Codable {
    /// Where the record starts in its source.
    package let offset: Int64
    package let reason: String
    /// The first ``maximumSampleBytes`` bytes, invalid UTF-8 repaired.
    package let text: String
  }

  /// Lines that became no event.
  package private(set) var count = 0
  package private(set) var samples: [Sample] = []
  /// Lines that became an event after invalid UTF-8 in them was replaced by U+FFFD.
  package private(set) var repaired = 0
  /// Lines that didn't fit the format of their source and became plain text events.
  package private(set) var fallbacks = 0

  package init() {}

  package func record(_ line: UnsafeBufferPointer<UInt8>, offset: Int64, reason: @autoclosure () -> String) {
    count += 1
    guard samples.count < DecodeFailures.maximumSamples else { return }
    let text = String(decoding: line.prefix(DecodeFailures.maximumSampleBytes), as: UTF8.self)
    samples.append(Sample(offset: offset, reason: reason(), text: text))
  }

  package func countRepaired(_ lines: Int) { repaired += lines }
  package func countFallback() { fallbacks += 1 }
}
