import Glibc
import StellaModel

/// A path as it was given: of one file, or a pattern with `*`, `?`, `[…]` or `{a,b}` that names many.
struct FilePattern {
  let text: String

  /// A file whose name happens to contain such a character is meant literally.
  var isPattern: Bool {
    guard text.utf8.contains(where: { "*?[{".utf8.contains($0) }) else { return false }
    return (try? FileStatus.of(path: text)) == nil
  }

  /// The files that match now, in byte order of their paths. Left out are directories, compressed files, and links to
  /// files that match themselves. O(entries of the directories).
  func matches() -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(text, GLOB_BRACE, nil, &found) == 0 else { return [] }
    var paths: [String] = []
    for index in 0..<Int(found.gl_pathc) {
      guard let path = found.gl_pathv[index] else { continue }
      paths.append(String(cString: path))
    }
    let files = paths.compactMap { path -> (path: String, status: FileStatus, isLink: Bool)? in
      guard !RotatedFiles.isCompressed(path), let status = try? FileStatus.of(path: path), status.isRegular else {
        return nil
      }
      return (path, status, FilePattern.isLink(path))
    }
    let named = Set(files.filter { !$0.isLink }.map(\.status.file))
    return files.filter { !$0.isLink || !named.contains($0.status.file) }.map(\.path)
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func isLink(_ path: String) -> Bool {
    var raw = stat()
    return lstat(path, &raw) == 0 && raw.st_mode & S_IFMT == S_IFLNK
  }
}
