import CStellaDashboard
import Crypto
import NIOCore

/// A file of the dashboard, as it lies in the binary.
struct DashboardAsset: Sendable {
  let name: String
  let mediaType: String
  let body: ByteBuffer
  /// Of its content, in quotes (RFC 9110, section 8.8.3).
  let tag: String

  /// The page itself.
  static let page = "index.html"

  /// All files, by name.
  static let all: [String: DashboardAsset] = {
    var count = 0
    guard let assets = stella_dashboard_assets(&count) else { return [:] }
    let found = UnsafeBufferPointer(start: assets, count: count).map { DashboardAsset($0) }
    return Dictionary(found.map { ($0.name, $0) }) { first, _ in first }
  }()

  private init(_ asset: stella_dashboard_asset) {
    let bytes = UnsafeBufferPointer(start: asset.bytes, count: asset.count)
    name = String(cString: asset.name)
    mediaType = String(cString: asset.media_type)
    body = ByteBuffer(bytes: bytes)
    let digest = SHA256.hash(data: bytes).prefix(16).map { byte in
      String(byte >> 4, radix: 16) + String(byte & 0xf, radix: 16)
    }
    tag = "\"\(digest.joined())\""
  }
}
