/// The table that tells which groups of effects are in force: their marker commits in their own transaction.
///
/// | column | |
/// |-|-|
/// | `store`, `run`, `step` | of the marker; the primary key |
/// | `state` | `applied`, or `tombstone` for one that was given up and must never commit |
/// | `epoch`, `digest` | of the marker |
/// | `results` | what applying returned, as ``StoredValues`` |
/// | `at` | when, RFC 3339, by the database's clock; for people only |
package struct MarkerTable {
  private let session: any SQLSession

  package init(_ session: any SQLSession) { self.session = session }

  package static let name = "stella_effects"
  package static let columns = ["store", "run", "step", "state", "epoch", "digest", "results", "at"]

  package func create() throws(TargetError) {
    _ = try session.run(
      """
      CREATE TABLE IF NOT EXISTS \(Self.name) (
        store TEXT NOT NULL, run TEXT NOT NULL, step BIGINT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('applied', 'tombstone')),
        epoch BIGINT NOT NULL, digest TEXT NOT NULL, results \(session.dialect.bytesType) NOT NULL,
        at TEXT NOT NULL DEFAULT (\(session.dialect.now)), PRIMARY KEY (store, run, step))
      """, [])
    _ = try session.run("CREATE INDEX IF NOT EXISTS \(Self.name)_epoch ON \(Self.name) (store, epoch)", [])
  }

  /// Throws `fenced` when a later engine was here, and `refused` when the group is marked already.
  package func check(_ marker: EffectMarker) throws(TargetError) {
    try checkEpoch(marker)
    switch try state(of: marker) {
    case nil: return
    case .applied:
      throw TargetError(.refused, target: session.target, "the group \(marker.key) has been applied already.")
    case .notApplied:
      throw TargetError(
        .refused, target: session.target,
        "the group \(marker.key) was found not to be applied, and given up for good. Plan anew.")
    }
  }

  package func insert(_ marker: EffectMarker, results: [[NamedValues]]) throws(TargetError) {
    try insert(marker, "applied", results)
  }

  /// What is true of the marker; when there is none, a row is put in its place, which only counts once it is committed.
  package func settle(_ marker: EffectMarker) throws(TargetError) -> MarkerState {
    if let state = try state(of: marker) { return state }
    try checkEpoch(marker)
    try insert(marker, "tombstone", [])
    return .notApplied
  }

  private func checkEpoch(_ marker: EffectMarker) throws(TargetError) {
    let highest = try session.run(
      "SELECT max(epoch) FROM \(Self.name) WHERE store = \(session.dialect.placeholder(1))",
      [SQLArgument(.text(marker.store))])
    if case .integer(let epoch)? = highest.rows.first?.first, epoch > marker.epoch {
      throw TargetError(
        .fenced, target: session.target,
        "an engine with the epoch \(epoch) has written here, and this one has \(marker.epoch). End this engine.")
    }
  }

  private func state(of marker: EffectMarker) throws(TargetError) -> MarkerState? {
    let dialect = session.dialect
    let answer = try session.run(
      """
      SELECT state, digest, results FROM \(Self.name) WHERE store = \(dialect.placeholder(1)) \
      AND run = \(dialect.placeholder(2)) AND step = \(dialect.placeholder(3))
      """, key(marker))
    guard let row = answer.rows.first else { return nil }
    guard row.count == 3, row[1] == .text(marker.digest.description) else {
      throw TargetError(
        .refused, target: session.target,
        "the marker of \(marker.key) belongs to another plan. Don't share a run id between stores; look into \(Self.name).")
    }
    guard row[0] == .text("applied") else { return .notApplied }
    guard case .bytes(let bytes) = row[2], let results = StoredValues.results(bytes) else {
      throw TargetError(
        .refused, target: session.target, "the marker of \(marker.key) is damaged. Look into \(Self.name).")
    }
    return .applied(results: results)
  }

  private func insert(_ marker: EffectMarker, _ state: String, _ results: [[NamedValues]]) throws(TargetError) {
    let arguments =
      key(marker) + [
        SQLArgument(.text(state)), SQLArgument(.integer(marker.epoch)), SQLArgument(.text(marker.digest.description)),
        SQLArgument(.bytes(StoredValues.bytes(results))),
      ]
    let values = (1...arguments.count).map(session.dialect.placeholder).joined(separator: ", ")
    _ = try session.run(
      "INSERT INTO \(Self.name) (store, run, step, state, epoch, digest, results) VALUES (\(values))", arguments)
  }

  private func key(_ marker: EffectMarker) -> [SQLArgument] {
    [SQLArgument(.text(marker.store)), SQLArgument(.text(marker.run)), SQLArgument(.integer(Int64(marker.group)))]
  }
}
