import HTTPTypes
import Hummingbird
import NIOCore
import StellaModel

/// Lets nobody through who hasn't proven who they are, but to what is open to everybody. Comes before all routes, so that one
/// that is added later is closed.
///
/// A credential is `Authorization: Bearer …` or, of a session, the cookie. A request with the cookie has to come from a page of this
/// host, as `Origin` and `Sec-Fetch-Site` say; if it changes anything, it has to show the session's cross-site token as well, in the
/// field `stella-cross-site-token`.
struct AccessGate: RouterMiddleware {
  /// What of a URL ends up in logs and histories, and so must hold no secret.
  private static let secretNames: Set<String> = [
    "access_token", "api_key", "apikey", "auth", "authorization", "bearer", "code", "id_token", "jwt", "key_secret",
    "passwd",
    "password", "secret", "session", "token",
  ]
  static var crossSiteField: HTTPField.Name { AnswerField.name("stella-cross-site-token") }

  let authority: any AccessAuthority
  let work: RequestWork
  let cookie: AccessCookie
  let isBehindProxy: Bool
  /// Requests with a wrong credential, by address.
  let strangers = RequestRate(burst: 20, perSecond: 1)
  /// Before anything is known of them.
  let lookUps = LookUpGuard()
  /// Requests with a right one, by whose it is.
  var guests = RequestRate(burst: 200, perSecond: 100)

  func handle(
    _ request: Request, context: AccessContext, next: (Request, AccessContext) async throws -> Response
  ) async throws -> Response {
    if let refusal = Self.secretInURL(request) { return refusal }
    if Self.isOpen(request) || DashboardRoutes.isAbout(request) { return try await next(request, context) }
    let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
    let shown: Credential?
    switch credential(request.headers) {
    case .success(let found): shown = found
    case .failure(let failure): return Problem(failure, status: .badRequest).response
    }
    guard let shown else { return Self.unauthorized("log in first: stella login, or send a token.") }
    let address = Self.address(request, context, isBehindProxy: isBehindProxy)
    let isSuspect = strangers.isExhausted(address, now: now)
    guard let lookUp = lookUps.begin(shown.secret, from: address, isSuspect: isSuspect) else {
      return Self.tooMany(seconds: 1)
    }
    let identity: Identity?
    do throws(CommandFailure) {
      let authority = authority
      identity = try await work.run { () throws(CommandFailure) in
        try authority.identity(by: shown.secret, from: address, isUse: true)
      }
    } catch {
      lookUps.end(lookUp, isValid: nil)
      return Problem(error).response
    }
    lookUps.end(lookUp, isValid: identity != nil)
    guard let identity else {
      guard strangers.take(address, now: now) else { return Self.tooMany(seconds: 1) }
      return Self.unauthorized("this session or token is not valid, or no longer. Log in again: stella login")
    }
    if shown.isCookie, let refusal = crossSite(request, identity) { return refusal }
    // Events are held back by the queue that they go to.
    let isIntake = identity.sendsEvents && IntakeRoutes.Place.takes(request)
    if !isIntake, !guests.take(identity.key, now: now) { return Self.tooMany(seconds: 1) }
    var context = context
    context.identity = identity
    context.mayStillRead = { await mayStillRead(shown, identity) }
    return try await next(request, context)
  }

  /// Whether who was let in would be let in still, and see as much.
  private func mayStillRead(_ shown: Credential, _ before: Identity) async -> Bool {
    let authority = authority
    do throws(CommandFailure) {
      let found = try await work.run { () throws(CommandFailure) in
        try authority.identity(by: shown.secret, from: "", isUse: false)
      }
      guard let found, found.has(.read) else { return false }
      return found.has(.administer) || !before.has(.administer)
    } catch {
      // Too much to do at the moment says nothing about the session.
      return true
    }
  }

  // MARK: - Credentials

  private struct Credential {
    var secret: String
    var isCookie: Bool
  }

  private func credential(_ headers: HTTPFields) -> Result<Credential?, CommandFailure> {
    let fields = headers[values: .authorization]
    if fields.count > 1 { return .failure(CommandFailure(.usage, "there are several Authorization fields. Send one.")) }
    if let field = fields.first {
      let words = field.split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[0].lowercased() == "bearer" else {
        return .failure(CommandFailure(.usage, "only `Authorization: Bearer …` is taken here."))
      }
      return .success(Credential(secret: String(words[1]), isCookie: false))
    }
    let values = cookie.values(headers)
    if values.count > 1 { return .failure(CommandFailure(.usage, "there are several session cookies. Remove them.")) }
    guard let value = values.first else { return .success(nil) }
    return .success(Credential(secret: value, isCookie: true))
  }

  /// Why a request with the cookie can't be from a page of ours; nil when it can.
  private func crossSite(_ request: Request, _ identity: Identity) -> Response? {
    guard case .session = identity.caller else {
      return Self.unauthorized("a cookie holds a session, and no token.")
    }
    if let refusal = Self.foreignPage(request, isTLS: cookie.isSecure) { return refusal }
    if [.get, .head].contains(request.method) { return nil }
    let shown = request.headers[values: Self.crossSiteField]
    guard let token = identity.crossSiteToken, shown.count == 1,
      PasswordHash.areEqual(Array(shown[0].utf8), Array(token.utf8))
    else {
      return Problem(
        CommandFailure(
          .notPermitted,
          "the field stella-cross-site-token is missing or wrong. GET /api/v1/session tells it to pages of this host.")
      ).response
    }
    return nil
  }

  /// Refuses what a browser sends for a page of another site.
  ///
  /// - Parameter isTLS: whether pages of this host come over TLS alone: whoever is in between can write any other.
  static func foreignPage(_ request: Request, isTLS: Bool = false) -> Response? {
    let origins = request.headers[values: .origin]
    let isForeign = origins.contains { origin in
      let authority = request.head.authority ?? ""
      return authority.isEmpty || origin != "https://\(authority)" && (isTLS || origin != "http://\(authority)")
    }
    let site = request.headers[AnswerField.name("sec-fetch-site")]
    guard isForeign || ["cross-site", "same-site"].contains(site) else { return nil }
    return Problem(CommandFailure(.notPermitted, "a page of another site may not send this.")).response
  }

  // MARK: - The request

  private static func isOpen(_ request: Request) -> Bool {
    if BrowserRoutes.isOpen(request.method, request.uri.path) { return true }
    return switch (request.method, request.uri.path) {
    case (.get, "/health"), (.get, "/ready"), (.head, "/health"), (.head, "/ready"), (.post, "/api/v1/session"),
      (.post, "/api/v1/enrolment"):
      true
    // Who signs what it sends.
    case (.post, let path): path.hasPrefix("/\(IntakeRoutes.webhookPath)/")
    default: false
    }
  }

  private static func secretInURL(_ request: Request) -> Response? {
    // What can't be decoded is refused by the routes that look at it.
    let isSecret = request.looseQuery.contains { parameter in
      secretNames.contains(parameter.name.lowercased()) || parameter.value.contains("stella_s_")
        || parameter.value.contains("stella_t_") || TokenVerifier.isToken(parameter.value)
    }
    guard isSecret || request.uri.path.contains("stella_s_") || request.uri.path.contains("stella_t_") else {
      return nil
    }
    return Problem(
      CommandFailure(
        .usage,
        "a secret has no place in a URL, where logs keep it: take this one back. Send `Authorization: Bearer …`."),
      status: .badRequest
    ).response
  }

  /// By what attempts are counted.
  static func address(_ request: Request, _ context: AccessContext, isBehindProxy: Bool) -> String {
    let forwarded = isBehindProxy ? ClientAddress.forwarded(request.headers[AnswerField.name("x-forwarded-for")]) : nil
    return forwarded ?? ClientAddress.key(context.peer) ?? "unknown"
  }

  static func unauthorized(_ message: String) -> Response {
    var response = Problem(CommandFailure(.notPermitted, message), status: .unauthorized).response
    response.headers[.wwwAuthenticate] = "Bearer"
    return response
  }

  static func tooMany(seconds: Int64) -> Response {
    var response = Problem(
      CommandFailure(.failure, "too many requests. Try it again in \(seconds) s."), status: .tooManyRequests
    ).response
    response.headers[.retryAfter] = String(seconds)
    return response
  }
}

/// Lets only programs through that may send events.
struct EventsGate: RouterMiddleware {
  func handle(
    _ request: Request, context: AccessContext, next: (Request, AccessContext) async throws -> Response
  ) async throws -> Response {
    guard case .token(_, _, let scopes) = try context.caller().caller, scopes.contains(.eventsWrite) else {
      return Problem(
        CommandFailure(.notPermitted, "events come with a token of the scope events:write: stella tokens new")
      ).response
    }
    return try await next(request, context)
  }
}
