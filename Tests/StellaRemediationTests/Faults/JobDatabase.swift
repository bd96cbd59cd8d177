import GRDB
import StellaModel
import StellaSQLite

/// The database of an application with jobs that hang, each belonging to a service.
final class JobDatabase {
  let queue: DatabaseQueue
  let target: SQLiteTarget

  init(path: String, services: [String], lockTimeout: Duration = .milliseconds(100)) throws {
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { db in
      try db.execute(sql: "CREATE TABLE jobs (id INTEGER PRIMARY KEY, service TEXT NOT NULL, status TEXT NOT NULL)")
      for service in services {
        for _ in 1...2 {
          try db.execute(sql: "INSERT INTO jobs (service, status) VALUES (?, 'stuck')", arguments: [service])
        }
      }
    }
    target = SQLiteTarget(name: "app-db", path: path, lockTimeout: lockTimeout)
    try target.prepareMarkers()
  }

  func statuses(_ service: String) throws -> [String] {
    try queue.read {
      try String.fetchAll($0, sql: "SELECT status FROM jobs WHERE service = ? ORDER BY id", arguments: [service])
    }
  }

  func set(_ service: String, _ status: String) throws {
    try queue.write {
      try $0.execute(sql: "UPDATE jobs SET status = ? WHERE service = ?", arguments: [status, service])
    }
  }

  var markers: Int {
    get throws { try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM stella_effects") ?? 0 } }
  }

  static let update = """
    sql.update { target = "app-db", table = "jobs", where = { service = p.service, status = "stuck" },
      set = { status = "queued" } },
    """

  static func request(_ number: Int, probe: Bool = false) -> String {
    let means =
      probe
      ? "observe = { url = \"https://hook.internal/\(number)\", applied = { 200 }, not_applied = { 404 } },"
      : "idempotency_header = \"idempotency-key\","
    return """
      http.request { target = "hook", method = "POST", url = "https://hook.internal/\(number)/" .. p.service, \(means)
        undo = http.request { target = "hook", method = "DELETE",
          url = "https://hook.internal/\(number)/" .. p.service, idempotency_header = "idempotency-key" } },
      """
  }

  static func fix(_ effects: String..., id: String = "requeue", before: String = "") -> String {
    """
    return fix {
      api = 1, id = "\(id)", title = "Queue it again", handles_type = { "service_down" },
      params = { service = "string" }, targets = { "app-db", "hook" },
      plan = function(ctx, p)
        \(before)
        return { \(effects.joined(separator: "\n")) }
      end,
    }
    """
  }
}
