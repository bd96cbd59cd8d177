import Glibc

/// Makes a file's name durable, not only its bytes.
enum DirectorySync {
  static func sync<Failure: Error>(
    parentOf path: String, _ failure: (Int32) -> Failure
  ) throws(Failure) {
    let end = path.lastIndex(of: "/")
    let parent = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw failure(errno) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw failure(errno) }
  }
}
