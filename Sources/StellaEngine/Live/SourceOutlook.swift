import Glibc
import StellaModel

/// What following a path or a pattern would find now. Nothing is opened and nothing is read.
package enum SourceOutlook: Sendable {
  /// So many files can be read.
  case ready(files: Int)
  /// Nothing is there, which is taken up once it is.
  case absent
  /// What can't be read, and why: of a pattern those of its files.
  case refused([SourceError])

  /// - Parameter text: as a ``FileSet`` takes it.
  package init(of text: String) {
    let pattern = FilePattern(text: text)
    guard text != "-" else {
      self = .ready(files: 1)
      return
    }
    if pattern.isPattern {
      let paths = pattern.matches()
      let refused = paths.compactMap(Self.trouble)
      self = paths.isEmpty ? .absent : refused.isEmpty ? .ready(files: paths.count) : .refused(refused)
    } else if let trouble = Self.trouble(of: text) {
      self = trouble.code == .notFound ? .absent : .refused([trouble])
    } else {
      self = .ready(files: 1)
    }
  }

  private static func trouble(of path: String) -> SourceError? {
    do throws(SourceError) {
      if try FileStatus.of(path: path).isDirectory { return SourceError(errno: EISDIR, path: path) }
    } catch {
      return error
    }
    if RotatedFiles.isCompressed(path) { return .compressed(path) }
    return access(path, R_OK) == 0 ? nil : SourceError(errno: errno, path: path)
  }
}
