import Glibc
import StellaModel

@testable import StellaDetection

/// Real data beside the repository: `../shared` of its root, or where the environment says.
enum DecodeCorpora {
  /// The bytes of a file of the shared folder; nil, after one printed line, when it isn't there.
  static func file(_ path: String, from source: String = #filePath) -> [UInt8]? {
    for folder in folders(source) {
      if let bytes = read(folder + "/" + path) { return bytes }
    }
    print("left out: shared/\(path) is not on this machine")
    return nil
  }

  /// The names in a folder of the shared folder, sorted.
  static func names(in path: String, from source: String = #filePath) -> [String]? {
    for folder in folders(source) {
      guard let directory = opendir(folder + "/" + path) else { continue }
      defer { closedir(directory) }
      var names: [String] = []
      while let entry = readdir(directory) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if !name.hasPrefix(".") { names.append(name) }
      }
      return names.sorted()
    }
    print("left out: shared/\(path) is not on this machine")
    return nil
  }

  private static func folders(_ source: String) -> [String] {
    var folders: [String] = []
    if let named = getenv("STELLA_SHARED") { folders.append(String(cString: named)) }
    // Tests/StellaDetectionTests/X.swift is three below the root; a worktree may stand one folder deeper.
    let parts = source.split(separator: "/").dropLast(3)
    for depth in 1...2 where parts.count > depth {
      folders.append("/" + parts.dropLast(depth).joined(separator: "/") + "/shared")
    }
    return folders
  }

  /// The bytes of any file.
  static func read(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&piece, 1, piece.count, file)
      if count == 0 { return bytes }
      bytes += piece[..<count]
    }
  }
}
