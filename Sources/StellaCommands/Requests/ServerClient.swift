import Glibc
import StellaDetection
import StellaEffects
import StellaModel
import StellaSQLite
import StellaServer

/// Asks a server: the one that runs on a state directory, or one elsewhere.
final class ServerClient {
  /// For one answer. Planning once more asks the targets, which have time-outs of their own.
  private static let patience: Duration = .seconds(60)

  /// Kept for as long as its address is used.
  private let socket: StateSocket?
  private let exchange: ServerExchange
  /// What it is called in messages.
  private let server: String
  /// What shows who asks; the kernel tells it over a socket.
  private let authorization: String?
  /// What else there is when no answer comes.
  private let remedy: String
  /// The server elsewhere that is asked; nil for the one on the state directory.
  private let remote: RemoteServer?

  /// Nil when no server runs there.
  ///
  /// - Parameter directory: of the state; it needn't exist.
  init?(directory: String) throws(CommandFailure) {
    guard let socket = try? StateSocket(directory: directory),
      let peer = PeerCredentials.listening(at: socket.address)
    else { return nil }
    var status = stat()
    guard stat(directory, &status) == 0, [0, geteuid(), status.st_uid, .max].contains(peer.uid) else {
      throw CommandFailure(
        .notPermitted, "\(socket.path) is served by uid \(peer.uid), which has no business there. Use --local.")
    }
    self.socket = socket
    exchange = ServerExchange(socket: socket.address, timeout: Self.patience)
    server = "the server at \(socket.path)" + (peer.pid > 0 ? " (pid \(peer.pid))" : "")
    authorization = nil
    remedy = " The store itself answers with --local."
    remote = nil
  }

  /// - Parameter secret: of a session or a token; nil before there is one.
  init(_ place: RemoteServer, secret: String?) {
    socket = nil
    exchange = ServerExchange(server: place.origin, timeout: Self.patience, caFile: place.caFile)
    server = "the server at \(place.origin)"
    authorization = secret
    remedy = ""
    remote = place
  }

  /// - Throws: ``CommandFailure`` with the status that the server gives, or `failure` when no answer came.
  func answer(_ request: OperatorRequest, as layout: AnswerLayout) throws(CommandFailure) -> OperatorAnswer {
    let call = request.call
    var path = call.path.map { "/" + URLText.encoded($0) }.joined()
    if !call.query.isEmpty {
      path += "?" + call.query.map { "\($0.name)=\(URLText.encoded($0.value))" }.joined(separator: "&")
    }
    let headers = AnswerField.headers(layout)
    return try read(try send(call.method, path, headers, call.body), layout)
  }

  /// One exchange about something else than an ``OperatorRequest``: the members of the answer.
  func members(
    _ method: String, _ path: String, _ body: [FieldValue.Member]?
  ) throws(CommandFailure) -> [FieldValue.Member] {
    let answer = try send(method, path, [("accept", "application/json")], body)
    let text = String(decoding: answer.body, as: UTF8.self)
    guard (200...299).contains(answer.status) else { throw failure(answer.status, text) }
    guard case .object(let members)? = try? JSONParser().parse(text) else { return [] }
    return members
  }

  /// One question whose answer is lines of JSON, and may go on.
  func lines(_ path: String, _ parameters: EventReader.Parameters) throws(CommandFailure) -> EventReader.Page {
    let query = parameters.map { "\($0.name)=\(URLText.encoded($0.value))" }.joined(separator: "&")
    let answer = try send("GET", query.isEmpty ? path : path + "?" + query, [("accept", "application/x-ndjson")], nil)
    guard answer.status == 200 else { throw failure(answer.status, String(decoding: answer.body, as: UTF8.self)) }
    return EventReader.Page(
      lines: answer.body.split(separator: 0x0a).map(Array.init), next: answer.values(AnswerField.next).first,
      damaged: answer.values("stella-damaged-blocks").first.flatMap { Int($0) } ?? 0)
  }

  private func send(
    _ method: String, _ path: String, _ headers: [(name: String, value: String)], _ body: [FieldValue.Member]?
  ) throws(CommandFailure) -> ServerExchange.Answer {
    var headers = headers
    if body != nil { headers.append(("content-type", "application/json")) }
    if let authorization { headers.append(("authorization", "Bearer " + authorization)) }
    do throws(ServerExchange.Failure) {
      return try exchange.send(
        method, path, headers: headers, body: body.map { Array(FieldValue.object($0).json.utf8) })
    } catch {
      throw failure(error, isChange: method != "GET")
    }
  }

  /// - Parameter isChange: whether something was to be done, so that it matters whether it was.
  private func failure(_ failure: ServerExchange.Failure, isChange: Bool) -> CommandFailure {
    let trouble = failure.trouble
    guard !failure.isUnsent else {
      if let place = remote, let file = place.caFile, let why = Self.trouble(of: file) {
        return CommandFailure(
          .usage,
          TextEscaping.oneLine(
            "\(file), which says whom to believe at \(place.origin) since you logged in there, \(why). Bring it back, or name another: "
              + "stella login \(place.origin) --ca-file FILE", limit: 500))
      }
      let place = remote.map { place in
        switch trouble.kind {
        case .certificate: "`stella login \(place.origin) --ca-file FILE` says which certificates to believe there."
        case .wrongName: "Write the address with a name that the certificate is for."
        default: "Look whether the address is right, and whether `stella serve` runs there."
        }
      }
      let remedy = place.map { " " + $0 } ?? remedy
      return CommandFailure(
        .failure, "\(server) can't be reached, so nothing was sent: \(trouble.text).\(remedy)")
    }
    let time = DurationText.text(Self.patience.nanoseconds)
    let what = trouble.kind == .timeout ? "has not answered within \(time)" : "gave no answer (\(trouble.text))"
    let unknown = isChange ? " Whether it was done can't be told from here: look before you repeat it." : ""
    let isPlain = remote?.origin.description.hasPrefix("http://") ?? false
    let secure =
      isPlain && trouble.kind == .closed ? " Where the server speaks TLS its address begins with https://." : ""
    return CommandFailure(.failure, "\(server) \(what).\(unknown)\(secure)\(remedy)")
  }

  /// Why a file with certificates is of no use; nil when it has some.
  private static func trouble(of file: String) -> String? {
    guard access(file, R_OK) == 0 else { return "can't be read: \(String(cString: strerror(errno)))" }
    do throws(CommandFailure) {
      try BelievedCertificates.check(file)
      return nil
    } catch {
      return "holds no certificate in PEM"
    }
  }

  private func read(
    _ received: ServerExchange.Answer, _ layout: AnswerLayout
  ) throws(CommandFailure) -> OperatorAnswer {
    let body = String(decoding: received.body, as: UTF8.self)
    guard (200...299).contains(received.status),
      let status = received.values(AnswerField.status).first.flatMap({ Int32($0) }).flatMap(CommandStatus.init)
    else { throw failure(received.status, body) }
    var answer = OperatorAnswer()
    answer.status = status
    answer.notes =
      notes(received.values(AnswerField.note), isHint: false) + notes(received.values(AnswerField.hint), isHint: true)
    if let id = received.values(AnswerField.run).first.flatMap(URLText.decoded),
      let state = received.values(AnswerField.state).first.flatMap(RunState.init)
    {
      answer.run = OperatorAnswer.Place(id: id, state: state)
    }
    answer.next = received.values(AnswerField.next).first.flatMap { Int64($0) }
    answer.body =
      switch layout {
      case .json: ReceivedText.json(body)
      case .text(_, let hasColor): ReceivedText.screen(body, hasColor: hasColor)
      }
    return answer
  }

  private func notes(_ values: [String], isHint: Bool) -> [OperatorAnswer.Note] {
    values.compactMap { URLText.decoded($0) }.map { OperatorAnswer.Note($0, isHint: isHint) }
  }

  private func failure(_ code: Int, _ body: String) -> CommandFailure {
    if case .object(let members)? = try? JSONParser().parse(body),
      case .string(let message)? = members.first(where: { $0.name == "detail" })?.value,
      case .integer(let number)? = members.first(where: { $0.name == "exit_status" })?.value,
      let status = Int32(exactly: number).flatMap(CommandStatus.init), status != .done
    {
      return CommandFailure(status, message)
    }
    return CommandFailure(
      .failure,
      "\(server) gave an answer that can't be understood (\(code)); it may be another version than this, or no Stella."
        + remedy)
  }
}
