extension Effect {
  /// One command, started without a shell.
  package struct Exec: Sendable {
    package var target: String
    /// The program and its arguments. Each is text, a result, or an array of these that are joined.
    package var argv: [EffectValue]
    /// Secrets by the name of the environment variable that holds them. Arguments can hold none: every process of the host
    /// can read those.
    package var environment: NamedValues
    /// Exit codes that mean done, ascending. Empty: 0.
    package var expectedCodes: [Int]
    package var observation: Observation?

    package init(
      target: String, argv: [EffectValue], environment: NamedValues = [:], expectedCodes: [Int] = [],
      observation: Observation? = nil
    ) {
      self.target = target
      self.argv = argv
      self.environment = environment
      self.expectedCodes = expectedCodes
      self.observation = observation
    }
  }
}
