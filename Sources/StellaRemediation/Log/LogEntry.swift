import StellaModel

/// What is to be logged; the transaction that appends it gives it its number, its epoch and its place in the chain.
package struct LogEntry: Sendable, Hashable {
  package var kind: LogKind
  package var time: Int64
  /// The run's id; nil when it isn't about one.
  package var run: String?
  /// Who did it, such as `user:mara`, `rule:pay-stuck`, `policy:safe-only` or `engine`.
  package var actor: String
  /// Names, numbers and digests only: it can never be erased.
  package var body: [FieldValue.Member]
  /// Masked, and erasable.
  package var payload: LogPayload?

  package init(
    _ kind: LogKind, time: Int64, run: String? = nil, actor: String, body: [FieldValue.Member] = [],
    payload: LogPayload? = nil
  ) {
    self.kind = kind
    self.time = time
    self.run = run
    self.actor = actor
    self.body = body
    self.payload = payload
  }

  /// An entry about one effect of a run.
  ///
  /// - Parameters:
  ///   - effect: Its number in the plan, from 1; the first one's of a group.
  ///   - undo: Whether it is about undoing it.
  package init(
    _ kind: LogKind, effect: Int, undo: Bool = false, time: Int64, run: String, actor: String,
    body: [FieldValue.Member] = [], payload: LogPayload? = nil
  ) {
    let step = [FieldValue.Member("effect", .integer(Int64(effect))), FieldValue.Member("undo", .bool(undo))]
    self.init(kind, time: time, run: run, actor: actor, body: step + body, payload: payload)
  }
}
