import StellaConfiguration
import StellaServer
import Testing

@testable import StellaCommands

@Suite("Figures of a server's state")
struct EngineMetricsTests {
  @Test("A store that can't be read takes no other figures with it, and its own figure says so")
  func storeDown() throws {
    let directory = try CommandDirectory()
    try directory.write("stella.yaml", "state: \(directory("state"))\n")
    let configuration = try Configuration.load(path: directory("stella.yaml"), environment: [:])
    let desk = try RemediationDesk(configuration, fixes: [], hasTargets: false)
    func text() -> String {
      var metrics = MetricsText()
      metrics.add("stella_engine_up", .gauge, "Whether it is up.", 1)
      EngineMetrics.addState(of: desk, to: &metrics)
      return metrics.text
    }
    let well = text()
    #expect(well.contains("stella_store_up 1\n") && well.contains("stella_frozen 0\n"), "\(well)")
    desk.close()
    let ill = text()
    #expect(ill.contains("stella_store_up 0\n") && ill.contains("stella_engine_up 1\n"), "\(ill)")
    #expect(!ill.contains("stella_frozen"))
  }
}
