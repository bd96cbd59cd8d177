import StellaModel

/// What a webhook brings as events: the members of a JSON object, or of each in an array.
package enum WebhookEvents {
  /// - Parameters:
  ///   - name: of the webhook; becomes the field `webhook`.
  ///   - kind: what its sender calls it; becomes `webhook_event`.
  /// - Throws: ``CommandFailure`` `usage` when it is something else. Nothing was taken.
  package static func batch(
    _ body: UnsafeRawBufferPointer, name: String, kind: String?, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    try JSONReader().read(body, or: CommandFailure.noJSON) {
      (root) throws(CommandFailure) in
      var batch = IntakeBatch()
      var members = MemberList()
      func take(_ object: JSONNode) throws(CommandFailure) {
        guard object.isObject else {
          throw CommandFailure(.usage, "the body is no JSON object, nor an array of them. Nothing was taken.")
        }
        members.removeAll()
        // What a sender calls a time may be of when something began: an event that comes now is not late.
        members.add("time") { $0.time(context.arrival) }
        members.add("webhook") { $0.string(name) }
        if let kind { members.add("webhook_event") { $0.string(kind) } }
        object.eachChild { member in members.add(member.name, prefix: "body.") { $0.value(member) } }
        batch.take(members, limit: context.lineBytes)
      }
      if root.isArray {
        try root.eachChild { (element) throws(CommandFailure) in try take(element) }
      } else {
        try take(root)
      }
      return batch
    }
  }
}
