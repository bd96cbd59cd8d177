import StellaModel

/// The sources that a command line or a configuration names: paths, patterns, `-` for standard input.
///
/// Sources come in the order of the arguments, the files of one pattern in the order of their paths. When following,
/// ``rescan()`` finds files that began to match. The same file is never read twice, whatever it is called by then. The
/// owner is one thread.
package final class FileSet {
  /// Where reading starts.
  package enum From: String, Sendable, CaseIterable {
    case start, end
    /// At the saved position; without one at the end when following, else at the start. A file of a pattern counts as
    /// new, and is read from its start, when other files of the pattern have saved positions.
    case checkpoint
  }

  package private(set) var sources: [any ByteSource] = []
  /// Patterns that match nothing yet; only when following.
  package private(set) var unmatched: [String] = []
  /// Files that match a pattern but can't be read.
  package private(set) var skipped: [SourceError] = []

  private let patterns: [FilePattern]
  private let follow: Bool
  private let from: From
  private let saved: [String: SourcePosition]
  private let now: MonotonicTime
  private let claims = FileClaims()
  /// Paths that have a source, and all that are or will be given one.
  private var known: Set<String> = []
  private var named: Set<String> = []

  /// Opens everything that is there.
  ///
  /// - Parameters:
  ///   - arguments: paths and patterns; a path that is given twice counts once.
  ///   - saved: positions by ``ByteSource/key``, used for `from: .checkpoint`.
  /// - Throws: for a path that can't be read, and without `follow` for a missing file or a pattern without match.
  package init(
    _ arguments: [String], follow: Bool, from: From, saved: [String: SourcePosition] = [:],
    now: @escaping MonotonicTime = machineMonotonicTime
  ) throws(SourceError) {
    patterns = arguments.map(FilePattern.init(text:))
    self.follow = follow
    self.from = from
    self.saved = saved
    self.now = now
    let found = patterns.map { $0.isPattern ? $0.matches() : [$0.text] }
    named = Set(found.joined())
    for (pattern, paths) in zip(patterns, found) {
      if paths.isEmpty {
        guard follow else {
          throw SourceError(
            .notFound, path: pattern.text, message: "no file matches. Check the pattern, or follow it until one does.")
        }
        unmatched.append(pattern.text)
      }
      for path in paths {
        do throws(SourceError) {
          guard let start = start(path, siblings: pattern.isPattern ? paths : nil) else { continue }
          try add(path, start: start)
        } catch {
          guard pattern.isPattern else { throw error }
          skipped.append(error)
        }
      }
    }
    // What is left out now is left out for good, whatever rotation calls it next.
    for path in named where !known.contains(path) {
      if let file = try? OpenFile(path: path) { _ = claims.claim(file, for: self) }
    }
  }

  /// The directories in which a file may appear that matches a pattern.
  package var directories: [String] {
    var directories: [String] = []
    for pattern in patterns where pattern.text != "-" {
      // Up to the first part that is itself a pattern; deeper ones are the waiter's fallback.
      var directory = RotatedFiles.directory(of: pattern.text)
      while directory.utf8.contains(where: { "*?[{".utf8.contains($0) }) {
        directory = RotatedFiles.directory(of: directory)
      }
      if !directories.contains(directory) { directories.append(directory) }
    }
    return directories
  }

  /// Sources for files that match a pattern since the last look; they are read from their start. A file that can't be
  /// opened is tried again at the next call. What rotation has renamed or copied was read already and is left out.
  package func rescan() -> [any ByteSource] {
    guard follow else { return [] }
    let before = sources.count
    unmatched.removeAll()
    skipped.removeAll()
    for pattern in patterns where pattern.isPattern {
      let paths = pattern.matches()
      if paths.isEmpty { unmatched.append(pattern.text) }
      for path in paths where !known.contains(path) && !wasRead(path) {
        named.insert(path)
        do throws(SourceError) { try add(path, start: .start) } catch { skipped.append(error) }
      }
    }
    return Array(sources[before...])
  }

  package func close() { for source in sources { source.close() } }

  private func add(_ path: String, start: FileSource.Start) throws(SourceError) {
    guard !known.contains(path) else { return }
    if path == "-" {
      sources.append(StreamSource.standardInput())
    } else if (try? FileStatus.of(path: path))?.isStream == true {
      sources.append(try StreamSource(path: path))
    } else if RotatedFiles.isCompressed(path) {
      throw .compressed(path)
    } else {
      sources.append(
        try FileSource(
          path: path, follow: follow, isRotatedName: isRotated(path), start: start, claims: claims, now: now))
    }
    known.insert(path)
  }

  private func isRotated(_ path: String) -> Bool {
    RotatedFiles.rotationBases(of: path).contains { named.contains($0) }
  }

  /// Whether the file is one that a source of the set has, or a copy of such a one.
  private func wasRead(_ path: String) -> Bool {
    guard let file = try? OpenFile(path: path) else { return false }
    return claims.isClaimed(file) || isRotated(path) && claims.isCopy(file)
  }

  /// Where to start with `path`; nil when it is to be left out. `siblings` are the other matches of its pattern, nil for
  /// a path that was named as such.
  private func start(_ path: String, siblings: [String]?) -> FileSource.Start? {
    switch from {
    case .start: return .start
    case .end: return .end
    case .checkpoint:
      if siblings != nil, wasRead(path) { return nil }
      if let position = positionOfFile(at: path) { return .position(position) }
      // The source of `app.log` reads the rest of what is `app.log.1` now, and has read what is older.
      let isOlder = RotatedFiles.rotationBases(of: path).contains { saved[FileSource.absolute($0)] != nil }
      if siblings != nil, isOlder { return nil }
      if let position = saved[FileSource.absolute(path)] { return .position(position) }
      let patternIsKnown = siblings?.contains { saved[FileSource.absolute($0)] != nil } ?? false
      return follow && !patternIsKnown ? .end : .start
    }
  }

  /// The saved position of the file that is at `path` now, under whatever name it was saved.
  private func positionOfFile(at path: String) -> SourcePosition? {
    guard let file = try? OpenFile(path: path) else { return nil }
    return saved.values.first { position in position.identity.map(file.matches) ?? false }
  }
}
