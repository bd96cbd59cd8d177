import StellaModel
import Testing

@testable import StellaDetection

@Suite("Sequences")
struct SequenceTests {
  private static func rule(_ sequence: String, _ keys: String = "suppress_for = \"0s\"") -> String {
    """
    return rule { api = 1, id = "s", title = "S", severity = "low", by = { "k" }, \(keys),
      sequence = { \(sequence) } }
    """
  }

  /// Runs letters as events of one key, one a second and key; digits before a letter are the second.
  private func seconds(
    _ sequence: String, _ events: String, keys: String = "suppress_for = \"0s\"", advance: Double? = 1000
  ) throws -> [Double] {
    try run(sequence, events, keys: keys, advance: advance).fired.map {
      Double($0.lastSeen - DetectStream.start) / 1e9
    }
  }

  private func run(
    _ sequence: String, _ events: String, keys: String = "suppress_for = \"0s\"", advance: Double? = 1000
  ) throws -> DetectStream.Outcome {
    var stream = DetectStream()
    for word in events.split(separator: " ") {
      let time = word.prefix { $0.isNumber }
      let rest = word.dropFirst(time.count)
      stream.add(
        Double(time)!, "\"k\":\"\(rest.dropFirst().isEmpty ? "k" : rest.dropFirst())\",\"e\":\"\(rest.first!)\"")
    }
    return try stream.run([SequenceTests.rule(sequence, keys)], advance: advance)
  }

  private static let failsThenLogin = """
    within = "10s", { name = "fails", match = [[e == "f"]], times = 3 }, { name = "login", match = [[e == "s"]] }
    """

  @Test(
    "N failures and then a login match, with anything between",
    arguments: [
      ("0f 1f 2f 3s", [3]), ("0f 1x 2f 3x 4f 5x 6s", [6]), ("0f 1f 3s", []), ("0s 1f 2f 3f", []),
      ("0f 1f 2f 11s", []), ("0f 1f 2f 10s", [10]),
      // Of more failures the newest count.
      ("0f 1f 2f 8f 9f 15s", []), ("0f 5f 6f 7f 15s", [15]), ("0f 5f 6f 7f 16s", []),
      // A match begins anew.
      ("0f 1f 2f 3s 4s", [3]), ("0f 1f 2f 3s 4f 5f 6f 7s", [3, 7]), ("0f 1f 2f 3s 4f 5f 6s", [3]),
      // Keys don't mix.
      ("0fa 1fb 2fa 3fb 4fa 5sb 6sa", [6]),
    ] as [(String, [Double])])
  func failuresThenLogin(events: String, fired: [Double]) throws {
    #expect(try seconds(SequenceTests.failsThenLogin, events) == fired)
  }
}
