import Logging
import StellaEngine
import StellaLogging
import StellaModel

// What an embedder writes who has a logger.
let rule = """
  return rule {
    api = 1, id = "logging.check", title = "Logged", severity = "low", type = "check", status = "stable",
    where = [[level >= error]], by = { "logger" }, threshold = { count = 2, within = "1m" },
  }
  """
let engine = try await StellaEngine(EngineConfiguration(rules: .memory(["check.lua": rule])))
LoggingSystem.bootstrap { StellaLogHandler(label: $0, engine: engine) }
let alerts = engine.alerts
let logger = Logger(label: "shop")
logger.error("it failed", metadata: ["worker": "w1"])
logger.error("it failed again", metadata: ["worker": "w2"])
engine.shutDown()
try await engine.run()
for await alert in alerts { print(alert.json) }
