extension Effect {
  /// Puts an event into the engine's own stream, for rules and people to see. Its time is that of its emission.
  package struct EventEmit: Sendable {
    /// Text, or an array of text and results that are joined.
    package var message: EffectValue
    package var level: LogLevel
    package var service: String?
    package var fields: NamedValues

    package init(message: EffectValue, level: LogLevel = .info, service: String? = nil, fields: NamedValues = [:]) {
      self.message = message
      self.level = level
      self.service = service
      self.fields = fields
    }
  }
}
