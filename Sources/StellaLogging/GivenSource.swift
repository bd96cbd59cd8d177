import Logging

/// Tells whether a log call gave a source of its own.
///
/// swift-log derives a source that wasn't given, which costs more than everything else that the handler does, and offers no way to
/// ask whether it would. So the word of the event that is 0 without one is looked at: where it is follows from the public fields
/// around it and is tried out once, with events of both kinds. With a swift-log that lays its events out otherwise every source
/// counts as given, which is right and slower.
enum GivenSource {
  /// Where in an event the word is; nil when that isn't known.
  static let place: Int? = {
    guard let metadata = MemoryLayout<LogEvent>.offset(of: \.metadata),
      let file = MemoryLayout<LogEvent>.offset(of: \.file)
    else { return nil }
    let source = metadata + MemoryLayout<Logger.Metadata?>.size
    guard source % MemoryLayout<String?>.alignment == 0, file == source + MemoryLayout<String?>.size else { return nil }
    // The second word of a text says what it is, and is never 0.
    let word = source + MemoryLayout<UInt>.size
    func finds(_ source: String?, _ metadata: Logger.Metadata?) -> Bool {
      let event = LogEvent(
        level: .critical, message: "m", metadata: metadata, source: source, file: "M/F.swift", function: "f()", line: 1)
      return isSet(event, word) == (source != nil)
    }
    let tried: [String?] = [nil, "", "s", "fifteen letters", "a source that is kept on the heap"]
    return tried.allSatisfy { finds($0, nil) && finds($0, ["k": "v"]) } ? word : nil
  }()

  /// Whether the event has a source that ``LogEvent/source`` needn't derive.
  static func isGiven(in event: borrowing LogEvent) -> Bool {
    guard let place else { return true }
    return isSet(event, place)
  }

  @inline(__always)
  private static func isSet(_ event: borrowing LogEvent, _ word: Int) -> Bool {
    withUnsafeBytes(of: event) { $0.load(fromByteOffset: word, as: UInt.self) != 0 }
  }
}
