import StellaArchive
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaSQLite

/// Where kept events are read from: a server elsewhere, the one that runs on the state directory, else the files themselves. The
/// same parameters get the same answer from each.
struct EventReader {
  typealias Parameters = [(name: String, value: String)]

  /// Some lines of JSON, and where to go on.
  struct Page {
    var lines: [[UInt8]]
    var next: String?
    /// Blocks and files that can't be read.
    var damaged = 0
  }

  private enum Place {
    case server(ServerClient)
    case files(EventArchive)
  }

  private let place: Place

  /// - Throws: ``CommandFailure`` `notFound` when nothing was ever kept there, `notPermitted` when it can't be read.
  init(_ options: EventsCommand.Place) throws {
    if !options.local, options.state == nil, let server = try RemoteServer(options.remote) {
      place = .server(ServerClient(server, secret: try server.secret()))
      return
    }
    let state = try options.state ?? Configuration.state(options.config)
    if !options.local, let client = try ServerClient(directory: state) {
      place = .server(client)
      return
    }
    let directory = ArchiveDirectory(path: state + "/events")
    if let refusal = directory.refusal {
      throw CommandFailure(
        .notPermitted,
        TextEscaping.oneLine(
          "\(directory.path) can't be read: \(refusal). Ask as the user that `stella serve` runs as."))
    }
    guard directory.isThere else {
      throw CommandFailure(
        .notFound,
        "no events are kept in \(TextEscaping.oneLine(state)). `stella serve` keeps what it reads, for as long as `retention: events` in "
          + "stella.yaml says.")
    }
    // Who can read the files sees what is in them.
    let configuration = try Configuration.load(options.config)
    place = .files(EventArchive(directory, masking: try PrivacyRules.viewers(configuration)))
  }

  func page(_ parameters: Parameters) throws -> Page {
    switch place {
    case .server(let client): return try client.lines("/api/v1/events", parameters)
    case .files(let archive):
      var query = try EventQuery(parameters, now: SystemTime().now())
      query.isPrivileged = true
      let page = archive.page(query)
      return Page(lines: page.lines, next: page.next.map { String($0) }, damaged: page.damagedBlocks)
    }
  }

  /// The number that a line's event has.
  static func number(_ line: [UInt8]) -> Int64? {
    let head = "{\"id\":\"".utf8
    guard line.starts(with: head) else { return nil }
    return Int64(String(decoding: line.dropFirst(head.count).prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self))
  }

  /// Calls `body` with the lines of one page after the other.
  ///
  /// - Parameters:
  ///   - limit: lines at most.
  ///   - last: the number of the last event that is wanted, where the oldest come first; nil for no end.
  ///   - page: gets a page.
  /// - Returns: whether there was something that can't be read.
  static func forEachPage(
    _ parameters: Parameters, limit: Int, upTo last: Int64?, _ page: (Parameters) throws -> Page,
    _ body: ([[UInt8]]) throws -> Void
  ) throws -> Bool {
    let last = last ?? .max
    var left = limit
    var after: String?
    var isDamaged = false
    while left > 0 {
      let count = min(left, EventQuery.limits.upperBound)
      let found = try page(parameters + [("limit", String(count))] + (after.map { [("after", $0)] } ?? []))
      if found.damaged > 0 { isDamaged = true }
      let lines = found.lines.prefix { (number($0) ?? 0) <= last }
      try body(Array(lines))
      left -= lines.count
      guard let next = found.next, lines.count == found.lines.count, (Int64(next) ?? 0) < last else { break }
      after = next
    }
    return isDamaged
  }

  func series(_ parameters: Parameters) throws -> [[UInt8]] {
    switch place {
    case .server(let client): return try client.lines("/api/v1/events/series", parameters).lines
    case .files(let archive):
      var query = try SeriesQuery(parameters, now: SystemTime().now())
      query.isPrivileged = true
      return archive.series(query)
    }
  }
}
