import CStellaJSON
import StellaModel

/// Records of one source that could not be decoded: all are counted, the first few are kept.
package final class DecodeFailures {
  package static let maximumSamples = 5
  package static let maximumSampleBytes = 200

  package struct Sample: Sendable, Hashable {
    /// Where the record starts in its source.
    package let offset: Int64
    /// Its number in its file, from 1; nil where nobody counted from the file's beginning.
    package let line: Int?
    package let reason: String
    /// The first ``maximumSampleBytes`` bytes, invalid UTF-8 repaired.
    package let text: String

    /// Where it is, for people: `line 12`.
    package var place: String { line.map { "line \($0)" } ?? "at byte \(offset)" }
  }

  /// All that is known, as a value.
  struct Record {
    fileprivate(set) var count = 0
    fileprivate(set) var samples: [Sample] = []
    fileprivate(set) var repaired = 0
    fileprivate(set) var fallbacks = 0
    fileprivate(set) var repairedNumbers: [Int] = []
    fileprivate(set) var fallbackNumbers: [Int] = []
    /// Not part of a checkpoint.
    fileprivate(set) var unreadTimes = 0
    fileprivate(set) var unreadTime: Sample?
  }

  var all = Record()

  /// Lines that became no event.
  package var count: Int { all.count }
  package var samples: [Sample] { all.samples }
  /// Lines that became an event after invalid UTF-8 in them was replaced by U+FFFD.
  package var repaired: Int { all.repaired }
  /// Lines that didn't fit the format of their source and became plain text events.
  package var fallbacks: Int { all.fallbacks }

  /// The numbers of the first few of each in their file, from 1, as far as they are known.
  package var repairedNumbers: [Int] { all.repairedNumbers }
  package var fallbackNumbers: [Int] { all.fallbackNumbers }

  /// Lines whose field for the time holds a text that is none, so that they took the time of the line before.
  package var unreadTimes: Int { all.unreadTimes }
  /// The first of them, with that text.
  package var unreadTime: Sample? { all.unreadTime }

  package init() {}

  /// Notes line `index` of `block`.
  ///
  /// - Parameter text: the line, where it is no text itself.
  package func record(
    _ block: LineBlock, _ index: Int, text: Bytes? = nil, reason: @autoclosure () -> String
  ) {
    all.count += 1
    guard all.samples.count < DecodeFailures.maximumSamples else { return }
    let line = text ?? block.line(index)
    let text = String(decoding: line.prefix(DecodeFailures.maximumSampleBytes), as: UTF8.self)
    all.samples.append(
      Sample(
        offset: block.offset(ofLine: index), line: block.number(ofLine: index), reason: reason(), text: text))
  }

  /// Notes that the time of line `index` of `block` can't be read.
  func countUnreadTime(_ block: LineBlock, _ index: Int, text: UnsafeBufferPointer<UInt8>) {
    all.unreadTimes += 1
    guard all.unreadTime == nil else { return }
    let text = String(decoding: text.prefix(DecodeFailures.maximumSampleBytes), as: UTF8.self)
    all.unreadTime = Sample(
      offset: block.offset(ofLine: index), line: block.number(ofLine: index), reason: "no time", text: text)
  }

  /// - Parameter lines: of the block, some of which were repaired; looked at only while numbers are wanted.
  package func countRepaired(_ count: Int, among lines: Range<Int>, of block: LineBlock) {
    if count == 0 { return }
    all.repaired += count
    guard block.firstNumber != nil else { return }
    var left = min(count, DecodeFailures.maximumSamples - all.repairedNumbers.count)
    for index in lines where left > 0 {
      let line = block.line(index)
      guard let base = line.baseAddress, stella_utf8_valid(base, line.count) == 0 else { continue }
      if let number = block.number(ofLine: index) { all.repairedNumbers.append(number) }
      left -= 1
    }
  }

  package func countFallback(_ block: LineBlock, _ index: Int) {
    all.fallbacks += 1
    guard all.fallbackNumbers.count < DecodeFailures.maximumSamples, let number = block.number(ofLine: index) else {
      return
    }
    all.fallbackNumbers.append(number)
  }
}

extension DecodeFailures.Record {
  func save(to writer: StateWriter) {
    writer.write(count)
    writer.write(repaired)
    writer.write(fallbacks)
    writer.write(samples.count)
    for sample in samples {
      writer.write(sample.offset)
      writer.write(sample.line ?? 0)
      writer.write(sample.reason)
      writer.write(sample.text)
    }
    for numbers in [repairedNumbers, fallbackNumbers] {
      writer.write(numbers.count)
      for number in numbers { writer.write(number) }
    }
  }

  init(from reader: inout StateReader) throws(StateError) {
    count = try reader.counter()
    repaired = try reader.counter()
    fallbacks = try reader.counter()
    for _ in 0..<(try reader.number(in: 0...DecodeFailures.maximumSamples)) {
      let offset = try reader.integer()
      let line = try reader.counter()
      let reason = try reader.text()
      samples.append(
        DecodeFailures.Sample(offset: offset, line: line > 0 ? line : nil, reason: reason, text: try reader.text()))
    }
    func numbers() throws(StateError) -> [Int] {
      var numbers: [Int] = []
      for _ in 0..<(try reader.number(in: 0...DecodeFailures.maximumSamples)) { numbers.append(try reader.counter()) }
      return numbers
    }
    repairedNumbers = try numbers()
    fallbackNumbers = try numbers()
  }
}
