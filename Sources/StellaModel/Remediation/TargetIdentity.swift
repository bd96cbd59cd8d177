/// Which thing a target's name stood for when a plan was made: after the name is given to another thing, it is another
/// plan.
package struct TargetIdentity: Sendable {
  /// The name in the configuration.
  package var name: String
  /// What it is: `sqlite`, `postgres`, `http`, `host` …
  package var kind: String
  /// What tells this thing from another under the same address, where there is such a thing: the system identifier and
  /// database of a PostgreSQL server, the identity of a database file, a machine id.
  package var physicalID: String?

  package init(name: String, kind: String, physicalID: String?) {
    self.name = name
    self.kind = kind
    self.physicalID = physicalID
  }
}
