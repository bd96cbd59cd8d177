import NIOCore
import StellaModel

/// The parts of a host's health, looked at when somebody asks, at most once a second, and on a thread of its own: everybody may ask,
/// without a login and as often as they like, and nobody else's request has to wait for it.
package actor HealthLook {
  private static let validity: Int64 = 1_000_000_000

  private let work = RequestWork(threads: 1, waiting: 1)
  private let now: @Sendable () -> Int64
  private let patience: Duration
  private let look: @Sendable () -> [Health.Part]
  private var last: (parts: [Health.Part], at: Int64)?
  /// What goes on; nil when nothing does.
  private var current: Current?
  private var looks = 0

  private struct Current {
    var number: Int
    var waiting: [CheckedContinuation<[Health.Part], Never>] = []
    /// Whether nobody waits for it any more.
    var isOverdue = false
  }

  /// - Parameters:
  ///   - now: nanoseconds of a clock that is never set back; nil for this machine's.
  ///   - patience: how long after the begin of a look everybody who waits is told that it takes too long, and who comes then at once.
  ///   - look: may block.
  package init(
    now: (@Sendable () -> Int64)? = nil, patience: Duration = .seconds(5),
    _ look: @escaping @Sendable () -> [Health.Part]
  ) {
    self.now = now ?? { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    self.patience = patience
    self.look = look
  }

  /// How the parts were within the last second.
  package func parts() async -> [Health.Part] {
    let asked = now()
    if let last, asked - last.at < Self.validity { return last.parts }
    if current == nil { begin(at: asked) }
    if current?.isOverdue == true { return overdue }
    return await withCheckedContinuation { current?.waiting.append($0) }
  }

  private var overdue: [Health.Part] {
    [Health.Part("store", isWell: false, detail: "it has not answered for over \(patience.components.seconds) s")]
  }

  private func begin(at time: Int64) {
    looks += 1
    let number = looks
    current = Current(number: number)
    let limit = Task {
      // Cut short when the look ends.
      try? await Task.sleep(for: patience)
      giveUp(number)
    }
    Task { [work, look] in
      let parts: [Health.Part]
      do throws(CommandFailure) {
        parts = try await work.run { () throws(CommandFailure) -> [Health.Part] in look() }
      } catch {
        parts = [Health.Part("store", isWell: false, detail: error.message)]
      }
      limit.cancel()
      finish(parts, at: time)
    }
  }

  private func finish(_ parts: [Health.Part], at time: Int64) {
    last = (parts: parts, at: time)
    let waiting = current?.waiting ?? []
    current = nil
    for waiter in waiting { waiter.resume(returning: parts) }
  }

  /// Unless the look has ended, which another may have followed.
  private func giveUp(_ number: Int) {
    guard let waiting = current?.waiting, current?.number == number else { return }
    current?.isOverdue = true
    current?.waiting = []
    for waiter in waiting { waiter.resume(returning: overdue) }
  }

  package func end() async { await work.end() }
}
