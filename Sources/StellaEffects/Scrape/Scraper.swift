import AsyncHTTPClient
import NIOCore
import StellaModel

/// Asks endpoints for their metrics. One question at a time of each endpoint is the caller's part.
package final class Scraper: Sendable {
  private static let accept =
    "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

  private let secrets: any SecretSource
  private let clients: PollClients

  package init(secrets: any SecretSource, names: NameLookup = .system) {
    self.secrets = secrets
    clients = PollClients(keepsConnections: true, names: names)
  }

  package func end() async { await clients.end() }

  /// Comes to an end within the timeout, with whatever there was.
  package func ask(_ settings: ScrapeSettings) async -> (answer: ScrapeAnswer, nanoseconds: Int64) {
    let began = NIODeadline.now()
    let answer: ScrapeAnswer
    do {
      answer = try await get(settings)
    } catch {
      let (type, detail) = Prober.failure(error)
      answer = .failure(type: type, detail: detail, status: nil)
    }
    return (answer, (NIODeadline.now() - began).nanoseconds)
  }

  private func get(_ settings: ScrapeSettings) async throws -> ScrapeAnswer {
    var request = HTTPClientRequest(url: settings.url)
    request.headers.add(name: "user-agent", value: "stella-scrape")
    request.headers.add(name: "accept", value: Self.accept)
    if let token = settings.token {
      let value = String(decoding: try secrets.value(of: token), as: UTF8.self)
      request.headers.add(name: "authorization", value: "Bearer " + value)
    }
    return try await clients.ask(request, believing: settings.caFile, within: settings.timeout) { answer in
      let status = Int(answer.status.code)
      var bytes: [UInt8] = []
      for try await piece in answer.body {
        bytes += piece.readableBytesView
        if bytes.count > settings.limits.bytes {
          return .failure(
            type: "limit", detail: "its answer has over \(SizeText.text(settings.limits.bytes))", status: status)
        }
      }
      guard status == 200 else {
        return .failure(type: "http_\(status)", detail: "it answered \(status)", status: status)
      }
      return .body(bytes, type: answer.headers.first(name: "content-type") ?? "")
    }
  }
}
