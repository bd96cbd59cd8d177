/// Cuts a stream into syslog messages, by either framing of RFC 6587, told apart anew for each message: octet counting
/// (`57 <34>1 …`, as RFC 5425 has it) where a number, a space and `<` begin it, else lines, each ended by LF or NUL.
///
/// Of a message that is too long the beginning is kept. O(bytes), and no more memory than the longest message.
struct SyslogFraming {
  private enum State {
    /// Digits of what may be a length.
    case beginning
    /// A length and a space: `<` decides.
    case length(Int)
    case counted(left: Int)
    case line
  }

  private let limit: Int
  private var state = State.beginning
  private var frame: [UInt8] = []
  private var isTruncated = false
  /// Messages that have begun.
  private(set) var begun = 0

  /// RFC 6587 sets no limit; a longer number is no length of anything that anybody sends.
  private static let digits = 9

  /// - Parameter limit: bytes of a message that are kept.
  init(limit: Int) { self.limit = limit }

  /// Whether the last message isn't whole.
  var isInside: Bool { if case .beginning = state { !frame.isEmpty } else { true } }

  /// Takes the next bytes, and calls `found` with each message that they complete, and whether it was too long.
  mutating func take(
    _ bytes: UnsafeRawBufferPointer, _ found: (ArraySlice<UInt8>, _ isTruncated: Bool) -> Void
  ) {
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      switch state {
      case .beginning:
        place += 1
        begin(with: byte, found)
      case .length(let length):
        if byte == UInt8(ascii: "<") {
          frame.removeAll(keepingCapacity: true)
          state = .counted(left: length)
        } else {
          frame.append(UInt8(ascii: " "))
          state = .line
        }
      case .counted(let left):
        let count = min(left, bytes.count - place)
        keep(bytes[place..<place + count])
        place += count
        state = .counted(left: left - count)
        if left == count { end(found) }
      case .line:
        let end = bytes[place...].firstIndex { $0 == 0x0a || $0 == 0 }
        keep(bytes[place..<(end ?? bytes.count)])
        place = (end ?? bytes.count) + 1
        if end != nil { self.end(found) }
      }
    }
  }

  /// The stream has ended. A line is whole without its end; what lacks counted bytes is told as too long for what is there.
  mutating func finish(_ found: (ArraySlice<UInt8>, _ isTruncated: Bool) -> Void) {
    if case .counted = state { isTruncated = true }
    end(found)
  }

  private mutating func begin(with byte: UInt8, _ found: (ArraySlice<UInt8>, _ isTruncated: Bool) -> Void) {
    if frame.isEmpty {
      // What some senders put behind a counted message.
      if byte == 0x0a || byte == 0x0d || byte == 0 { return }
      begun += 1
    }
    let isDigit = byte &- 48 < 10
    if isDigit, frame.count < Self.digits, byte != 48 || !frame.isEmpty {
      frame.append(byte)
    } else if byte == 0x20, let length = Int(String(decoding: frame, as: UTF8.self)) {
      state = .length(length)
    } else if byte == 0x0a || byte == 0 {
      // A line of digits alone.
      end(found)
    } else {
      frame.append(byte)
      state = .line
    }
  }

  private mutating func keep(_ bytes: Slice<UnsafeRawBufferPointer>) {
    let room = limit - frame.count
    if bytes.count > room { isTruncated = true }
    frame.append(contentsOf: bytes.prefix(max(0, room)))
  }

  private mutating func end(_ found: (ArraySlice<UInt8>, _ isTruncated: Bool) -> Void) {
    var message = frame[...]
    while let last = message.last, last == 0x0a || last == 0x0d || last == 0 { message.removeLast() }
    if !message.isEmpty { found(message, isTruncated) }
    frame.removeAll(keepingCapacity: true)
    isTruncated = false
    state = .beginning
  }
}
