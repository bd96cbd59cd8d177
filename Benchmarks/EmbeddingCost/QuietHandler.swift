import Logging

/// A handler that does nothing: what is left is the cost of the call, of its message and of its metadata.
struct QuietHandler: LogHandler {
  var logLevel: Logger.Level = .info
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {}

  /// A logger with it.
  static var logger: Logger { Logger(label: "shop.api") { _ in QuietHandler() } }
}
