import Dispatch
import StellaModel
import StellaNotify
import Synchronization

/// Looks whether the sinks of notifications answer. Sends no notification.
struct NotifyDoctor {
  private let settings: NotificationSettings

  init(_ settings: NotificationSettings) { self.settings = settings }

  func checkups() -> [Checkup] {
    // Blocks, as the whole command does.
    let (done, found) = (DispatchSemaphore(value: 0), Found())
    let settings = settings
    Task.detached {
      for sink in settings.sinks {
        let client = SinkAssembly.client(sink)
        found.add(sink, await client.check())
        await client.end()
      }
      done.signal()
    }
    done.wait()
    return found.all.map { sink, trouble in
      let name = "\(sink.name) (\(sink.kind.name))"
      guard let trouble else { return .ok("notify", "\(name) answers") }
      return .problem("notify", "\(name): \(trouble)", "Correct it, then try it: `stella notify test \(sink.name)`")
    }
  }

  private final class Found: Sendable {
    private let entries = Mutex<[(NotificationSink, String?)]>([])

    var all: [(NotificationSink, String?)] { entries.withLock { $0 } }
    func add(_ sink: NotificationSink, _ trouble: String?) { entries.withLock { $0.append((sink, trouble)) } }
  }
}
