import Glibc
import Logging
import StellaModel

/// Gives a host's own log calls to the engine, beside whatever handler it has already:
///
///     let buffer = LogBuffer()
///     LoggingSystem.bootstrap { label in
///       MultiplexLogHandler([StreamLogHandler.standardError(label: label), StellaLogHandler(label: label, buffer: buffer)])
///     }
///
/// A call writes its record on the caller's thread and leaves it in a ``LogBuffer``; it doesn't wait for the engine,
/// throw, or log itself. When the text of a value logs in turn, that inner call is dropped and counted.
package struct StellaLogHandler: LogHandler {
  package var logLevel: Logger.Level = .info
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let service: String?
  private let buffer: LogBuffer
  private let clock: @Sendable () -> Int64

  /// Whether this task or thread is at writing a record.
  @TaskLocal private static var isWriting = false

  /// - Parameters:
  ///   - label: the logger's, becomes the field `logger`.
  ///   - service: becomes the field `service`; without it the source's configuration names one.
  ///   - clock: nanoseconds since the epoch.
  package init(
    label: String, service: String? = nil, buffer: LogBuffer, metadataProvider: Logger.MetadataProvider? = nil,
    clock: @escaping @Sendable () -> Int64 = StellaLogHandler.wallClock
  ) {
    self.label = label
    self.service = service
    self.buffer = buffer
    self.metadataProvider = metadataProvider
    self.clock = clock
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let time = clock()
    guard !StellaLogHandler.isWriting else { return buffer.countNested(time: time) }
    // The lock of the buffer is not held while the host's code gives its texts.
    let record = StellaLogHandler.$isWriting.withValue(true) {
      LogRecordText(event: event, entries: entries(of: event), label: label, service: service, time: time)
    }
    buffer.append(record.bytes, time: time)
  }

  /// The call's own metadata before the provider's before the logger's, each name once, in the order of the names.
  private func entries(of event: LogEvent) -> [(key: String, value: Logger.MetadataValue)] {
    let provided = metadataProvider?.get() ?? [:]
    var entries = metadata
    if !provided.isEmpty { entries.merge(provided) { $1 } }
    if let own = event.metadata, !own.isEmpty { entries.merge(own) { $1 } }
    return entries.sorted { $0.key < $1.key }
  }

  package static let wallClock: @Sendable () -> Int64 = {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
