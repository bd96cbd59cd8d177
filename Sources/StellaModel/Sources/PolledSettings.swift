/// Something that is asked again and again, each time from a moment that is its own.
package protocol PolledSettings: Sendable {
  var name: String { get }
  /// From one question to the next.
  var every: Duration { get set }
  /// For all of a question: at most ``every``, so that one ends before the next begins.
  var timeout: Duration { get set }
  /// Certificates (PEM) of those to believe instead of the system's; nil for the system's.
  var caFile: String? { get set }
}

extension PolledSettings {
  /// How long after a whole multiple of ``every`` it is asked: the same at each start, and spread over all by their names.
  package var offsetNanoseconds: Int64 {
    let every = every.components.seconds * 1_000_000_000 + every.components.attoseconds / 1_000_000_000
    return Int64(SourceIdentity.fingerprint(of: name.utf8) % UInt64(max(1, every)))
  }
}
