import NIOCore
import StellaModel

/// The parts of a host's health, looked at when somebody asks, at most once a second, and on a thread of its own: everybody may ask,
/// without a login and as often as they like, and nobody else's request has to wait for it.
package actor HealthLook {
  private static let validity: Int64 = 1_000_000_000
  /// Who asks when a look has taken so long is told that instead of waiting with all the others.
  private static let patience: Int64 = 5_000_000_000

  private let work = RequestWork(threads: 1, waiting: 1)
  private let now: @Sendable () -> Int64
  private let look: @Sendable () -> [Health.Part]
  private var last: (parts: [Health.Part], at: Int64)?
  private var current: (task: Task<[Health.Part], Never>, since: Int64)?

  /// - Parameters:
  ///   - now: nanoseconds of a clock that is never set back; nil for this machine's.
  ///   - look: may block.
  package init(now: (@Sendable () -> Int64)? = nil, _ look: @escaping @Sendable () -> [Health.Part]) {
    self.now = now ?? { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
    self.look = look
  }

  /// How the parts were within the last second.
  package func parts() async -> [Health.Part] {
    let asked = now()
    if let last, asked - last.at < Self.validity { return last.parts }
    if let current {
      guard asked - current.since < Self.patience else {
        return [Health.Part("store", isWell: false, detail: "it has not answered for over 5 s")]
      }
      return await current.task.value
    }
    let task = Task { [work, look] () -> [Health.Part] in
      do throws(CommandFailure) {
        return try await work.run { () throws(CommandFailure) -> [Health.Part] in look() }
      } catch {
        return [Health.Part("store", isWell: false, detail: error.message)]
      }
    }
    current = (task: task, since: asked)
    let parts = await task.value
    last = (parts: parts, at: asked)
    current = nil
    return parts
  }

  package func end() async { await work.end() }
}
