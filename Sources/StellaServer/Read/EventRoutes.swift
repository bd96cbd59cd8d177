import HTTPTypes
import Hummingbird
import NIOCore
import StellaArchive
import StellaModel

/// Events that were kept, newest first: `GET /api/v1/events`.
///
///     ?since=1h&until=…        a time, or how long ago
///     &search=timeout          events whose line holds this text, whatever the case of its letters
///     &where=status >= 500     events for which a rule's condition holds
///     &level=warning           events of at least this level
///     &service=shop,api        events of these services
///     &order=oldest            the other way round
///     &limit=100&after=ID      so many, behind the event with this id
///
/// One JSON object a line. `Stella-Next` says what `after` goes on with, as long as there is more.
///
/// `GET /api/v1/events/export?format=json|csv` has the same filters, and sends all there is, oldest first, as fast as it is taken.
/// Whether blocks were missing is known at its end, and told by a trailer.
/// `GET /api/v1/events/series` counts: see ``SeriesQuery``.
package struct EventRoutes: ReadRoutes {
  /// What one step of an export may cost: it takes a thread while it lasts.
  private static let step = PageBounds(time: 500_000_000, bytes: 512 << 10)
  static let damagedName = "stella-damaged-blocks"
  private static let next = AnswerField.name(AnswerField.next)
  private static let damaged = AnswerField.name(damagedName)

  /// Nil where none are kept.
  private let archive: EventArchive?
  private let work: RequestWork
  private let time: any TimeSource
  private let bounds: PageBounds
  private let seats = ExportSeats()

  /// - Parameters:
  ///   - work: where the archive is read.
  ///   - bounds: what one answer may cost.
  package init(_ archive: EventArchive?, work: RequestWork, time: any TimeSource, bounds: PageBounds = PageBounds()) {
    (self.archive, self.work, self.time, self.bounds) = (archive, work, time, bounds)
  }

  package func add(to router: some RouterMethods<some ViewerContext>) {
    router.get("api/v1/events") { request, context in
      await answer { () async throws(CommandFailure) in try await page(request, context.seesPersonalData) }
    }
    router.get("api/v1/events/export") { request, context in
      await answer { () async throws(CommandFailure) in
        try await export(request, context)
      }
    }
    router.get("api/v1/events/series") { request, context in
      await answer { () async throws(CommandFailure) in try await series(request, context.seesPersonalData) }
    }
  }

  private func answer(_ body: () async throws(CommandFailure) -> Response) async -> Response {
    do throws(CommandFailure) {
      return try await body()
    } catch {
      return Problem(error).response
    }
  }

  private func kept() throws(CommandFailure) -> EventArchive {
    if let archive { return archive }
    throw CommandFailure(.notFound, "no events are kept here: `retention: { events: 0s }` in stella.yaml says so.")
  }

  private static func parameters(_ request: Request) throws(CommandFailure) -> [(name: String, value: String)] {
    try request.query().map { ($0.name, $0.value) }
  }

  private static func lines(_ lines: [[UInt8]]) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(lines.reduce(0) { $0 + $1.count + 1 })
    for line in lines {
      buffer.writeBytes(line)
      buffer.writeInteger(UInt8(ascii: "\n"))
    }
    return buffer
  }

  private static func headers(_ type: String) -> HTTPFields {
    [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"]
  }

  // MARK: - Answers

  private func page(_ request: Request, _ isPrivileged: Bool) async throws(CommandFailure) -> Response {
    let archive = try kept()
    var query = try EventQuery(Self.parameters(request), now: time.now())
    query.isPrivileged = isPrivileged
    let (asked, bounds) = (query, bounds)
    let page = try await work.run { () throws(CommandFailure) in archive.page(asked, bounds: bounds) }
    var headers = Self.headers("application/x-ndjson")
    if let next = page.next { headers[Self.next] = String(next) }
    if page.damagedBlocks > 0 { headers[Self.damaged] = String(page.damagedBlocks) }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: Self.lines(page.lines)))
  }

  private func series(_ request: Request, _ isPrivileged: Bool) async throws(CommandFailure) -> Response {
    let archive = try kept()
    var query = try SeriesQuery(Self.parameters(request), now: time.now())
    query.isPrivileged = isPrivileged
    let asked = query
    let lines = try await work.run { () throws(CommandFailure) in archive.series(asked) }
    return Response(
      status: .ok, headers: Self.headers("application/x-ndjson"), body: ResponseBody(byteBuffer: Self.lines(lines)))
  }

  private static var tooMany: Response {
    var response = Problem(
      CommandFailure(.failure, "\(ExportSeats.most) exports of yours go on already. Try it again when one has ended."),
      status: .tooManyRequests
    ).response
    response.headers[.retryAfter] = "10"
    return response
  }

  private enum Format: String, CaseIterable {
    case json, csv
  }

  private func export(
    _ request: Request, _ context: some ViewerContext
  ) async throws(CommandFailure) -> Response {
    let archive = try kept()
    var parameters = try Self.parameters(request)
    let given = parameters.last { $0.name == "format" }?.value ?? Format.json.rawValue
    guard let format = Format(rawValue: given) else {
      throw CommandFailure(.usage, TextEscaping.oneLine("format \(given): write json or csv.", limit: 100))
    }
    parameters.removeAll { $0.name == "format" }
    var query = try EventQuery(
      [("order", "oldest")] + parameters, names: EventQuery.filterNames + ["order", "after"], now: time.now())
    query.isPrivileged = context.seesPersonalData
    query.limit = EventQuery.limits.upperBound
    guard let seat = seats.take(context.viewerKey) else { return Self.tooMany }
    // What comes meanwhile would never end.
    query.before = try await self.work.run { () throws(CommandFailure) in archive.end }
    var headers = Self.headers(format == .csv ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson")
    let name = "stella-events.\(format == .csv ? "csv" : "jsonl")"
    headers[.contentDisposition] = "attachment; filename=\"\(name)\""
    headers[.trailer] = Self.damagedName
    let (asked, work, mayStillRead) = (query, work, context.mayStillRead)
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        defer { seat.leave() }
        var query = asked
        var damagedBlocks = 0
        if format == .csv { try await writer.write(ByteBuffer(string: EventTable.head)) }
        while true {
          let part = query
          let (next, damaged, bytes) = try await work.runWhenFree {
            () throws(CommandFailure) -> (Int64?, Int, ByteBuffer) in
            let page = archive.page(part, bounds: Self.step)
            if format == .json { return (page.next, page.damagedBlocks, Self.lines(page.lines)) }
            let table = EventTable()
            return (page.next, page.damagedBlocks, ByteBuffer(bytes: page.lines.flatMap(table.row)))
          }
          damagedBlocks += damaged
          // The next part is looked for when this one was taken.
          if bytes.readableBytes > 0 { try await writer.write(bytes) }
          guard let next else { break }
          // A slow client may take it for days.
          if let mayStillRead, await !mayStillRead() {
            throw CommandFailure(.notPermitted, "the session or token of who asked is over.")
          }
          query.after = next
        }
        try await writer.finish(damagedBlocks > 0 ? [Self.damaged: String(damagedBlocks)] : nil)
      })
  }
}
