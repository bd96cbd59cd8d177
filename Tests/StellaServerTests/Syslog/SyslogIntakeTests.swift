import NIOCore
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("Syslog messages on their way to the intake journal")
struct SyslogIntakeTests {
  /// A journal that takes what `answer` says of each call and of what came before.
  private final class Journal: Sendable {
    struct State {
      var calls = 0
      var taken: [[UInt8]] = []
    }

    let state = Mutex(State())
    private let answer: @Sendable (_ call: Int, _ bytes: Int) -> SyslogIntake.Taking

    init(_ answer: @escaping @Sendable (_ call: Int, _ bytes: Int) -> SyslogIntake.Taking) { self.answer = answer }

    @Sendable func append(_ lines: [UInt8]) async -> SyslogIntake.Taking {
      state.withLock { state in
        state.calls += 1
        let taking = answer(state.calls, lines.count)
        if case .taken = taking { state.taken.append(lines) }
        return taking
      }
    }
  }

  /// A line for each message that is much longer than it, as JSON is.
  @Sendable private static func lines(_ messages: ReceivedMessages) -> [UInt8] {
    (0..<messages.count).flatMap { Array("\($0) \(String(repeating: "x", count: 400))\n".utf8) }
  }

  private static func messages(_ count: Int) -> ReceivedMessages {
    var messages = ReceivedMessages()
    for _ in 0..<count { messages.append(Array("x".utf8), from: "192.0.2.7") }
    return messages
  }

  @Test("Lines that together are more than the journal may hold go in pieces, and one that was taken isn't sent again")
  func pieces() async {
    let journal = Journal { call, bytes in
      // Rather than `later`, which would be asked for ever.
      if bytes > 1 << 20 { return .ended }
      return call == 2 ? .later("full") : .taken
    }
    let intake = SyslogIntake(SyslogSettings(), convert: Self.lines, append: journal.append)
    let messages = Self.messages(4000)
    await intake.take(messages)
    let taken = journal.state.withLock { $0.taken }
    #expect(taken.flatMap(\.self) == Self.lines(messages))
    #expect(taken.count > 1 && taken.allSatisfy { $0.count <= 256 << 10 && $0.last == 0x0a })
    #expect(journal.state.withLock { $0.calls } == taken.count + 1)
    #expect(intake.figures.messages == 4000 && intake.figures.lost == 0)
    #expect(intake.trouble == nil && !intake.isBusy)
  }

  @Test("What the end leaves of the pieces is lost, and only that")
  func ended() async {
    let journal = Journal { call, _ in call == 1 ? .taken : .ended }
    let intake = SyslogIntake(SyslogSettings(), convert: Self.lines, append: journal.append)
    await intake.take(Self.messages(4000))
    let taken = journal.state.withLock { $0.taken.first ?? [] }
    let kept = taken.count { $0 == 0x0a }
    #expect(kept > 0 && kept < 4000)
    #expect(intake.figures.messages == kept && intake.figures.lost == 4000 - kept)
    #expect(journal.state.withLock { $0.calls } == 2)
  }

  @Test("Datagrams that wait are bounded also where they are tiny")
  func tiny() {
    var settings = SyslogSettings()
    settings.queuedBytes = 1000
    let intake = SyslogIntake(settings, convert: Self.lines) { _ in .taken }
    let message = ByteBuffer(string: "x").readableBytesView
    for _ in 0..<20 { intake.queue(message, from: "192.0.2.7") }
    // 15 take 975 bytes and leave room for one more, 16 don't.
    #expect(intake.figures.droppedDatagrams == 4)
  }
}
