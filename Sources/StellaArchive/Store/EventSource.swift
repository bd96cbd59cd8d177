import StellaDetection

/// How the records of a source are read, so that a record can be decoded again whenever it is shown.
package struct EventSource: Sendable, Hashable {
  package var format: LogFormat
  /// What was found out where `format` is `auto`; nil as long as that is open, and every line is taken for what it looks like.
  package var decided: LogFormat?
  /// Of events that name none themselves.
  package var service: String?

  package init(format: LogFormat, decided: LogFormat? = nil, service: String? = nil) {
    (self.format, self.decided, self.service) = (format, decided, service)
  }

  /// Whether what a line is depends on the lines before it.
  var isOpen: Bool { format == .auto && decided == nil }

  func makeDecoder() -> any Decoder {
    guard format == .auto else { return AutoDecoder.decoder(for: format) }
    return AutoDecoder(detector: decided.map { FormatDetector(decided: $0) } ?? FormatDetector())
  }

  func write(to writer: inout RecordWriter) {
    writer.text(format.rawValue)
    writer.text(decided?.rawValue ?? "")
    writer.byte(service == nil ? 0 : 1)
    if let service { writer.text(service) }
  }

  init?(from reader: inout RecordReader) {
    guard let format = LogFormat(rawValue: reader.text()) else { return nil }
    self.format = format
    decided = LogFormat(rawValue: reader.text())
    service = reader.byte() == 0 ? nil : reader.text()
    if reader.isBroken { return nil }
  }
}
