import Glibc
import StellaDetection

/// Threads that run the shares of one batch after another: the engine's own and ``workers`` - 1 more, each with the deep
/// stack that scripts need. A share always has the same thread, except when it is the only one of a batch.
///
/// One thread calls it at a time. A worker without a share waits a little awake, since the next batch mostly comes at once,
/// and then asleep, so that an engine without events takes no CPU.
package final class WorkerThreads: WorkerPool {
  package let workers: Int
  private let helpers: [Helper]

  /// As many of `wanted` workers as the machine has cores for; at least 1.
  package static func sensible(_ wanted: Int) -> Int {
    max(1, min(wanted, sysconf(Int32(_SC_NPROCESSORS_ONLN)), ShareSet.limit))
  }

  /// - Parameter workers: how many shares run at once; at least 1.
  /// - Throws: when a thread can't be made; those made before have ended then.
  package init(workers: Int) throws {
    var helpers: [Helper] = []
    do {
      for _ in 1..<max(1, workers) { helpers.append(try Helper()) }
    } catch {
      for helper in helpers { helper.end() }
      throw error
    }
    self.helpers = helpers
    self.workers = helpers.count + 1
  }

  deinit { for helper in helpers { helper.end() } }

  package func run(_ shares: ShareSet, _ body: @escaping (Int) -> Void) {
    let own = shares.rawValue.trailingZeroBitCount
    if own == 64 { return }
    let others = shares.subtracting(ShareSet(rawValue: 1 << UInt64(own)))
    others.visit { share in helpers[share - 1].begin(share, body) }
    body(own)
    others.visit { share in helpers[share - 1].wait() }
  }
}

/// One more thread and what it is to do.
private final class Helper: @unchecked Sendable {
  // Sendable, because the signals say whose turn it is to touch the rest.
  private let work = WakeSignal(looks: Helper.looksForWork)
  private let done = WakeSignal(looks: Helper.looksForEnd)
  private var thread: pthread_t?
  /// What is to be done for `share`; nil ends the thread.
  private var body: ((Int) -> Void)?
  private var share = 0

  /// Some 2 µs: the next batch is decoded meanwhile, which takes longer.
  private static let looksForWork = 2000
  /// Some 10 µs: the others are done at nearly the same time.
  private static let looksForEnd = 10_000

  init() throws {
    thread = try EngineThread.start { [self] in live() }
  }

  /// Begins to call `body` for `share`.
  func begin(_ share: Int, _ body: @escaping (Int) -> Void) {
    self.share = share
    self.body = body
    work.raise()
  }

  /// Returns when that call has.
  func wait() { done.wait() }

  /// Ends the thread, which has nothing to do.
  func end() {
    work.raise()
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func live() {
    while true {
      work.wait()
      guard let body else { return }
      self.body = nil
      body(share)
      done.raise()
    }
  }
}
