import StellaModel

/// What the log says of an export of its own: a bundle that was read back and verified before this was recorded.
package struct LogExport: Sendable, Hashable {
  /// Numbers of the first and the last record in it.
  package var from: Int64
  package var to: Int64
  /// The hash of the last one.
  package var root: LogHash
  /// SHA-256 of the bundle's bytes.
  package var digest: ContentDigest
  /// When it was recorded.
  package var time: Int64

  package init(from: Int64, to: Int64, root: LogHash, digest: ContentDigest, time: Int64) {
    self.from = from
    self.to = to
    self.root = root
    self.digest = digest
    self.time = time
  }

  /// Nil when the record is about something else, or isn't whole.
  init?(_ record: LogRecord) {
    guard record.kind == .logExported, let from = record.integer("from"), let to = record.integer("to"),
      let root = record.text("root").flatMap({ LogHash(hex: $0) }),
      let digest = record.text("digest").flatMap({ ContentDigest($0) }), from >= 1, to >= from
    else { return nil }
    self.init(from: from, to: to, root: root, digest: digest, time: record.time)
  }

  /// Puts it on record that `bundle`, which was found to be in order, was written.
  ///
  /// - Parameters:
  ///   - digest: of the bundle's bytes.
  ///   - file: the name that it was given, without its directory.
  /// - Throws: ``LogError`` `not_exported` when it isn't a bundle of this log as it is; ``StoreError``.
  package static func record<Store: LogStore>(
    _ bundle: LogVerification, digest: ContentDigest, file: String, in store: Store, as writer: LogWriter, time: Int64,
    actor: String
  ) throws -> LogExport {
    try store.write(as: writer) { transaction in
      guard bundle.verdict != .failed, bundle.log == (try transaction.outline()?.log), bundle.records > 0,
        try transaction.hash(at: bundle.head.size) == bundle.head.root
      else {
        throw LogError(.notExported, "the bundle isn't one of this log; nothing was recorded. Export it again.")
      }
      try transaction.append(
        LogEntry(
          .logExported, time: time, actor: actor,
          body: [
            .init("digest", .string(digest.description)), .init("file", .string(file)),
            .init("from", .integer(bundle.first)), .init("root", .string(bundle.head.root.hex)),
            .init("to", .integer(bundle.head.size)),
          ]))
      return LogExport(
        from: bundle.first, to: bundle.head.size, root: bundle.head.root, digest: digest, time: time)
    }
  }
}
