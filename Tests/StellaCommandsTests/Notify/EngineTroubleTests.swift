import StellaEngine
import Synchronization
import Testing

@testable import StellaCommands

@Suite("Which trouble of the engine people are told of")
struct EngineTroubleTests {
  @Test("A source that can't be read is told; a pattern that waits for its first file is no failure")
  func sources() {
    let told = Mutex<[String]>([])
    let trouble = EngineTrouble()
    trouble.begin { text, subject in told.withLock { $0.append("\(subject): \(text)") } }
    trouble.take(.trouble(source: "logs/*.jsonl", message: WatchNotice.awaited))
    trouble.take(.trouble(source: "logs/*.jsonl", message: nil))
    trouble.take(.trouble(source: "app.log", message: "no permission"))
    trouble.end()
    trouble.take(.trouble(source: "late.log", message: "no permission"))
    #expect(told.withLock(\.self) == ["source app.log: The source app.log can't be read: no permission"])
  }
}
