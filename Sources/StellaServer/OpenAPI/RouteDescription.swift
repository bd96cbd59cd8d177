import StellaModel

/// A route as the OpenAPI document has it. Whoever adds a route adds one of these, in the file of its area.
package struct RouteDescription: Sendable {
  /// Who may ask.
  package enum Access: Sendable, Hashable {
    case everybody
    /// Whoever has logged in, or a token.
    case known
    case right(OperatorRequest.Right)
    /// A token of the scope `events:write`.
    case events
    /// Whoever signs what it sends.
    case signed
  }

  package struct Parameter: Sendable {
    package enum Place: String, Sendable { case path, query, header }

    package var name: String
    package var place: Place
    package var meaning: String
    package var schema: Schema
    package var isRequired: Bool
    /// Whether it may be given several times.
    package var isRepeated: Bool

    /// One of the query.
    package init(
      _ name: String, _ meaning: String, _ schema: Schema = .text, isRequired: Bool = false, isRepeated: Bool = false
    ) {
      self.init(name, .query, meaning, schema, isRequired: isRequired, isRepeated: isRepeated)
    }

    /// How many lines of a list are given.
    package static func limit(_ meaning: String, standard: Int64? = nil) -> Parameter {
      let schema = Schema.integer.atLeast(1).atMost(Int64(OperatorRequest.mostListed))
      return Parameter("limit", meaning, standard.map { schema.standard(.integer($0)) } ?? schema)
    }

    package init(
      _ name: String, _ place: Place, _ meaning: String, _ schema: Schema = .text, isRequired: Bool = false,
      isRepeated: Bool = false
    ) {
      (self.name, self.place, self.meaning, self.schema) = (name, place, meaning, schema)
      self.isRequired = isRequired || place == .path
      self.isRepeated = isRepeated
    }
  }

  /// A body in one of its forms.
  package struct Content: Sendable {
    package var type: String
    package var schema: Schema?
    package var example: FieldValue?

    package init(_ type: String, _ schema: Schema? = nil, example: FieldValue? = nil) {
      (self.type, self.schema, self.example) = (type, schema, example)
    }
  }

  package struct Answer: Sendable {
    package var status: Int
    package var meaning: String
    package var contents: [Content]
    /// Names of header fields that it may have, of those that the document describes.
    package var headers: [String]

    package init(_ status: Int = 200, _ meaning: String, _ contents: [Content] = [], headers: [String] = []) {
      (self.status, self.meaning, self.contents, self.headers) = (status, meaning, contents, headers)
    }
  }

  package var method: String
  /// As the router has it, such as `/api/v1/runs/:id`.
  package var path: String
  /// Stable; what generated clients call it.
  package var id: String
  package var summary: String
  package var access: Access
  package var parameters: [Parameter] = []
  package var body: [Content] = []
  package var answers: [Answer]
  /// Statuses that come as ``Problem``, besides those of ``access``.
  package var problems: [Int] = []

  package init(
    _ method: String, _ path: String, _ id: String, _ summary: String, _ access: Access, parameters: [Parameter] = [],
    body: [Content] = [], answers: [Answer], problems: [Int] = []
  ) {
    (self.method, self.path, self.id, self.summary, self.access) = (method, path, id, summary, access)
    (self.parameters, self.body, self.answers, self.problems) = (parameters, body, answers, problems)
  }
}

extension RouteDescription {
  /// What an operator asks for: JSON, of lists one object a line, or what the command prints.
  ///
  /// - Parameters:
  ///   - path: below `/api/v1`.
  ///   - lines: what a line of a list is.
  package static func operation(
    _ method: String, _ path: String, _ id: String, _ summary: String, _ right: OperatorRequest.Right,
    parameters: [Parameter] = [], body: Schema? = nil, example: FieldValue? = nil, answer: Schema? = nil,
    lines: Schema? = nil, meaning: String = "Done.", isPaged: Bool = false, alsoAccepted: Bool = false,
    problems: [Int] = []
  ) -> RouteDescription {
    let contents =
      [answer.map { Content("application/json", $0) }, lines.map { Content("application/x-ndjson", .list($0)) }]
      .compactMap(\.self) + [Content("text/plain", .text)]
    let headers =
      [AnswerField.status, AnswerField.run, AnswerField.state, AnswerField.note, AnswerField.hint]
      + (isPaged ? [AnswerField.next] : [])
    var answers = [Answer(200, meaning, contents, headers: headers)]
    if alsoAccepted { answers.append(Answer(202, "Recorded; more votes are needed.", contents, headers: headers)) }
    return RouteDescription(
      method, "/api/v1" + path, id, summary, .right(right), parameters: parameters,
      body: body.map { [Content("application/json", $0, example: example)] } ?? [], answers: answers,
      problems: [400, 413, 503] + problems)
  }

  /// The statuses of all problems.
  var problemStatuses: [Int] {
    let known =
      switch access {
      case .everybody, .signed: [Int]()
      // 500: who asks is looked up in a store, which may be damaged.
      case .known, .right, .events: [400, 401, 403, 429, 500, 503]
      }
    return Set(problems + known).sorted()
  }
}

/// Routes that belong together, with the schemas that they have in common.
package struct AreaDescription: Sendable {
  package var name: String
  package var meaning: String
  package var routes: [RouteDescription]
  package var schemas: [(name: String, schema: Schema)]

  package init(
    _ name: String, _ meaning: String, routes: [RouteDescription], schemas: [(name: String, schema: Schema)] = []
  ) {
    (self.name, self.meaning, self.routes, self.schemas) = (name, meaning, routes, schemas)
  }
}
