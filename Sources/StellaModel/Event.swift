/// One decoded log record with all its fields. Immutable.
///
/// The hot path does not build events: it works on columns of a batch. An `Event` is made for people and for evidence.
public struct Event: Sendable, Hashable {
  /// Nanoseconds since 1970-01-01T00:00:00Z.
  public let time: Int64
  /// How serious it is; nil when the record has no level.
  public let level: LogLevel?
  /// What it says.
  public let message: String
  /// What it is of; nil when the record names no service.
  public let service: String?
  /// Every field of the record under its own name, in the record's order; nested objects stay nested.
  public let fields: [FieldValue.Member]

  /// An event of these parts.
  public init(time: Int64, level: LogLevel?, message: String, service: String?, fields: [FieldValue.Member]) {
    self.time = time
    self.level = level
    self.message = message
    self.service = service
    self.fields = fields
  }
}
