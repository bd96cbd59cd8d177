import Glibc
import StellaDetection
import StellaModel

/// What a backup holds, with a digest of each file.
struct BackupManifest: Equatable {
  struct File: Equatable {
    /// Within the backup; of letters, digits and `. _ - /`, and never out of it.
    var path: String
    var bytes: Int64
    var digest: ContentDigest
  }

  static let name = "manifest.json"
  static let format: Int64 = 1
  /// Bytes of the manifest at most.
  static let limit: Int64 = 16 << 20
  /// What to do about a backup that isn't what it was.
  static let remedy = "Take another copy of it, or an older backup; the state is as it was."

  var version: String
  /// When the store was copied, nanoseconds since the epoch.
  var time: Int64
  /// The log's id, and where it ended.
  var log: LogHash
  var head: LogHead
  var epoch: Int64
  var files: [File]

  var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }

  var json: String {
    FieldValue.object([
      .init("format", .integer(Self.format)), .init("version", .string(version)),
      .init("time", .string(Timestamp.text(time))), .init("log", .string(log.hex)),
      .init("size", .integer(head.size)), .init("root", .string(head.root.hex)), .init("epoch", .integer(epoch)),
      .init(
        "files",
        .array(
          files.map {
            .object([
              .init("path", .string($0.path)), .init("bytes", .integer($0.bytes)),
              .init("digest", .string($0.digest.description)),
            ])
          })),
    ]).json + "\n"
  }

  init(version: String, time: Int64, log: LogHash, head: LogHead, epoch: Int64, files: [File]) {
    self.version = version
    self.time = time
    self.log = log
    self.head = head
    self.epoch = epoch
    self.files = files
  }

  /// - Throws: ``CommandFailure`` `integrity` for what isn't one, `usage` for one of a newer format.
  init(_ json: String) throws(CommandFailure) {
    guard case .object(let members)? = try? JSONParser().parse(json) else { throw Self.broken("is no JSON object") }
    func value(_ name: String) -> FieldValue? { members.first { $0.name == name }?.value }
    guard case .integer(let format)? = value("format") else { throw Self.broken("names no format") }
    guard format <= Self.format else {
      throw CommandFailure(.usage, "the backup has the format \(format), of a newer Stella. Restore it with that.")
    }
    func text(_ name: String) throws(CommandFailure) -> String {
      guard case .string(let text)? = value(name) else { throw Self.broken("has no \(name)") }
      return text
    }
    func number(_ name: String) throws(CommandFailure) -> Int64 {
      guard case .integer(let number)? = value(name) else { throw Self.broken("has no \(name)") }
      return number
    }
    guard let time = Timestamp.parse(try text("time")), let log = LogHash(hex: try text("log")),
      let root = LogHash(hex: try text("root")), case .array(let entries)? = value("files")
    else { throw Self.broken("lacks the time, the log or the files") }
    var files: [File] = []
    var paths: Set<String> = []
    for entry in entries {
      guard let file = File(entry), paths.insert(file.path).inserted else {
        throw Self.broken("names a file in a way that isn't ours")
      }
      files.append(file)
    }
    self.init(
      version: try text("version"), time: time, log: log, head: LogHead(size: try number("size"), root: root),
      epoch: try number("epoch"), files: files)
  }

  /// Reads that of a backup in a directory.
  static func read(in directory: String) throws -> (manifest: BackupManifest, digest: ContentDigest) {
    guard let file = try StateFiles.examine(name, in: directory) else {
      throw CommandFailure(
        .notFound,
        "\(directory) is no backup: there is no \(name). Name the directory or the file that `stella backup` made.")
    }
    guard file.bytes <= limit else { throw broken("is too long") }
    var bytes = [UInt8](repeating: 0, count: Int(file.bytes))
    let input = open(directory + "/" + name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    defer { close(input) }
    guard input >= 0, Glibc.read(input, &bytes, bytes.count) == bytes.count else {
      throw StateFiles.failure("can't be read", directory + "/" + name)
    }
    return (try BackupManifest(String(decoding: bytes, as: UTF8.self)), file.digest)
  }

  static func broken(_ what: String) -> CommandFailure {
    CommandFailure(.integrity, "the backup can't be trusted: its \(name) \(what). \(remedy)")
  }
}

extension BackupManifest.File {
  fileprivate init?(_ json: FieldValue) {
    guard case .object(let members) = json else { return nil }
    func value(_ name: String) -> FieldValue? { members.first { $0.name == name }?.value }
    guard case .string(let path)? = value("path"), Self.isPath(path), case .integer(let bytes)? = value("bytes"),
      bytes >= 0, case .string(let digest)? = value("digest"), let digest = ContentDigest(digest)
    else { return nil }
    self.init(path: path, bytes: bytes, digest: digest)
  }

  /// Leads nowhere but further in.
  static func isPath(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count <= 8
      && parts.allSatisfy { part in
        !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 200
          && part.utf8.allSatisfy {
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8.contains($0)
          }
      }
  }
}
