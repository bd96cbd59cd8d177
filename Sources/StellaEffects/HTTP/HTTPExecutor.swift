import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import StellaModel

/// Sends the requests of one target, each over a connection of its own that goes to the configured origin and nowhere else.
///
/// What an answer means (RFC 9110 unless said otherwise), for statuses that the effect doesn't expect:
/// - 4xx: refused, nothing was changed. But 408 is unclear, because a proxy says it of requests that went through; and 409
///   is unclear when the request had an idempotency key, because there it says that the first attempt is still going on
///   (draft-ietf-httpapi-idempotency-key-header). 425 (RFC 8470) and 429 (RFC 6585) say that nothing was begun.
/// - 3xx: unclear. Nothing is followed; 303 is the usual answer to a request that was carried out.
/// - 1xx, 2xx and 5xx: unclear. Without expected statuses each of 200 … 299 means done but 202, which is a promise only.
///
/// No connection, no such host, or a certificate that isn't believed: not applied, for nothing was sent. Whatever goes wrong
/// after that (time over, a broken connection, a body that is cut or too long) is unclear. An outcome speaks of its own
/// attempt: that a repeat was refused says nothing about the attempt before it.
package final class HTTPExecutor: EffectExecutor {
  package let settings: HTTPTargetSettings
  private let secrets: any SecretSource
  private let group: MultiThreadedEventLoopGroup

  package init(_ settings: HTTPTargetSettings, secrets: any SecretSource) {
    self.settings = settings
    self.secrets = secrets
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  }

  deinit { group.shutdownGracefully { _ in } }

  package var name: String? { settings.name }

  /// The longest of waiting for an answer, and once more as long, a minute at most, for what is on its way by then.
  package var arrival: Duration { settings.timeout + min(settings.timeout, .seconds(60)) }

  /// With the allowed origins as physical id, so that a name that is given to another server makes another plan. Whether the
  /// same machine answers there can't be told.
  package func identity() -> TargetIdentity? {
    let origins = settings.origins.map(\.description).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return TargetIdentity(name: settings.name, kind: "http", physicalID: origins.joined(separator: " "))
  }

  package func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    guard case .httpRequest(let request) = effect else {
      throw refused("An HTTP target takes http.request only, not \(effect.kind.rawValue).")
    }
    let allowed = try allowed(method: request.method, url: request.url).by
    if case .get(let url)? = request.observation?.probe { _ = try self.allowed(method: "GET", url: url) }
    try EffectBytes(target: settings.name, secrets: secrets).checkSecrets(of: effect)
    return EffectAdmission(
      isSafe: allowed.isSafe,
      reason: "\(allowed) is " + (allowed.isSafe ? "listed as safe" : "allowed, but not listed as safe"))
  }

  package func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    do throws(TargetError) {
      _ = try admit(effect)
      guard case .httpRequest(let effect) = effect else { return .notApplied("this is no request") }
      var headers = try headers(of: effect)
      if let name = effect.idempotencyHeader { headers.replaceOrAdd(name: name, value: marker.key) }
      let exchange = try send(effect.method, effect.url, headers: headers, body: try body(of: effect))
      return outcome(of: exchange, effect)
    } catch {
      return .notApplied(error.message)
    }
  }

  package func observe(_ effect: Effect) -> EffectOutcome {
    do throws(TargetError) {
      guard case .httpRequest(let effect) = effect, let observation = effect.observation,
        case .get(let url) = observation.probe
      else { return .unclear("the effect has no observation") }
      var headers = try headers(of: effect)
      for name in headers.map(\.name) where name.hasPrefix("content-") { headers.remove(name: name) }
      let exchange = try send("GET", url, headers: headers, body: nil)
      let answer = exchange.answer
      guard exchange.failure == nil, let status = answer.status else {
        return .unclear("the observation failed: \(exchange.failure ?? "no answer")")
      }
      let line = line(status, answer)
      if observation.applied.contains(status) { return .applied(line) }
      if observation.notApplied.contains(status) { return .notApplied(line) }
      return .unclear(line)
    } catch {
      return .unclear(error.message)
    }
  }

  // MARK: - What is allowed

  private func allowed(
    method: String, url: String
  ) throws(TargetError) -> (address: HTTPAddress, by: HTTPAllowedRequest) {
    let shown = TextEscaping.oneLine(url, limit: 200)
    guard let address = HTTPAddress(url) else {
      throw refused("`\(shown)` is no plain http or https URL.")
    }
    guard settings.origins.contains(address.origin) else {
      throw refused(
        "`\(shown)` goes to \(address.origin), and the target allows "
          + "\(settings.origins.map(\.description).joined(separator: ", ")).")
    }
    // The strictest of several: what one entry asks about, another can't make safe.
    let matching = settings.allowed.filter { $0.allows(method: method, address) }
    guard let by = matching.first(where: { !$0.isSafe }) ?? matching.first else {
      let list = settings.allowed.map(\.description).joined(separator: ", ")
      throw refused(
        "\(method) `\(shown)` is no request that the target allows: \(list.isEmpty ? "it allows none" : list).")
    }
    return (address, by)
  }

  private func refused(_ message: String) -> TargetError { TargetError(.refused, target: settings.name, message) }

  // MARK: - What is sent

  private func headers(of effect: Effect.HTTPRequest) throws(TargetError) -> HTTPHeaders {
    let bytes = EffectBytes(target: settings.name, secrets: secrets)
    var headers = HTTPHeaders([("user-agent", "stella")])
    for header in effect.headers {
      // Checked again with the secrets in it: a line feed would begin another header.
      guard let value = String(validating: try bytes.text(header.value), as: UTF8.self),
        value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) })
      else {
        throw refused("The header \(header.name) would have a control character, or is no UTF-8.")
      }
      headers.replaceOrAdd(name: header.name, value: value)
    }
    headers.replaceOrAdd(name: "connection", value: "close")
    return headers
  }

  private func body(of effect: Effect.HTTPRequest) throws(TargetError) -> [UInt8]? {
    let bytes = EffectBytes(target: settings.name, secrets: secrets)
    switch effect.body {
    case nil: return nil
    case .text(let text)?: return Array(text.utf8)
    case let value?: return try bytes.json(value)
    }
  }

  private struct Exchange {
    var answer: HTTPAnswer.Content
    /// Why there is no whole answer.
    var failure: String?
  }

  /// - Throws: before anything was sent, and then nothing ever is.
  private func send(
    _ method: String, _ url: String, headers: HTTPHeaders, body: [UInt8]?
  ) throws(TargetError) -> Exchange {
    let address = try allowed(method: method, url: url).address
    let answer = HTTPAnswer(limitBytes: settings.responseLimitBytes)
    var configuration = HTTPClient.Configuration.strict(
      believing: settings.caFile, connect: settings.connectTimeout)
    configuration.http1_1ConnectionDebugInitializer = { channel in
      answer.connected()
      return channel.eventLoop.makeSucceededVoidFuture()
    }
    // Made of what was checked, so that no second reading of the URL can find another host in it.
    let checked = address.origin.description + address.path + (address.query.map { "?" + $0 } ?? "")
    // A client for one request: no connection that a server is just closing is ever used again.
    let client = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: configuration)
    defer { try? client.syncShutdown() }
    do {
      let request = try HTTPClient.Request(
        url: checked, method: HTTPMethod(rawValue: method), headers: headers, body: body.map { .bytes($0) })
      let deadline = NIODeadline.now() + .nanoseconds(settings.timeout.nanoseconds)
      try client.execute(request: request, delegate: answer, deadline: deadline).wait()
      return Exchange(answer: answer.current)
    } catch {
      let content = answer.current
      let failure = AnswerExcerpt(secrets).beginning(of: Array(ConnectionTrouble(error).configured.utf8))
      guard content.isConnected else {
        throw TargetError(
          .unavailable, target: settings.name, "No connection to \(address.origin), so nothing was sent: \(failure)")
      }
      return Exchange(answer: content, failure: failure)
    }
  }

  // MARK: - What became of it

  private func outcome(of exchange: Exchange, _ effect: Effect.HTTPRequest) -> EffectOutcome {
    let answer = exchange.answer
    guard let status = answer.status else {
      return .unclear("no answer to what was sent: \(exchange.failure ?? "nothing came")")
    }
    if let failure = exchange.failure {
      return .unclear("\(status), but the answer broke off: \(failure)")
    }
    let line = line(status, answer)
    let isExpected =
      effect.expectedStatuses.isEmpty
      ? (200...299).contains(status) && status != 202 : effect.expectedStatuses.contains(status)
    if isExpected { return .applied(line) }
    switch status {
    case 408: return .unclear(line)
    case 409: return effect.idempotencyHeader == nil ? .notApplied(line) : .unclear(line)
    case 400...499: return .notApplied(line)
    default: return .unclear(line)
    }
  }

  private func line(_ status: Int, _ answer: HTTPAnswer.Content) -> String {
    let excerpt = AnswerExcerpt(secrets)
    var line = "\(status)"
    if (300...399).contains(status), let location = answer.location {
      line += " to \(excerpt.beginning(of: Array(location.utf8))), not followed"
    }
    let text = excerpt.beginning(of: answer.body)
    return text.isEmpty ? line : line + ": " + text
  }
}
