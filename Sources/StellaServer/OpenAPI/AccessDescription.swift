import StellaModel

extension AreaDescription {
  package static let access = AreaDescription(
    "access", "Users and tokens.",
    routes: [
      .operation(
        "GET", "/users", "listUsers", "Who is known", .administer, lines: .named("User"), meaning: "One a line."),
      .operation(
        "POST", "/users", "addUser", "Add somebody", .administer,
        body: .object(
          [
            .init("name", name), .init("roles", roles, isRequired: false), .init("groups", .texts, isRequired: false),
            .init("password", password, isRequired: false),
          ], isClosed: true),
        example: .object([
          .init("name", .string("ana")), .init("roles", .array([.string("viewer")])),
        ]), answer: .named("Named"), problems: [404, 409]),
      .operation(
        "PUT", "/users/:name/password", "setPassword",
        "Set a password: one's own with the former one, another's as an admin",
        .own, parameters: [user],
        body: .object([.init("password", password), .init("former", .text, isRequired: false)], isClosed: true),
        answer: .named("Named"), problems: [404, 409]),
      .operation(
        "PUT", "/users/:name/roles", "setRoles", "Say what somebody may do", .administer, parameters: [user],
        body: .object([.init("roles", roles), .init("groups", .texts, isRequired: false)], isClosed: true),
        answer: .named("Named"), problems: [404, 409]),
      .operation(
        "PUT", "/users/:name/disabled", "setDisabled", "Let somebody in no longer, or again", .administer,
        parameters: [user], body: .object([.init("disabled", .flag)], isClosed: true), answer: .named("Named"),
        problems: [404, 409]),
      .operation(
        "GET", "/tokens", "listTokens", "Tokens, without their secrets", .administer, lines: .named("Token"),
        meaning: "One a line."),
      .operation(
        "POST", "/tokens", "newToken", "Make a token; its secret is in this one answer", .administer,
        body: .object(
          [
            .init("name", name), .init("scopes", .list(scope), isRequired: false),
            .init("for", .text.meaning("Up to 366d.").example(.string("90d"))),
          ], isClosed: true), answer: .named("NewToken"), problems: [404, 409]),
      .operation(
        "DELETE", "/tokens/:name", "revokeToken", "End a token", .administer,
        parameters: [.init("name", .path, "The token's name.")], answer: .named("Named"), problems: [404, 409]),
    ],
    schemas: [
      ("Named", .object([.init("name", .text)])),
      (
        "User",
        .object([
          .init("name", .text), .init("roles", .texts), .init("groups", .texts),
          .init("source", .oneOf(["configuration", "store"])), .init("password", .flag), .init("disabled", .flag),
        ])
      ), ("Token", .object(token)),
      ("NewToken", .object(token + [.init("token", .text.meaning("The secret."))])),
    ])

  private static let name = Schema.text.meaning("a…z, 0…9, `.`, `_` and `-`.").example(.string("ana"))
  private static let roles = Schema.list(.oneOf(["viewer", "editor", "approver", "admin"]))
  private static let scope = Schema.oneOf(APIToken.Scope.allCases.map(\.rawValue))
  private static let password = Schema.text.shortest(12)
  private static let user = RouteDescription.Parameter("name", .path, "The user's name.")

  private static let token: [Schema.Property] = [
    .init("name", .text), .init("prefix", .text), .init("scopes", .list(scope)), .init("owner", .text),
    .init("created", .time), .init("expires", .time), .init("used", .time.orNull), .init("revoked", .time.orNull),
    .init("valid", .flag),
  ]

  private static let cookie = Schema.Property(
    "cookie", .flag.meaning("Puts the secret into a cookie, and not into the answer."), isRequired: false)

  package static let session = AreaDescription(
    "session", "Logging in and out.",
    routes: [
      RouteDescription(
        "POST", "/api/v1/session", "logIn", "Begin a session", .everybody,
        body: [
          .init(
            "application/json",
            .either([
              .object([.init("user", .text), .init("password", .text), cookie], isClosed: true),
              .object(
                [
                  .init("id_token", .text.meaning("Of the OpenID provider that the configuration names.")), cookie,
                ], isClosed: true),
            ]))
        ], answers: [.init(201, "The session.", [.init("application/json", .named("Session"))])],
        problems: [400, 401, 403, 413, 415, 429, 500, 503]),
      RouteDescription(
        "POST", "/api/v1/enrolment", "enrol", "Make the first admin, with the code that the server printed", .everybody,
        body: [
          .init(
            "application/json",
            .object(
              [
                .init("code", .text), .init("user", .text), .init("password", password),
                .init("cookie", .flag, isRequired: false),
              ], isClosed: true))
        ], answers: [.init(201, "The session.", [.init("application/json", .named("Session"))])],
        problems: [400, 401, 403, 409, 413, 415, 429, 500, 503]),
      RouteDescription(
        "GET", "/api/v1/session", "getSession", "Who is logged in", .known,
        answers: [.init(200, "The session.", [.init("application/json", .named("Session"))])]),
      RouteDescription(
        "DELETE", "/api/v1/session", "logOut", "End the session", .known, answers: [.init(204, "It is over.")]),
    ],
    schemas: [
      (
        "Session",
        .object([
          .init("user", .text), .init("roles", .texts), .init("until", .time),
          .init("session", .text.meaning("The secret."), isRequired: false),
          .init("cross_site_token", .text, isRequired: false),
        ])
      )
    ])
}
