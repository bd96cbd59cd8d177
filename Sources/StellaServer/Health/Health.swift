/// How a host says that it is, at the moment it is asked.
package struct Health: Sendable, Hashable {
  package enum Phase: String, Sendable, CaseIterable {
    case starting, running, stopping
  }

  /// One part that the host looked at, such as the store or a source.
  package struct Part: Sendable, Hashable {
    package var name: String
    package var isWell: Bool
    /// For people: what is wrong, or what was looked at.
    package var detail: String

    package init(_ name: String, isWell: Bool, detail: String = "") {
      self.name = name
      self.isWell = isWell
      self.detail = detail
    }
  }

  package var phase: Phase
  package var parts: [Part]

  package init(phase: Phase, parts: [Part] = []) {
    self.phase = phase
    self.parts = parts
  }

  /// The same for those who may not know what is on this machine: without details.
  package var forStrangers: Health {
    Health(phase: phase, parts: parts.map { Part($0.name, isWell: $0.isWell) })
  }

  /// Whether requests should come here: it runs, and every part is well.
  package var isReady: Bool { phase == .running && parts.allSatisfy(\.isWell) }
}
