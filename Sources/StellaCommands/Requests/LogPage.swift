import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Records of the log that a filter wants, and where to go on.
struct LogPage {
  /// Numbers that a page looks through at most: any text may be asked for, and a long log takes a thread for as long as it is read.
  static let span: Int64 = 50_000
  /// Numbers that are read at a time, and so records that are held.
  private static let step: Int64 = 1000

  /// Oldest first.
  private(set) var records: [LogRecord] = []
  /// What `after` goes on with, or `before` where the last were asked for; nil when nothing is left.
  let next: Int64?

  init(_ filter: LogRequest.Filter, of transaction: SQLiteTransaction, span: Int64 = Self.span) throws {
    let limit = max(1, min(filter.limit, LogRequest.Filter.most))
    let isFromEnd = filter.after == nil
    let size = transaction.head.size
    var low = max(try transaction.outline()?.floor?.number ?? 0, min(filter.after ?? 0, size)) + 1
    var high = min(size, filter.before.map { max($0, 1) - 1 } ?? size)
    var looked: Int64 = 0
    while low <= high, records.count < limit, looked < span {
      let count = min(Self.step, high - low + 1, span - looked)
      let left = limit - records.count
      // What mentions the run and isn't about it is left out below.
      let batch = try transaction.records(
        isFromEnd ? (high - count + 1)...high : low...(low + count - 1),
        limit: filter.run == nil ? min(left, Int(count)) : Int(count), isFromEnd: isFromEnd, mentioning: filter.run)
      let found = try batch.map { try LogRecord(bytes: $0.bytes) }.filter { filter.run == nil || $0.run == filter.run }
      records = isFromEnd ? Array(found.suffix(left)) + records : records + Array(found.prefix(left))
      looked += count
      if records.count == limit, let edge = isFromEnd ? records.first : records.last {
        if isFromEnd { high = edge.number - 1 } else { low = edge.number + 1 }
      } else if isFromEnd {
        high -= count
      } else {
        low += count
      }
    }
    next = low > high ? nil : isFromEnd ? high + 1 : low - 1
  }
}
