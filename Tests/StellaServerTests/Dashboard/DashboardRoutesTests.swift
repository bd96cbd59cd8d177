import Foundation
import Testing

@testable import StellaServer

@Suite("The dashboard's files")
struct DashboardRoutesTests {
  private let client: RouterClient

  init() {
    client = RouterClient()
    DashboardRoutes().add(to: client.router)
  }

  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Sources/CStellaDashboard/Assets")

  @Test("The binary holds every file as it is in the sources, and no other")
  func whole() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(names) == Set(DashboardAsset.all.keys))
    for (name, asset) in DashboardAsset.all {
      let source = try Data(contentsOf: Self.folder.appendingPathComponent(name))
      #expect(Data(asset.body.readableBytesView) == source, "\(name)")
    }
  }

  @Test("The page comes with a policy that allows nothing from elsewhere and nothing inline, and isn't sent twice")
  func page() async throws {
    let page = try await client.get("/")
    #expect(
      page.status == 200 && page.type == "text/html; charset=utf-8" && page.body.contains("<title>Stella</title>"))
    let policy = try #require(page.headers["content-security-policy"])
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"))
    #expect(page.headers["x-content-type-options"] == "nosniff" && page.headers["cache-control"] == "no-cache")
    let tag = try #require(page.headers["etag"])
    for field in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
      let again = try await client.send("GET", "/", headers: [("if-none-match", field)])
      #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag, "\(field)")
    }
    #expect(try await client.send("GET", "/", headers: [("if-none-match", "\"other\"")]).status == 200)
    let head = try await client.send("HEAD", "/")
    #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == String(page.body.utf8.count))
  }

  @Test(
    "Files have their types, and nothing but the dashboard's own is there",
    arguments: [
      ("app.js", 200, "text/javascript; charset=utf-8"), ("style.css", 200, "text/css; charset=utf-8"),
      ("icon.svg", 200, "image/svg+xml"), ("nothing.js", 404, Problem.mediaType),
      ("..%2fapp.js", 404, Problem.mediaType),
    ])
  func files(_ name: String, _ status: Int, _ type: String) async throws {
    let answer = try await client.get("/assets/\(name)")
    #expect(answer.status == status && answer.type == type)
  }

  @Test("Scripts make no markup of text, and the page has nothing inline")
  func noMarkup() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: Self.folder.path) {
      let text = try String(contentsOf: Self.folder.appendingPathComponent(name), encoding: .utf8)
      for word in [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
      ] {
        #expect(!text.contains(word), "\(name): \(word)")
      }
      if name.hasSuffix(".html") {
        #expect(text.matches(of: /<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=/).isEmpty, "\(name)")
      }
    }
  }
}
