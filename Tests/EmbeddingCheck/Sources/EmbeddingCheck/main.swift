import StellaEngine
import StellaModel

// The engine's own facade is not public yet; what is public so far is the model, alerts included.
let alert = Alert(
  id: String(repeating: "0", count: 32), rule: "embedding.check", type: "check", severity: .low, title: "Embedded",
  summary: "The engine links into another package", key: [], status: .firing, revision: 1, firstSeen: 0, lastSeen: 0,
  count: 1)
print(alert.json)
