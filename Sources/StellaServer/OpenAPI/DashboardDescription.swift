import StellaModel

extension AreaDescription {
  package static let dashboard = AreaDescription(
    "dashboard", "A page for people, without anything in it but the program.",
    routes: [
      file("GET", "/", "dashboard", "The page", [.init("text/html", .text)]),
      file("HEAD", "/", "dashboardHead", "Whether the page has changed", []),
      file("GET", "/assets/:name", "dashboardFile", "A file of the page", contents, isNamed: true),
      file("HEAD", "/assets/:name", "dashboardFileHead", "Whether a file of the page has changed", [], isNamed: true),
    ])

  private static let contents: [RouteDescription.Content] = [
    .init("text/javascript", .text), .init("text/css", .text), .init("image/svg+xml", .text), .init("text/html", .text),
  ]

  private static func file(
    _ method: String, _ path: String, _ id: String, _ summary: String, _ contents: [RouteDescription.Content],
    isNamed: Bool = false
  ) -> RouteDescription {
    RouteDescription(
      method, path, id, summary, .everybody,
      parameters: (isNamed ? [.init("name", .path, "Such as `app.js`.")] : [])
        + [.init("if-none-match", .header, "The entity tag of what is there already.")],
      answers: [.init(200, "The file.", contents), .init(304, "It is the same as before.")],
      // A secret in a URL is refused everywhere.
      problems: [400] + (isNamed ? [404] : []))
  }
}
