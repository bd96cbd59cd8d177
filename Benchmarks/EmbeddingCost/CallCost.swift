import Logging
import StellaEngine
import StellaLogging

/// What a log call with a message and three metadata entries costs its caller, beside the same call with a handler that does nothing.
///
/// The calls are made in small batches that take turns, so that whatever disturbs one disturbs the others; a figure is the median of
/// the differences within a turn. The handler's buffer is emptied between the turns, by nobody else. Before the first turn the whole
/// buffer is gone through once, so that its memory is there, as it is in a host that has run for a while.
struct CallCost {
  private static let batch = 64
  /// Calls that are filtered take a nanosecond or two.
  private static let filteredBatch = 4096

  private let quiet = QuietHandler.logger
  private let buffer = LogBuffer()
  private let crammed = LogBuffer(capacityBytes: 64 << 10)

  func measured(rounds: Int) -> [(name: String, value: Double)] {
    let stella = Logger(label: "shop.api") { [buffer] in StellaLogHandler(label: $0, buffer: buffer) }
    let full = Logger(label: "shop.api") { [crammed] in StellaLogHandler(label: $0, buffer: crammed) }
    let source = LogBufferSource(buffer)
    var room = [UInt8](repeating: 0, count: 256 << 10)
    func empty() {
      room.withUnsafeMutableBytes { room in while case .bytes? = try? source.read(into: room) {} }
    }
    while crammed.drops.full == 0 { call(full, Self.batch) }
    // What is read is longer than what is in the buffer, though not twice as long.
    while source.position.offset < 2 * LogBuffer.defaultCapacityBytes {
      call(stella, Self.batch)
      empty()
    }

    var base: [Double] = []
    var (added, refused, filtered): ([Double], [Double], [Double]) = ([], [], [])
    for round in 0..<(rounds + 100) {
      // Who comes second finds warm caches: they take turns in that, too.
      let isFirst = round % 2 == 0
      let one = isFirst ? timed { call(quiet, Self.batch) } : 0
      let written = timed { call(stella, Self.batch) }
      let nothing = isFirst ? one : timed { call(quiet, Self.batch) }
      let again = timed { call(quiet, Self.batch) }
      let dropped = timed { call(full, Self.batch) }
      let before = timed { filter(quiet, Self.filteredBatch) }
      let after = timed { filter(stella, Self.filteredBatch) }
      empty()
      guard round >= 100 else { continue }
      base.append(nothing / Double(Self.batch))
      added.append((written - nothing) / Double(Self.batch))
      refused.append((dropped - again) / Double(Self.batch))
      filtered.append((after - before) / Double(Self.filteredBatch))
    }
    return [
      ("base_ns", Self.median(base)), ("added_ns", Self.median(added)), ("full_ns", Self.median(refused)),
      ("filtered_ns", Self.median(filtered)), ("lost", Double(buffer.drops.full)),
    ]
  }

  private func timed(_ body: () -> Void) -> Double {
    let began = EmbeddingCost.now()
    body()
    return Double(EmbeddingCost.now() - began)
  }

  @inline(never)
  private func call(_ logger: Logger, _ count: Int) {
    for number in 0..<count {
      logger.info(
        "request \(number) done",
        metadata: [
          "user_id": "usr_1234567890abc", "status": .stringConvertible(200), "route": "/api/v1/orders/{id}",
        ])
    }
  }

  @inline(never)
  private func filter(_ logger: Logger, _ count: Int) {
    for number in 0..<count {
      logger.debug(
        "request \(number) done",
        metadata: [
          "user_id": "usr_1234567890abc", "status": .stringConvertible(200), "route": "/api/v1/orders/{id}",
        ])
    }
  }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 0 ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}
