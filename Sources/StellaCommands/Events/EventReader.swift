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
