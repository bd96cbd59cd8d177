import StellaModel

/// The description of all routes for programs: OpenAPI 3.1.
package struct OpenAPIDocument: Sendable {
  /// In the order in which they are shown.
  package static let areas: [AreaDescription] = [
    .alerts, .runs, .rules, .fixes, .engine, .log, .events, .stream, .notifications, .intake, .session, .access,
    .system, .browser, .dashboard,
  ]

  private static let schemas: [(name: String, schema: Schema)] = [
    (
      "Problem",
      Schema.object([
        .init("type", .text), .init("title", .text),
        .init("status", .integer.meaning("The status of the answer.")),
        .init("detail", .text.meaning("What happened, and what to do.")),
        .init("exit_status", .integer.meaning("How the command ends that asks for the same.")),
      ]).meaning("Why something was not done (RFC 9457).")
    ),
    (
      "Remark",
      Schema.object([.init("by", .text), .init("time", .time), .init("reason", .text)])
        .meaning("What a person said, and when.")
    ),
    ("Digest", Schema.text("^sha256:[0-9a-f]{64}$")),
  ]

  package let areas: [AreaDescription]
  package let version: String

  /// - Parameter version: of the program.
  package init(_ areas: [AreaDescription] = OpenAPIDocument.areas, version: String) {
    (self.areas, self.version) = (areas, version)
  }

  package var json: FieldValue {
    .object([
      .init("openapi", .string("3.1.0")),
      .init(
        "info",
        .object([
          .init("title", .string("Stella")), .init("version", .string(version)),
          .init("summary", .string("Watches logs, says what goes wrong, and repairs what it may.")),
          .init("description", .string(Self.introduction)),
          .init(
            "license",
            .object([.init("name", .string("Apache-2.0")), .init("identifier", .string("Apache-2.0"))])),
        ])), .init("servers", .array([.object([.init("url", .string("/"))])])),
      .init(
        "tags",
        .array(
          areas.map {
            .object([.init("name", .string($0.name)), .init("description", .string($0.meaning))])
          })), .init("paths", .object(paths)),
      .init(
        "components",
        .object([
          .init(
            "schemas",
            .object((Self.schemas + areas.flatMap(\.schemas)).map { .init($0.name, $0.schema.json) })),
          .init("headers", .object(Self.headerMembers)),
          .init("securitySchemes", .object(Self.security)),
        ])),
    ])
  }

  private static let introduction =
    "Whatever the command line does about alerts, runs and their approval has a route here, and is done by the same code. Lists "
    + "are JSON objects one a line (application/x-ndjson); their schemas are those of an array of the lines. What is refused is an "
    + "application/problem+json; so is 404 for a path that no route has, and 405, with `Allow`, for a method that a path doesn't have. With `Accept: text/plain` most routes answer what the command prints. Where nobody logs in, the "
    + "routes that only show something are there for programs of the same machine, with personal data masked; every route answers 421 "
    + "there where `Host` is none of localhost, and 403 to pages of other sites."

  /// Of answers, by the names that ``RouteDescription/Answer/headers`` has.
  private static let headers: [(name: String, meaning: String, schema: Schema)] = [
    (AnswerField.status, "How the command ends that asks for the same.", .integer),
    (AnswerField.run, "The id of the run that it is about, with escapes as in URLs.", .text),
    (AnswerField.state, "Where that run is.", .oneOf(RunState.allCases.map(\.rawValue))),
    (AnswerField.note, "What is to be said besides, with escapes as in URLs; may be there several times.", .text),
    (AnswerField.hint, "The same of what is only good to know.", .text),
    (AnswerField.next, "What the next page goes on with; as long as there is more.", .integer),
    (EventRoutes.damagedName, "Blocks of events that could not be read, and are missing here.", .count),
    ("retry-after", "Seconds.", .integer),
  ]

  private static var headerMembers: [FieldValue.Member] {
    headers.map { header in
      FieldValue.Member(
        header.name, .object([.init("description", .string(header.meaning)), .init("schema", header.schema.json)]))
    }
  }

  private static let security: [FieldValue.Member] = [
    .init(
      "bearer",
      .object([
        .init("type", .string("http")), .init("scheme", .string("bearer")),
        .init(
          "description",
          .string(
            "The secret of a session (`POST /api/v1/session`), a token, or one of the OpenID provider that the configuration names."
          )),
      ])),
    .init(
      "cookie",
      .object([
        .init("type", .string("apiKey")), .init("in", .string("cookie")), .init("name", .string("__Host-stella")),
        .init(
          "description",
          .string(
            "Of a session that was begun with `cookie: true`; without TLS it is called `stella`. Only pages of the same host may send "
              + "it, and what changes something needs the header stella-cross-site-token besides.")),
      ])),
    .init(
      "crossSite",
      .object([
        .init("type", .string("apiKey")), .init("in", .string("header")),
        .init("name", .string("stella-cross-site-token")),
        .init("description", .string("What `GET /api/v1/session` tells pages of this host.")),
      ])),
  ]

  // MARK: - Routes

  private var paths: [FieldValue.Member] {
    var members: [(path: String, operations: [FieldValue.Member])] = []
    for area in areas {
      for route in area.routes {
        let path = Self.template(route.path)
        let operation = FieldValue.Member(route.method.lowercased(), operation(route, area))
        if let place = members.firstIndex(where: { $0.path == path }) {
          members[place].operations.append(operation)
        } else {
          members.append((path, [operation]))
        }
      }
    }
    return members.map { .init($0.path, .object($0.operations)) }
  }

  /// `/runs/{id}` of `/runs/:id`.
  static func template(_ path: String) -> String {
    let parts = path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }
    return parts.isEmpty ? "/" : parts.joined()
  }

  private func operation(_ route: RouteDescription, _ area: AreaDescription) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("operationId", .string(route.id)), .init("summary", .string(route.summary)),
      .init("tags", .array([.string(area.name)])),
    ]
    if let needs = Self.needs(route.access) { members.append(.init("description", .string(needs))) }
    if !route.parameters.isEmpty { members.append(.init("parameters", .array(route.parameters.map(Self.parameter)))) }
    if !route.body.isEmpty {
      members.append(
        .init("requestBody", .object([.init("required", .bool(true)), .init("content", Self.content(route.body))])))
    }
    members.append(.init("responses", .object(Self.answers(route))))
    members.append(.init("security", Self.security(route)))
    return .object(members)
  }

  private static func needs(_ access: RouteDescription.Access) -> String? {
    switch access {
    case .everybody: nil
    case .known: "For everybody who has logged in."
    case .events: "Needs a token of the scope events:write."
    case .signed: "Needs a signature over the body."
    case .right(let right):
      "Needs the role \(right.roles.sorted().joined(separator: " or "))"
        + (right.scope.map { ", or a token of the scope \($0.rawValue)." } ?? ".")
    }
  }

  private static func security(_ route: RouteDescription) -> FieldValue {
    let bearer = FieldValue.object([.init("bearer", .array([]))])
    let token = FieldValue.Member("crossSite", .array([]))
    let cookie = FieldValue.object(
      [.init("cookie", .array([]))] + (["GET", "HEAD"].contains(route.method) ? [] : [token]))
    return switch route.access {
    case .everybody, .signed: .array([])
    case .events: .array([bearer])
    case .known, .right: .array([bearer, cookie])
    }
  }

  private static func parameter(_ parameter: RouteDescription.Parameter) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("name", .string(parameter.name)), .init("in", .string(parameter.place.rawValue)),
      .init("description", .string(parameter.meaning)), .init("required", .bool(parameter.isRequired)),
    ]
    if parameter.isRepeated {
      members += [.init("style", .string("form")), .init("explode", .bool(true))]
      members.append(.init("schema", Schema.list(parameter.schema).json))
    } else {
      members.append(.init("schema", parameter.schema.json))
    }
    return .object(members)
  }

  private static func content(_ contents: [RouteDescription.Content]) -> FieldValue {
    .object(
      contents.map { content in
        var members: [FieldValue.Member] = []
        if let schema = content.schema { members.append(.init("schema", schema.json)) }
        if let example = content.example { members.append(.init("example", example)) }
        return .init(content.type, .object(members))
      })
  }

  private static func answers(_ route: RouteDescription) -> [FieldValue.Member] {
    var answers = route.answers
    for status in route.problemStatuses where !answers.contains(where: { $0.status == status }) {
      answers.append(
        .init(
          status, meaning(status), [.init(Problem.mediaType, .named("Problem"))],
          headers: [429, 503].contains(status) ? ["retry-after"] : []))
    }
    return answers.sorted { $0.status < $1.status }.map { answer in
      var members: [FieldValue.Member] = [.init("description", .string(answer.meaning))]
      if !answer.headers.isEmpty {
        let references = answer.headers.map { name in
          FieldValue.Member(name, .object([.init("$ref", .string("#/components/headers/\(name)"))]))
        }
        members.append(.init("headers", .object(references)))
      }
      if !answer.contents.isEmpty { members.append(.init("content", content(answer.contents))) }
      return .init(String(answer.status), .object(members))
    }
  }

  private static func meaning(_ status: Int) -> String {
    switch status {
    case 400: "The request makes no sense; `detail` says why."
    case 401: "Nobody has logged in, or no longer."
    case 403: "Not allowed."
    case 404: "There is no such thing."
    case 409: "It is in another state, or was decided already."
    case 413: "The body is too large."
    case 415: "The body comes in a form that is not taken."
    case 421: "Only localhost is served here."
    case 422: "A rule or fix is broken; what was in use stays in use."
    case 423: "All effects are stopped."
    case 426: "This is no WebSocket handshake."
    case 429: "Too many requests; `Retry-After` says when to come again."
    case 503: "It can't be done now; a retry may help."
    default: "It went wrong."
    }
  }
}
