import Foundation

/// A directory that a test has for itself and that is gone after it.
final class TestDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "stella-store-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }
}
