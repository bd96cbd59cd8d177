import HTTPTypes
import Hummingbird
import NIOCore
import StellaModel

/// Logging in and out, under `/api/v1`:
///
///     POST   /session    {"user","password","cookie":true}    open to everybody
///                        {"id_token","cookie":true}           the same, with the token of an OpenID provider
///     POST   /enrolment  {"code","user","password"}           open to everybody; makes the first admin
///     GET    /session    who is logged in, and what pages need to show
///     DELETE /session    ends it
///
/// With `cookie` the session's secret is in a cookie and in no body; without, it is in the body of this one answer.
struct SessionRoutes: Sendable {
  private static let bodyLimit = 20 << 10

  let authority: any AccessAuthority
  /// Few threads: each login takes memory and time on purpose.
  let work: RequestWork
  let attempts: LoginGuard
  let cookie: AccessCookie
  let isBehindProxy: Bool

  func add(to routes: RouterGroup<AccessContext>) {
    routes.post("session") { request, context in
      try await begin(request, context) { members, address throws(CommandFailure) in
        if let token = try members.optionalText("id_token") {
          return (
            // Those who guess nothing don't keep others out.
            "oidc \(address)",
            { authority throws(CommandFailure) in try authority.logIn(token: token, address: address) }
          )
        }
        let user = try members.text("user")
        let password = try members.text("password")
        return (
          user,
          { authority throws(CommandFailure) in
            try authority.logIn(user, password: password, address: address)
          }
        )
      }
    }
    routes.post("enrolment") { request, context in
      try await begin(request, context) { members, address throws(CommandFailure) in
        let code = try members.text("code")
        let user = try members.text("user")
        let password = try members.text("password")
        return (
          "enrolment",
          { authority throws(CommandFailure) in
            try authority.enrol(user, password: password, code: code, address: address)
          }
        )
      }
    }
    routes.get("session") { request, context in
      let identity = try context.caller()
      guard case .session = identity.caller else { return Self.noSession }
      return Self.answer(identity, secret: nil, status: .ok, showsToken: true)
    }
    routes.delete("session") { _, context in
      let identity = try context.caller()
      guard case .session = identity.caller else { return Self.noSession }
      do throws(CommandFailure) {
        let authority = authority
        try await work.run { () throws(CommandFailure) in try authority.logOut(identity) }
      } catch {
        return Problem(error).response
      }
      return Response(status: .noContent, headers: [.setCookie: cookie.removal])
    }
  }

  private static var noSession: Response {
    Problem(CommandFailure(.notPermitted, "this is a token and no session: stella tokens revoke ends it.")).response
  }

  private typealias Attempt = @Sendable (any AccessAuthority) throws(CommandFailure) -> LoginGrant?

  private func begin(
    _ request: Request, _ context: AccessContext,
    _ read: (inout RequestMembers, String) throws(CommandFailure) -> (name: String, attempt: Attempt)
  ) async throws -> Response {
    if let refusal = AccessGate.foreignPage(request, isTLS: cookie.isSecure) { return refusal }
    // A form of another site could send any other type.
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
      return Problem(
        CommandFailure(.usage, "the body must come as application/json."), status: .unsupportedMediaType
      ).response
    }
    let body: ByteBuffer
    do {
      body = try await request.body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      return Problem(CommandFailure(.usage, "the body is over 20 KiB."), status: .contentTooLarge).response
    }
    let address = AccessGate.address(request, context, isBehindProxy: isBehindProxy)
    do throws(CommandFailure) {
      var members = try RequestMembers(body)
      let (name, attempt) = try read(&members, address)
      let isForBrowser = try members.flag("cookie")
      try members.end()
      let wait = attempts.begin(
        address: address, name: name, now: Int64(clamping: NIODeadline.now().uptimeNanoseconds))
      guard wait == 0 else { return AccessGate.tooMany(seconds: (wait + 999_999_999) / 1_000_000_000) }
      let authority = authority
      guard let grant = try await work.run({ () throws(CommandFailure) in try attempt(authority) }) else {
        return AccessGate.unauthorized("user and password, the code or the token don't fit.")
      }
      attempts.succeeded(address: address, name: name)
      var response = Self.answer(
        grant.identity, secret: isForBrowser ? nil : grant.secret, status: .created, showsToken: isForBrowser)
      if isForBrowser { response.headers[.setCookie] = cookie.set(grant.secret, seconds: Self.cookieSeconds) }
      return response
    } catch {
      return Problem(error).response
    }
  }

  /// The server ends sessions; a cookie that outlives one is of no use.
  private static let cookieSeconds = 7 * 86_400

  private static func answer(
    _ identity: Identity, secret: String?, status: HTTPResponse.Status, showsToken: Bool
  ) -> Response {
    var members: [FieldValue.Member] = [
      .init("user", .string(identity.person)), .init("roles", .array(identity.roles.sorted().map { .string($0) })),
      .init("until", .string(Timestamp.text(identity.until))),
    ]
    if let secret { members.append(.init("session", .string(secret))) }
    if showsToken, let token = identity.crossSiteToken { members.append(.init("cross_site_token", .string(token))) }
    return Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: FieldValue.object(members).json + "\n")))
  }
}
