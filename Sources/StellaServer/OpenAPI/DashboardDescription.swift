import StellaModel

extension AreaDescription {
  package static let dashboard = AreaDescription(
    "dashboard", "The page that shows all of it.",
    routes: ["GET", "HEAD"].flatMap { method in
      let verb = method.lowercased()
      return [
        RouteDescription(
          method, "/", "\(verb)Dashboard", "The page, which asks the other routes for what it shows", .everybody,
          answers: [.init(200, "The page.", [.init("text/html", .text)]), .init(304, "The one that the browser has.")]),
        RouteDescription(
          method, "/assets/:name", "\(verb)DashboardFile", "One of its files", .everybody,
          parameters: [.init("name", .path, "The file's name.", .text.example(.string("style.css")))],
          answers: [
            .init(
              200, "The file.",
              ["text/html", "text/css", "text/javascript", "image/svg+xml"].map { .init($0, .text) }),
            .init(304, "The one that the browser has."),
          ], problems: [404]),
      ]
    })
}
