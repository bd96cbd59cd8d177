/// Where the configuration says that the value of a secret is. It never holds the value.
package struct SecretSettings: Sendable, Hashable {
  package enum Origin: Sendable, Hashable {
    /// An environment variable of the engine.
    case environment(String)
    /// A file that only its owner can read; one line feed at its end doesn't count.
    case file(String)
  }

  package var reference: SecretReference
  package var origin: Origin

  package init(_ reference: SecretReference, from origin: Origin) {
    self.reference = reference
    self.origin = origin
  }
}
