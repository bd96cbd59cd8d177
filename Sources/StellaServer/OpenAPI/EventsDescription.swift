import StellaArchive
import StellaModel

extension AreaDescription {
  package static let events = AreaDescription(
    "events", "Events that were kept.",
    routes: [
      RouteDescription(
        "GET", "/api/v1/events", "listEvents", "Events, newest first; `Stella-Next` says what `after` goes on with",
        .right(.read), parameters: filters + [order, limit, after],
        answers: [
          .init(
            200, "Events, one a line.", [.init("application/x-ndjson", .list(.named("KeptEvent")))],
            headers: [AnswerField.next, EventRoutes.damagedName])
        ], problems: problems),
      RouteDescription(
        "GET", "/api/v1/events/export", "exportEvents", "All events that a filter wants, oldest first, as a file",
        .right(.read),
        parameters: [.init("format", "What the file is.", .oneOf(["json", "csv"]).standard(.string("json")))] + filters
          + [order, after],
        answers: [
          .init(
            200, "Events, one a line; the trailer `\(EventRoutes.damagedName)` says that blocks could not be read.",
            [.init("application/x-ndjson", .list(.named("KeptEvent"))), .init("text/csv", .text)])
        ], problems: problems),
      RouteDescription(
        "GET", "/api/v1/events/series", "countEvents",
        "Events counted in steps of time, or quantiles of how long things took", .right(.read),
        parameters: [
          since, until, .init("step", "Whole minutes.", .text.longest(64).example(.string("5m"))),
          .init("by", "Count for each of these apart.", .oneOf(SeriesQuery.Group.allCases.map(\.rawValue))),
          .init("field", "Quantiles of this instead of counts.", .oneOf(SeriesQuery.Field.allCases.map(\.rawValue))),
          level, service,
        ],
        answers: [.init(200, "Steps, one a line.", [.init("application/x-ndjson", .list(.named("SeriesStep")))])],
        problems: problems),
    ],
    schemas: [
      (
        "KeptEvent",
        .object([.init("id", .any, isRequired: false), .init("time", .time, isRequired: false)])
      ),
      (
        "SeriesStep",
        .object([
          .init("time", .time), .init("total", .count, isRequired: false),
          .init("counts", .map(.count), isRequired: false), .init("service", .text, isRequired: false),
          .init("count", .count, isRequired: false), .init("p50", .number.orNull, isRequired: false),
          .init("p95", .number.orNull, isRequired: false), .init("p99", .number.orNull, isRequired: false),
        ])
      ),
    ])

  private static let problems = [400, 404, 503]
  private static let since = RouteDescription.Parameter(
    "since", "A time, or how long ago.", .text.longest(64).example(.string("1h")))
  private static let until = RouteDescription.Parameter(
    "until", "Before then.", .text.longest(64).example(.string("5m")))
  private static let level = RouteDescription.Parameter(
    "level", "Events of at least this level.", .oneOf(LogLevel.allCases.map(\.name)))
  private static let service = RouteDescription.Parameter(
    "service", "Events of these services, with commas between.", .text.longest(256))
  private static let filters: [RouteDescription.Parameter] = [
    since, until,
    .init("search", "Events whose line holds this text, whatever the case of its letters.", .text.longest(256)),
    .init("where", "Events for which a condition holds, as in rules.", .text.longest(512)), level, service,
  ]
  private static let order = RouteDescription.Parameter(
    "order", "What comes first.", .oneOf(EventQuery.Order.allCases.map(\.rawValue)))
  private static let limit = RouteDescription.Parameter(
    "limit", "The most that are given.", .integer.atLeast(1).atMost(1000).standard(.integer(100)))
  private static let after = RouteDescription.Parameter("after", "Behind the event with this id.", .count)
}
