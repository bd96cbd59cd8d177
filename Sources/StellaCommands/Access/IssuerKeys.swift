import Glibc
import StellaConfiguration
import StellaEffects
import StellaModel
import StellaServer

/// Where the keys of an OpenID provider come from. Its document, where that is what names the place, is read each time that they are:
/// the verifier asks for them seldom, and a provider may move them.
struct IssuerKeys: Sendable {
  /// Why they can't be had, for people.
  struct Trouble: Error {
    let text: String
  }

  /// Bytes of the keys.
  private static let limit = 1 << 20
  /// For each of the two questions.
  private static let timeout: Duration = .seconds(5)

  private let configuration: Configuration.Issuer

  init(_ configuration: Configuration.Issuer) { self.configuration = configuration }

  /// Blocks.
  func read() throws(Trouble) -> [UInt8] {
    switch configuration.keys {
    case .file(let path): return try Self.contents(of: path)
    case .url(let url): return try fetch(url, Self.limit)
    case .discovered:
      let document = try fetch(IssuerDocument.url(of: configuration.name), IssuerDocument.limit)
      let place: String
      do throws(IssuerDocument.Trouble) {
        place = try IssuerDocument.keys(in: document, of: configuration.name)
      } catch {
        throw Trouble(text: error.text)
      }
      return try fetch(place, Self.limit)
    }
  }

  private func fetch(_ url: String, _ limit: Int) throws(Trouble) -> [UInt8] {
    do throws(HTTPDocument.Trouble) {
      return try HTTPDocument(url, caFile: configuration.caFile, timeout: Self.timeout, limitBytes: limit).read()
    } catch {
      throw Trouble(text: error.text)
    }
  }

  private static func contents(of path: String) throws(Trouble) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw Trouble(text: "\(path) can't be read: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: limit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if got < 0 { throw Trouble(text: "\(path) can't be read: \(String(cString: strerror(errno)))") }
      if got == 0 { return Array(bytes[..<count]) }
      count += got
    }
    throw Trouble(text: "\(path) is longer than \(SizeText.text(limit))")
  }
}
