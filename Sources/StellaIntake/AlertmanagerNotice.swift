import StellaModel

/// What Alertmanager's webhook sends (version 4) as events, one of each alert.
///
/// Labels become fields. An alert began some time ago and is told again and again: the event's time is that of its arrival, and
/// `alert.starts_at` says when it began. Of alerts that the sender has left out of the notice (`max_alerts`) nothing is known but how many
/// they are: `alert.truncated` of the others, and the answer.
package enum AlertmanagerNotice {
  /// - Throws: ``CommandFailure`` `usage` when it is no such object. Nothing was taken.
  package static func batch(
    _ body: UnsafeRawBufferPointer, _ context: IntakeContext
  ) throws(CommandFailure) -> IntakeBatch {
    try JSONReader().read(
      body, or: CommandFailure.noJSON
    ) {
      (root) throws(CommandFailure) in
      guard let version = root["version"]?.string, let alerts = root["alerts"], alerts.isArray else {
        throw CommandFailure(.usage, "the body is no webhook of Alertmanager. No alert was taken.")
      }
      guard version == "4" else {
        let found = TextEscaping.oneLine(version, limit: 20)
        throw CommandFailure(.usage, "the webhook is of version \(found); version 4 is taken. No alert was taken.")
      }
      var batch = IntakeBatch()
      batch.truncated = Int(clamping: max(0, root["truncatedAlerts"]?.integer ?? 0))
      var members = MemberList()
      try alerts.eachChild { (alert) throws(CommandFailure) in
        guard let labels = alert["labels"], labels.isObject, let status = alert["status"]?.text else {
          throw CommandFailure(.usage, "an alert lacks `status` or `labels`. No alert was taken.")
        }
        members.removeAll()
        add(alert, labels, status, of: root, truncated: batch.truncated, at: context.arrival, to: &members)
        batch.take(members, limit: context.lineBytes)
      }
      return batch
    }
  }

  private static func add(
    _ alert: JSONNode, _ labels: JSONNode, _ status: UnsafeRawBufferPointer, of notice: JSONNode, truncated: Int,
    at arrival: Int64, to members: inout MemberList
  ) {
    members.add("time") { $0.time(arrival) }
    members.add("event") { $0.string("alertmanager") }
    let annotations = alert["annotations"]
    let message =
      annotations?["summary"] ?? annotations?["description"] ?? annotations?["message"] ?? labels["alertname"]
    if let text = message?.text { members.add("message") { $0.string(text) } }
    members.add("alert") { json in
      json.raw("{")
      json.name("status")
      json.string(status)
      let parts: [(name: String, value: JSONNode?)] = [
        ("name", labels["alertname"]), ("starts_at", alert["startsAt"]), ("ends_at", ended(alert["endsAt"])),
        ("fingerprint", alert["fingerprint"]), ("generator_url", alert["generatorURL"]),
        ("receiver", notice["receiver"]),
        ("group_key", notice["groupKey"]), ("external_url", notice["externalURL"]),
      ]
      for (name, value) in parts {
        guard let value else { continue }
        json.name(name)
        json.value(value)
      }
      if truncated > 0 {
        json.name("truncated")
        json.integer(truncated)
      }
      json.raw("}")
    }
    labels.eachChild { label in members.add(label.name, prefix: "labels.") { $0.value(label) } }
    if let annotations { members.add("annotations") { $0.value(annotations) } }
  }

  /// Nil of an alert that fires: then it is the beginning of the calendar.
  private static func ended(_ time: JSONNode?) -> JSONNode? {
    time.flatMap { $0.text?.starts(with: Array("0001-".utf8)) == true ? nil : $0 }
  }
}
