import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import StellaModel

/// Asks services whether they answer. One question at a time of each probe is the caller's part.
package final class Prober: Sendable {
  /// Bytes of an answer that are read.
  private static let answerBytes = 64 << 10

  private let secrets: any SecretSource
  private let names: NameLookup
  /// Each question stands for one of a new client's.
  private let clients: PollClients

  package init(secrets: any SecretSource, names: NameLookup = .system) {
    (self.secrets, self.names) = (secrets, names)
    clients = PollClients(keepsConnections: false, names: names)
  }

  package func end() async { await clients.end() }

  /// Comes to an end within the probe's timeout, with whatever there was.
  package func run(_ probe: ProbeSettings) async -> ProbeResult {
    let began = NIODeadline.now()
    var result: ProbeResult
    do {
      switch probe.kind {
      case .http(let url, let expect): result = try await http(url, expect, probe)
      case .tcp(let endpoint):
        _ = try await SocketQuestion.ask(endpoint, [], probe.timeout, names: names) { _ in true }
        result = ProbeResult(isOK: true, nanoseconds: 0)
      case .postgres(let endpoint, let user): result = try await postgres(endpoint, user, probe.timeout)
      case .redis(let endpoint, let password): result = try await redis(endpoint, password, probe.timeout)
      }
    } catch {
      let (type, detail) = Self.failure(error)
      result = ProbeResult(isOK: false, nanoseconds: 0, errorType: type, detail: detail)
    }
    result.nanoseconds = (NIODeadline.now() - began).nanoseconds
    return result
  }

  static func failure(_ error: any Error) -> (type: String, detail: String) {
    switch error {
    case SocketQuestion.Failure.timeout: return ("timeout", "no answer in time")
    case SocketQuestion.Failure.closed: return ("closed", "the connection was closed before an answer")
    case let error as TargetError: return ("secret", error.message)
    default: break
    }
    let trouble = ConnectionTrouble(error)
    let type =
      switch trouble.kind {
      case .noSuchHost: "no_such_host"
      case .refused: "refused"
      case .timeout: "timeout"
      case .certificate, .wrongName: "certificate"
      case .closed: "closed"
      case .unreachable: "unreachable"
      case .handshake, .other: "failed"
      }
    return (type, trouble.configured)
  }

  private func http(_ url: String, _ expect: [Int], _ probe: ProbeSettings) async throws -> ProbeResult {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "user-agent", value: "stella-probe")
    let status = try await clients.ask(request, believing: probe.caFile, within: probe.timeout) { answer in
      // So that a service that hangs within its answer doesn't pass.
      var bytes = 0
      for try await piece in answer.body {
        bytes += piece.readableBytes
        if bytes > Self.answerBytes { break }
      }
      return Int(answer.status.code)
    }
    let isOK = expect.isEmpty ? (200...299).contains(status) : expect.contains(status)
    return ProbeResult(
      isOK: isOK, nanoseconds: 0, status: status, errorType: isOK ? nil : "http_\(status)",
      detail: isOK ? nil : "it answered \(status)")
  }

  /// PostgreSQL's protocol 3.0, as far as the first answer: a question for authentication, or an error, says that it takes
  /// connections, unless the error says that it doesn't (class 57: starting, stopping; class 53: no room).
  private func postgres(
    _ endpoint: ProbeSettings.Endpoint, _ user: String, _ timeout: Duration
  ) async throws -> ProbeResult {
    let body = [0, 3, 0, 0] + Array("user\0\(user)\0database\0postgres\0application_name\0stella-probe\0\0".utf8)
    let length = UInt32(body.count + 4)
    let start = withUnsafeBytes(of: length.bigEndian) { Array($0) } + body
    let answer = try await SocketQuestion.ask(endpoint, start, timeout, names: names) { answer in
      guard answer.count >= 5 else { return false }
      let length = answer[1...4].reduce(0) { $0 << 8 | Int($1) }
      return answer.count >= 1 + length || length > Self.answerBytes
    }
    switch answer.first {
    case UInt8(ascii: "R")?: return ProbeResult(isOK: true, nanoseconds: 0)
    case UInt8(ascii: "E")?:
      let code = answer.dropFirst(5).split(separator: 0).first { $0.first == UInt8(ascii: "C") }?.dropFirst()
      let state = String(decoding: (code ?? [])[...], as: UTF8.self)
      if state.hasPrefix("57") || state.hasPrefix("53") || state.hasPrefix("XX") {
        return ProbeResult(
          isOK: false, nanoseconds: 0, errorType: "sqlstate_\(state)",
          detail: "it takes no connection (SQLSTATE \(state))")
      }
      return ProbeResult(isOK: true, nanoseconds: 0)
    default:
      return ProbeResult(
        isOK: false, nanoseconds: 0, errorType: "protocol", detail: "it doesn't speak as PostgreSQL does")
    }
  }

  private func redis(
    _ endpoint: ProbeSettings.Endpoint, _ password: SecretReference?, _ timeout: Duration
  ) async throws -> ProbeResult {
    func command(_ words: [[UInt8]]) -> [UInt8] {
      Array("*\(words.count)\r\n".utf8) + words.flatMap { Array("$\($0.count)\r\n".utf8) + $0 + [0x0d, 0x0a] }
    }
    var send: [UInt8] = []
    if let password { send += command([Array("AUTH".utf8), try secrets.value(of: password)]) }
    send += command([Array("PING".utf8)])
    let wanted = password == nil ? 1 : 2
    let answer = try await SocketQuestion.ask(endpoint, send, timeout, names: names) { answer in
      answer.first == UInt8(ascii: "-") && answer.contains(0x0a) || answer.count { $0 == 0x0a } >= wanted
    }
    let lines = String(decoding: answer, as: UTF8.self).split(whereSeparator: \.isNewline)
    if lines.last == "+PONG" { return ProbeResult(isOK: true, nanoseconds: 0) }
    guard let error = lines.first(where: { $0.hasPrefix("-") })?.dropFirst() else {
      return ProbeResult(isOK: false, nanoseconds: 0, errorType: "protocol", detail: "it doesn't speak as Redis does")
    }
    let word = error.prefix { $0.isUppercase }
    return ProbeResult(
      isOK: false, nanoseconds: 0, errorType: word.isEmpty ? "redis_error" : "redis_" + word.lowercased(),
      detail: TextEscaping.oneLine("it answered: \(error)", limit: 200))
  }
}
