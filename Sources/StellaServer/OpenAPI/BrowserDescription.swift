import StellaIntake
import StellaModel

extension AreaDescription {
  package static let browser = AreaDescription(
    "browser",
    "What pages of declared sites send from browsers; there where `server: { browser: … }` is in stella.yaml.",
    routes: BrowserEvents.Kind.allCases.flatMap { kind in
      let path = "/\(BrowserRoutes.path)/\(kind.rawValue)"
      let name = kind.rawValue.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
      return [
        RouteDescription(
          "POST", path, "send\(name)", "Measurements of a page", .everybody,
          parameters: [
            .init("origin", .header, "The site's, which browsers send.", .text.longest(256), isRequired: true)
          ],
          body: ["application/json", "text/plain"].map { .init($0, .either([.map(.any), .list(.map(.any))])) },
          answers: [.init(200, "They are durable.", [.init("application/json", .named("Accepted"))])],
          problems: [400, 403, 404, 413, 415, 429, 503]),
        RouteDescription(
          "OPTIONS", path, "preflight\(name)", "Whether a page may send them", .everybody,
          answers: [.init(204, "It may."), .init(403, "It may not.")], problems: [400, 404]),
      ]
    } + [
      RouteDescription(
        "GET", "/\(BrowserRoutes.scriptPath)", "getBrowserScript", "The script that a page includes", .everybody,
        answers: [.init(200, "The script.", [.init("text/javascript", .text)])], problems: [400, 404])
    ])
}
