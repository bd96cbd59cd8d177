import Foundation
import Synchronization
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite("Events that a server takes in")
struct ServeIntakeTests {
  private let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
  }

  /// A server that takes events, and where.
  private func serve(_ environment: [String: String] = [:]) throws -> (server: StellaProcess, url: URL) {
    let server = try directory.stella(["serve", "--output", "json"], environment: environment)
    try #require(
      server.until { $0.errors.contains("/api/v1/events\n") && $0.errors.contains("watching") }, "\(server.errors)")
    let address = try #require(server.errors.firstMatch(of: #/http://\S+/#)).0
    return (server, try #require(URL(string: String(address))))
  }

  /// A request on its way.
  private final class Post: Sendable {
    private let received = Mutex<(status: Int, body: String)?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ body: String, _ url: URL, headers: [String: String] = [:]) {
      var request = URLRequest(url: url)
      for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
      request.httpMethod = "POST"
      request.httpBody = Data(body.utf8)
      URLSession.shared.dataTask(with: request) { [self] data, response, _ in
        if let response = response as? HTTPURLResponse {
          received.withLock { $0 = (response.statusCode, String(decoding: data ?? Data(), as: UTF8.self)) }
        }
        done.signal()
      }.resume()
    }

    /// The status and the body; nil when there was no answer. To be asked for once.
    func answer() -> (status: Int, body: String)? {
      done.wait()
      return received.withLock { $0 }
    }
  }

  @Test("Events come to alerts, and what is refused is said with its reason; no file is needed beside")
  func taken() throws {
    let (server, url) = try serve()
    let answer = Post(CommandDirectory.lines(1...3), url).answer()
    #expect(answer?.status == 200 && answer?.body == "{\"accepted\":3}\n")
    #expect(server.until { $0.sequence == [1, 2, 3] }, "\(server.output)\(server.errors)")
    let refused = Post("{}\nhello\n", url).answer()
    #expect(refused?.status == 400 && refused?.body.contains("line 2") == true)
    for (body, place) in [
      ("{\"seq\":8}\n\n{\"a\":1 2}\n", "line 3"), ("{bad json}", "line 1"), ("[{\"seq\":9},\n{\"a\":1 2}]", "event 2"),
    ] {
      let refused = Post(body, url).answer()
      #expect(refused?.status == 400 && refused?.body.contains("\(place) is no JSON object") == true, "\(body)")
    }
    #expect(Post(CommandDirectory.lines(4...4), url).answer()?.status == 200)
    #expect(server.until { $0.sequence == [1, 2, 3, 4] }, "\(server.output)\(server.errors)")
    let ready = try #require(URL(string: "/ready", relativeTo: url))
    #expect(try String(contentsOf: ready, encoding: .utf8).contains("\"name\":\"intake\",\"well\":true"))
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
  }

  @Test("A declared webhook comes to an alert when it is signed with the secret that the environment has")
  func webhook() throws {
    try directory.write(
      "stella.yaml", "server: { listen: '127.0.0.1:0', webhooks: { shop: { secret: '${SHOP_SECRET}' } } }\n")
    let (server, url) = try serve(["SHOP_SECRET": "correct horse"])
    let hook = try #require(URL(string: "/api/v1/webhooks/shop", relativeTo: url))
    let body = #"{"seq":7,"level":"error"}"#
    let digits = "7c4f0133185a4be5e1c53411c1576cdacb2270687f4e0da041f7ea600f2d19fd"
    func post(_ signature: String) -> Int? {
      Post(body, hook, headers: ["Content-Type": "application/json", "X-Signature": signature]).answer()?.status
    }
    #expect(post(String(digits.reversed())) == 401 && post(digits) == 200)
    #expect(server.until { $0.sequence == [7] }, "\(server.output)\(server.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
  }

  @Test("What was acknowledged comes to an alert once, wherever the server is killed; the journal doesn't grow")
  func killed() throws {
    var acknowledged: [Int] = []
    var sent = 0
    var alerts: [String: Int] = [:]
    var firings = 0
    func gather(_ server: StellaProcess) throws {
      for line in server.lines {
        guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
          object["event"] as? String == "firing", let key = object["key"] as? [String: Any]
        else { continue }
        firings += 1
        alerts[try #require(object["id"] as? String)] = try #require(key["seq"] as? Int)
      }
    }
    func send(_ url: URL) -> (post: Post, numbers: ClosedRange<Int>) {
      let numbers = sent + 1...sent + 5
      sent += 5
      return (Post(CommandDirectory.lines(numbers), url), numbers)
    }
    for round in 0..<5 {
      let (server, url) = try serve()
      for _ in 0..<10 * (round + 1) {
        let (post, numbers) = send(url)
        try #require(post.answer()?.status == 200, "\(server.errors)")
        acknowledged += Array(numbers)
      }
      if round < 4 {
        // While more is on its way.
        let under = (0..<4).map { _ in send(url) }
        server.send(SIGKILL)
        for (post, numbers) in under where post.answer()?.status == 200 { acknowledged += Array(numbers) }
        #expect(server.status() == 128 + SIGKILL)
      } else {
        #expect(server.until { $0.sequence.last == acknowledged.last }, "\(server.errors)")
        server.send(SIGTERM)
        #expect(server.status() == 0, "\(server.errors)")
      }
      try gather(server)
    }
    let found = alerts.values.sorted()
    #expect(Set(acknowledged).subtracting(found).isEmpty, "\(acknowledged.count) acknowledged, \(found.count) found")
    #expect(found.count == Set(found).count && found.allSatisfy { $0 <= sent }, "\(found)")
    #expect(acknowledged.count >= 750 && firings >= alerts.count)
    let files = try FileManager.default.contentsOfDirectory(atPath: directory(".stella/intake"))
    #expect(files.count { $0.hasSuffix(".log") } == 1, "\(files)")
  }

  @Test(
    "Without a login only addresses of this machine are listened at, and a port that is taken is told with a remedy")
  func addresses() throws {
    try directory.write("stella.yaml", "server: { listen: '0.0.0.0:7480' }\n")
    let refused = try directory.stella(["serve"])
    #expect(refused.status() == 3 && refused.errors.contains("nobody would have to log in"), "\(refused.errors)")
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    let (server, url) = try serve()
    let port = try #require(url.port)
    try directory.write("other.yaml", "state: other\nserver: { listen: '127.0.0.1:\(port)' }\n")
    let second = try directory.stella(["serve", "--config", "other.yaml"])
    #expect(second.status() == 10 && second.errors.contains("Name another port"), "\(second.errors)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }
}
