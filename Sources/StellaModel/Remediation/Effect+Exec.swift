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
    /// What the host says about it, where its target is one of Swift closures. No fix writes this; planning does.
    package var host: Host?

    package struct Host: Sendable, Hashable {
      /// Whether it does it once, however often it is asked under one key.
      package var isKeyed: Bool
      /// What it would do now, for those who decide; empty when it doesn't say.
      package var preview: String

      package init(isKeyed: Bool, preview: String = "") {
        self.isKeyed = isKeyed
        self.preview = preview
      }
    }

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
