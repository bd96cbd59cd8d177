import StellaModel

/// Alerts that the store keeps; what happens from now on tells ``StellaEngine/StellaEngine/alerts``.
extension StellaEngine {
  /// Alerts of the store; those that changed last come last.
  ///
  /// - Parameters:
  ///   - statuses: only such; empty: all, those that are over included.
  ///   - rule: only those of this rule; nil for all.
  ///   - limit: the newest of them, at most.
  /// - Throws: ``StellaError`` `engine.store`, `engine.ended`.
  public func alerts(
    in statuses: [Alert.Status] = [.pending, .firing], rule: String? = nil, limit: Int = 100
  ) async throws -> [EngineAlert] {
    var query = AlertQuery()
    query.statuses = statuses
    query.rule = rule
    query.limit = limit
    return try await ask { [query] desk in try desk.alerts(query).map { EngineAlert($0) } }
  }

  /// One alert.
  ///
  /// - Throws: ``StellaError`` `engine.not_found`, `engine.store`, `engine.ended`.
  public func alert(_ id: String) async throws -> EngineAlert {
    try await ask { EngineAlert(try $0.alert(id)) }
  }
}
