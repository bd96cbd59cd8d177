import StellaModel

/// A checked plan with its canonical form and digest. Immutable; equal when the canonical forms are.
package struct Plan: Sendable {
  package let content: PlanContent
  /// The plan in the form `fixplan/v1`.
  package let canonical: [UInt8]
  package let digest: PlanDigest

  /// Hard limits, whatever a policy allows.
  package static let effectLimit = 10_000
  package static let rowLimit = 1_000_000
  package static let byteLimit = 64 << 20

  /// Checks the content, puts what has no order of its own into order, and computes the digest.
  ///
  /// - Parameter knownSecrets: every secret whose value could have come near; a plan in which one occurs isn't made.
  /// - Throws: the first thing that is wrong. O(size × (number of secrets + log of rows)).
  package init(_ content: PlanContent, knownSecrets: KnownSecrets) throws(PlanError) {
    let (content, canonical) = try Self.canonicalize(content)
    if let secret = knownSecrets.first(in: canonical) {
      throw PlanError(
        .secretValue, "the plan holds the value of \(secret)",
        "Use a reference to the secret; plans are stored and shown to approvers")
    }
    self.init(content: content, canonical: canonical)
  }

  /// Reads a plan from its canonical form. Bytes that no plan has are refused, so that a plan has exactly one form.
  /// O(size).
  package init(canonical: [UInt8]) throws(FixPlanError) {
    guard canonical.count <= Self.byteLimit else {
      throw FixPlanError(offset: Self.byteLimit, "it is longer than \(Self.byteLimit) bytes")
    }
    var reader = FixPlanReader(canonical)
    let content = try reader.plan()
    do throws(PlanError) {
      let again = try Self.canonicalize(content)
      guard again.canonical == canonical else {
        throw PlanError(.inconsistent, "rows, modules or targets are out of order", "Restore it from a backup")
      }
      self.init(content: again.content, canonical: canonical)
    } catch {
      throw FixPlanError(offset: canonical.count, "it is well-formed and yet no plan: \(error)")
    }
  }

  private init(content: PlanContent, canonical: [UInt8]) {
    self.content = content
    self.canonical = canonical
    digest = PlanDigest(ContentDigest(of: canonical))
  }

  private static func canonicalize(_ content: PlanContent) throws(PlanError) -> (
    content: PlanContent, canonical: [UInt8]
  ) {
    try PlanCheck(content).check()
    var content = content
    content.modules.sort { NamedValues.precedes($0.name, $1.name) }
    content.targets.sort { NamedValues.precedes($0.name, $1.name) }
    for index in content.effects.indices {
      switch content.effects[index].effect {
      case .sqlUpdate, .sqlDelete: content.effects[index].rows = FixPlanWriter.inKeyOrder(content.effects[index].rows)
      default: break
      }
    }
    var writer = FixPlanWriter(byteLimit: byteLimit)
    writer.plan(content)
    guard !writer.isTooLong else {
      throw PlanError(.limit, "the plan is larger than \(byteLimit) bytes", "Change less in one run")
    }
    return (content, writer.bytes)
  }
}

extension Plan: Equatable {
  package static func == (a: Plan, b: Plan) -> Bool { a.canonical == b.canonical }
}

extension Plan {
  /// How many rows all effects together change.
  package var rowCount: Int { content.effects.reduce(0) { $0 + $1.rows.count } }

  /// Effects that can't be taken back, by number, with the reason: an approver is told before deciding.
  package var irreversible: [(effect: Int, reason: String)] {
    content.effects.enumerated().compactMap { index, prepared in
      guard case .irreversible(let reason) = prepared.undo else { return nil }
      return (index + 1, reason)
    }
  }
}
