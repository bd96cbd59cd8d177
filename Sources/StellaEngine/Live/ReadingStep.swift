import StellaDetection
import StellaModel

/// Something that a followed reading did and that its sources alone don't tell again: in which order they were read, and
/// when the clock was believed instead of them. A restart repeats the steps since its checkpoint before it reads on.
enum ReadingStep: Hashable {
  /// So many events of a source were used.
  case events(source: UInt16, count: Int)
  /// Nothing came: see ``EventConsumer/rest(silent:nanoseconds:)``.
  case rest(silent: [UInt16], nanoseconds: Int64)
  /// A source's events far ahead of it were believed, because the clock was as far at its end.
  case confirmed(source: UInt16, now: Int64)
  /// A source was found under this name of its.
  case source(UInt16, key: String)
  /// The source will not bring anything more.
  case end(source: UInt16)
  /// People said that these alerts are over, and they were ended. The place counts, their times say nothing any more.
  case ended([AlertClosing])

  var encoded: [UInt8] {
    let writer = StateWriter()
    writer.write(.step)
    switch self {
    case .events(let source, let count):
      writer.write(0)
      writer.write(Int(source))
      writer.write(count)
    case .rest(let silent, let nanoseconds):
      writer.write(1)
      writer.write(silent.count)
      for source in silent { writer.write(Int(source)) }
      writer.write(nanoseconds)
    case .confirmed(let source, let now):
      writer.write(2)
      writer.write(Int(source))
      writer.write(now)
    case .source(let number, let key):
      writer.write(3)
      writer.write(Int(number))
      writer.write(key)
    case .end(let source):
      writer.write(4)
      writer.write(Int(source))
    case .ended(let closings):
      writer.write(5)
      writer.write(closings.count)
      for closing in closings {
        for text in [closing.alert, closing.rule, closing.by] { writer.write(text) }
      }
    }
    return Array(writer.bytes)
  }

  init(_ bytes: [UInt8]) throws(StateError) {
    let bytes = StateBytes(bytes)
    var reader = StateReader(bytes.bytes)
    try reader.expect(.step)
    func source() throws(StateError) -> UInt16 { UInt16(try reader.number(in: 0...Int(UInt16.max))) }
    switch try reader.integer() {
    case 0: self = .events(source: try source(), count: try reader.counter())
    case 1:
      var silent: [UInt16] = []
      for _ in 0..<(try reader.count()) { silent.append(try source()) }
      self = .rest(silent: silent, nanoseconds: try reader.integer())
    case 2: self = .confirmed(source: try source(), now: try reader.integer())
    case 3: self = .source(try source(), key: try reader.text())
    case 4: self = .end(source: try source())
    case 5:
      var closings: [AlertClosing] = []
      for _ in 0..<(try reader.count()) {
        closings.append(
          AlertClosing(alert: try reader.text(), rule: try reader.text(), by: try reader.text(), time: .min))
      }
      self = .ended(closings)
    default: throw StateError(message: "a step is of no known kind")
    }
    withExtendedLifetime(bytes) {}
  }

  /// The step that does what both do one after the other; nil when there is none.
  func joined(with next: ReadingStep) -> ReadingStep? {
    switch (self, next) {
    case (.events(let source, let count), .events(let other, let more)) where other == source:
      .events(source: source, count: count + more)
    // Time goes on from the last event each time: the later rest contains the earlier.
    case (.rest(let silent, let before), .rest(let other, let nanoseconds))
    where other == silent && nanoseconds >= before: next
    default: nil
    }
  }
}
