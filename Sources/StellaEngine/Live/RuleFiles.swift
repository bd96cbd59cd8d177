import Glibc
import StellaModel
import StellaScripting

/// Finds and reads rule files.
package enum RuleFiles {
  private static let depthLimit = 16

  /// Every `*.lua` file under `paths` that is not a test, in the order of `paths`, then by path. A path may be a file.
  /// What can't be read is an error of its own; the others are read all the same.
  package static func read(_ paths: [String]) -> (sources: [RuleSource], errors: [RuleError]) {
    read(paths) { !$0.hasSuffix("_test.lua") }
  }

  /// Every `*_test.lua` file under `paths`, in the same order.
  package static func readTests(_ paths: [String]) -> (sources: [RuleSource], errors: [RuleError]) {
    read(paths) { $0.hasSuffix("_test.lua") }
  }

  /// Every `*.lua` file under `paths`, tests included; those that can't be listed are left out.
  static func list(_ paths: [String]) -> [String] {
    var errors: [RuleError] = []
    return paths.flatMap { path -> [String] in
      switch kind(path) {
      case .directory: list(path, above: [], errors: &errors)
      case .file: [path]
      case .missing: []
      }
    }
  }

  private static func read(
    _ paths: [String], where isWanted: (String) -> Bool
  ) -> (sources: [RuleSource], errors: [RuleError]) {
    var errors: [RuleError] = []
    var files: [String] = []
    for path in paths {
      switch kind(path) {
      case .directory: files += list(path, above: [], errors: &errors).filter(isWanted)
      case .file: if isWanted(path) { files.append(path) }
      case .missing(let code): errors.append(unreadable(path, code))
      }
    }
    var seen: Set<String> = []
    let sources = files.filter { seen.insert($0).inserted }.compactMap { file -> RuleSource? in
      switch contents(file) {
      case .success(let text): return RuleSource(file: file, text: text)
      case .failure(let failure):
        errors.append(unreadable(file, failure.code))
        return nil
      }
    }
    return (sources, errors)
  }

  /// A file beside a test, of at most 64 MiB.
  package static func readFixture(_ path: String) throws(RuleError) -> [UInt8] {
    switch contents(path, limit: 64 << 20) {
    case .success(let bytes): return bytes
    case .failure(let failure): throw unreadable(path, failure.code)
    }
  }

  private enum Kind {
    case directory
    case file
    case missing(Int32)
  }

  private static func kind(_ path: String) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .missing(errno) }
    return status.st_mode & S_IFMT == S_IFDIR ? .directory : .file
  }

  /// `above` are the directories that lead here; a link back to one of them is not followed again.
  private static func list(_ directory: String, above: [FileStatus.File], errors: inout [RuleError]) -> [String] {
    let own = (try? FileStatus.of(path: directory))?.file
    if let own, above.contains(own) { return [] }
    let above = above + (own.map { [$0] } ?? [])
    guard above.count <= depthLimit, let handle = opendir(directory) else {
      errors.append(unreadable(directory, above.count <= depthLimit ? errno : ELOOP))
      return []
    }
    defer { closedir(handle) }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().flatMap { name -> [String] in
      let path = directory.hasSuffix("/") ? directory + name : directory + "/" + name
      switch kind(path) {
      case .directory: return list(path, above: above, errors: &errors)
      case .file: return name.hasSuffix(".lua") ? [path] : []
      case .missing(let code):
        if name.hasSuffix(".lua") { errors.append(unreadable(path, code)) }
        return []
      }
    }
  }

  private struct ReadFailure: Error { var code: Int32 }

  private static func contents(_ path: String, limit: Int = 1 << 20) -> Result<[UInt8], ReadFailure> {
    // Without O_NONBLOCK a pipe among the rules would hold everything up.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(ReadFailure(code: errno)) }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return .success(text) }
      if count < 0 {
        if errno == EINTR { continue }
        return .failure(ReadFailure(code: errno))
      }
      text += buffer[..<count]
      // No rule is that long; the loader refuses it by its own limit.
      if text.count > limit { return .success(text) }
    }
  }

  private static func unreadable(_ path: String, _ code: Int32) -> RuleError {
    RuleError(
      code: "rule.unreadable", message: "can't be read: \(String(cString: strerror(code)))",
      remedy: code == ENOENT ? "Check the path." : "Check its permissions.", file: path, line: 0)
  }
}
