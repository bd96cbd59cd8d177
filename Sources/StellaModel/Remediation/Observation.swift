/// How to find out, without changing anything, whether an effect whose answer was lost has been applied.
package struct Observation: Sendable, Hashable {
  package enum Probe: Sendable, Hashable {
    /// A GET with the effect's own headers; the outcome is the status.
    case get(url: String)
    /// A command on the effect's target; the outcome is the exit code.
    case run(argv: [String])
  }

  package var probe: Probe
  /// Outcomes that mean applied, ascending, not empty.
  package var applied: [Int]
  /// Outcomes that mean not applied, ascending. Every other outcome is unclear, and a person decides.
  package var notApplied: [Int]

  package init(_ probe: Probe, applied: [Int], notApplied: [Int]) {
    self.probe = probe
    self.applied = applied
    self.notApplied = notApplied
  }
}
