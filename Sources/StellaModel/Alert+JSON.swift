extension JSONText {
  /// The alert as the object that NDJSON output, the API and notifications carry; `event` names the transition.
  ///
  /// Times are RFC 3339 UTC with nine decimals; `key` is an object with the names of the rule's `by`.
  package mutating func alert(_ alert: Alert) {
    raw("{")
    field("event", alert.status.rawValue)
    name("revision")
    integer(alert.revision)
    field("id", alert.id)
    field("rule", alert.rule)
    field("type", alert.type)
    field("severity", alert.severity.rawValue)
    field("title", alert.title)
    field("summary", alert.summary)
    name("key")
    value(.object(alert.key))
    field("status", alert.status.rawValue)
    field("first_seen", Timestamp.text(alert.firstSeen))
    field("last_seen", Timestamp.text(alert.lastSeen))
    name("count")
    integer(alert.count)
    if let measured = alert.value {
      name("value")
      value(measured)
    }
    if let expected = alert.expected {
      name("expected")
      value(expected)
    }
    name("evidence")
    raw("[")
    for item in alert.evidence {
      separate()
      event(item)
    }
    raw("]")
    field("affected_users", alert.affectedUsers)
    field("suggested_actions", alert.suggestedActions)
    field("fixes", alert.fixes)
    if !alert.fixes.isEmpty {
      name("auto_fix_available")
      bool(true)
    }
    if let runbook = alert.runbook { field("runbook", runbook) }
    name("labels")
    value(.object(alert.labels))
    field("source", alert.source)
    if let cause = alert.resolvedBecause { field("resolved_because", cause.rawValue) }
    if alert.inputEnded {
      name("input_ended")
      bool(true)
    }
    if let mute = alert.mute {
      name("muted")
      value(mute.json)
    }
    raw("}")
  }

  private mutating func field(_ name: String, _ text: String) {
    self.name(name)
    string(text)
  }

  private mutating func field(_ name: String, _ texts: [String]) {
    self.name(name)
    raw("[")
    for text in texts {
      separate()
      string(text)
    }
    raw("]")
  }
}

extension Alert {
  /// The alert as one line of NDJSON, without the line feed.
  public var json: String {
    var text = JSONText()
    text.alert(self)
    return text.text
  }
}
