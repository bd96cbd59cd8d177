import StellaModel
import Testing

@Suite("What a target allows to be requested")
struct HTTPAllowedRequestTests {
  static func isAllowed(_ path: String, by declaration: String) throws -> Bool {
    let address = try #require(HTTPAddress("https://host" + path))
    return try HTTPAllowedRequest(method: "GET", path: declaration, isSafe: false).allows(method: "GET", address)
  }

  @Test(
    "A path is allowed as it is declared",
    arguments: [
      ("/", "/"), ("", "/"), ("/a/b", "/a/b"), ("/a/", "/a/"), ("/v1/jobs/7", "/v1/{jobs|queues}/{word}"),
      ("/v1/queues/user@example.org:x_y~z.-", "/v1/{jobs|queues}/{word}"), ("/a?x=1&y=b", "/a?x=1&y={word}"),
      ("/a?x=eu", "/a?x={eu|us}"), ("/a?x=", "/a?x="), ("/a+b,c", "/a+b,c"),
    ])
  func allowed(path: String, declaration: String) throws {
    #expect(try Self.isAllowed(path, by: declaration))
  }

  @Test(
    "Any other path is not",
    arguments: [
      ("/a", "/"), ("/a", "/a/"), ("/a/", "/a"), ("/A", "/a"), ("/a/b/c", "/a/{word}"), ("/a", "/a/{word}"),
      ("/a/", "/a/{word}"), ("/a/.", "/a/{word}"), ("/a/..", "/a/{word}"), ("/a/b%20c", "/a/{word}"),
      ("/a/b;c", "/a/{word}"), ("/a/b+c", "/a/{word}"), ("/a/" + String(repeating: "b", count: 257), "/a/{word}"),
      ("/v1/others/7", "/v1/{jobs|queues}/{word}"), ("/v1/jobs|queues/7", "/v1/{jobs|queues}/{word}"), ("/a?", "/a"),
      ("/a?x=1", "/a"), ("/a", "/a?x=1"), ("/a?y=b&x=1", "/a?x=1&y={word}"), ("/a?x=1&y=b&y=c", "/a?x=1&y={word}"),
      ("/a?x=1&y=b%26z", "/a?x=1&y={word}"), ("/a?x=1&y=", "/a?x=1&y={word}"), ("/a?x=1&y", "/a?x=1&y={word}"),
    ])
  func refused(path: String, declaration: String) throws {
    // Braces, bars and the like are no part of a URL at all.
    guard let address = HTTPAddress("https://host" + path) else { return }
    #expect(
      try !HTTPAllowedRequest(method: "GET", path: declaration, isSafe: false).allows(method: "GET", address))
  }

  @Test("Another method is not allowed")
  func method() throws {
    let address = try #require(HTTPAddress("https://host/a"))
    let allowed = try HTTPAllowedRequest(method: "PUT", path: "/a", isSafe: true)
    #expect(allowed.allows(method: "PUT", address) && !allowed.allows(method: "POST", address))
    #expect(allowed.description == "PUT /a")
  }

  @Test(
    "A declaration that could mean more than it says is refused",
    arguments: [
      ("get", "/a"), ("HEAD", "/a"), ("GET", ""), ("GET", "a"), ("GET", "//a"), ("GET", "/a//b"), ("GET", "/../a"),
      ("GET", "/./a"), ("GET", "/a%2fb"), ("GET", "/a b"), ("GET", "/a#b"), ("GET", "/a\\b"), ("GET", "/é"),
      ("GET", "/{}"), ("GET", "/{any}"), ("GET", "/x{word}"), ("GET", "/{a|}"), ("GET", "/{a|..}"), ("GET", "/{a|b%}"),
      ("GET", "/a?"), ("GET", "/a?x"), ("GET", "/a?=1"), ("GET", "/a?x=1&"), ("GET", "/a?{word}=1"),
      ("GET", "/a?x=y=z"),
    ])
  func declarations(method: String, path: String) {
    let error = #expect(throws: HTTPDeclarationError.self) {
      try HTTPAllowedRequest(method: method, path: path, isSafe: true)
    }
    #expect(error?.message.last.map(".*?".contains) == true)
  }

  @Test("An origin is a scheme, a host and a port, in one spelling")
  func origins() {
    #expect(HTTPOrigin("https://Billing.Internal")?.description == "https://billing.internal:443")
    #expect(HTTPOrigin("http://127.0.0.1:8080/")?.description == "http://127.0.0.1:8080")
    #expect(HTTPOrigin("http://[::1]:8080")?.description == "http://[::1]:8080")
    #expect(HTTPOrigin("https://a") == HTTPOrigin("https://A:443"))
    for text in [
      "", "billing.internal", "ftp://a", "https://", "https://a/b", "https://a?b", "https://u@a", "https://a:0",
      "https://a:65536", "https://a:+1", "https://a:", "https://[::1", "https://[fe80::1%25eth0]", "https://a b",
      "https://é", "https://a%2eb", "HTTPS://a", "https://[a]",
    ] {
      #expect(HTTPOrigin(text) == nil, "\(text)")
    }
  }
}
