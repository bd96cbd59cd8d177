import Glibc
import StellaDetection
import Testing

@testable import StellaEngine

@Suite("Threads of workers")
struct WorkerThreadsTests {
  /// What each share counted and where it ran last.
  private final class Tally {
    var counts: [Int]
    var threads: [pthread_t?]

    init(_ shares: Int) {
      counts = Array(repeating: 0, count: shares)
      threads = Array(repeating: nil, count: shares)
    }
  }

  @Test("each share of a batch runs once, and what it wrote is there when the batch is done", arguments: 1...5)
  func everyShareRuns(workers: Int) throws {
    let pool = try WorkerThreads(workers: workers)
    #expect(pool.workers == workers)
    let tallies = (0..<workers).map { _ in Tally(1) }
    var expected = Array(repeating: 0, count: workers)
    for batch in 0..<3000 {
      let shares = ShareSet(rawValue: UInt64(batch) % (1 << UInt64(workers)))
      pool.run(shares) { tallies[$0].counts[0] += 1 }
      shares.visit { expected[$0] += 1 }
      #expect(tallies.map { $0.counts[0] } == expected)
    }
  }

  @Test("a share has the same thread in every full batch, the first the caller's")
  func sharesKeepTheirThreads() throws {
    let pool = try WorkerThreads(workers: 3)
    let tallies = (0..<3).map { _ in Tally(1) }
    var seen: [[pthread_t?]] = []
    for _ in 0..<50 {
      pool.run([ShareSet(rawValue: 0b111)]) { tallies[$0].threads[0] = pthread_self() }
      seen.append(tallies.map { $0.threads[0] })
    }
    #expect(Set(seen).count == 1)
    #expect(Set(seen[0]).count == 3)
    #expect(seen[0][0] == pthread_self())
  }

  @Test("workers that have gone to sleep wake for the next batch")
  func sleepersWake() throws {
    let signal = WakeSignal(looks: 0)
    let answer = WakeSignal(looks: 0)
    let thread = try EngineThread.start {
      for _ in 0..<2000 {
        signal.wait()
        answer.raise()
      }
    }
    for _ in 0..<2000 {
      signal.raise()
      answer.wait()
    }
    pthread_join(thread, nil)
  }

  @Test("one share alone runs on the caller's thread, whichever it is")
  func oneShareAlone() throws {
    let pool = try WorkerThreads(workers: 3)
    for share in 0..<3 {
      let tally = Tally(1)
      pool.run(ShareSet(rawValue: 1 << UInt64(share))) { tally.threads[$0 - share] = pthread_self() }
      #expect(tally.threads[0] == pthread_self())
    }
  }
}
