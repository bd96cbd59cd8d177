import Foundation
import StellaModel
import StellaServer
import Testing

@testable import StellaCommands

@Suite("Where requests are answered")
struct RequestPlaceTests {
  @Test("A request whose targets can't be had leaves those behind it a store that is open")
  func missingSecret() throws {
    let directory = try CommandDirectory()
    try directory.write(
      "stella.yaml",
      """
      state: \(directory("state"))
      users: { me: { uids: [\(getuid())], roles: [admin, approver] } }
      secrets: { token: { version: 1, env: STELLA_TEST_UNSET } }

      """)
    let place = try RequestPlace(
      config: directory("stella.yaml"), isLocal: true, remote: try RemoteOptions.parse([]))
    defer { place.close() }
    let list = OperatorRequest.alerts(OperatorRequest.AlertFilter())
    #expect(try place.answer(list, as: .json).isList)
    #expect(throws: (any Error).self) { try place.answer(.replan("r-1"), as: .json) }
    #expect(try place.answer(list, as: .json).isList)
  }

  @Test("A request about one thing that names none is refused, and not answered as one about all of them")
  func nothingNamed() throws {
    let directory = try CommandDirectory()
    try directory.write("stella.yaml", "state: \(directory("state"))\n")
    let place = try RequestPlace(
      config: directory("stella.yaml"), isLocal: true, remote: try RemoteOptions.parse([]))
    defer { place.close() }
    let requests: [OperatorRequest] = [
      .alert(""), .acknowledge("", reason: "r"), .show(""), .state(""), .execute(""), .rules(.show("")),
      .fixes(.show("")), .history(rule: "", limit: 1), .access(.revokeToken("")), .notifications(.retry("")),
    ]
    for request in requests {
      let failure = #expect(throws: CommandFailure.self, "\(request)") { try place.answer(request, as: .json) }
      #expect(failure?.status == .usage, "\(request)")
    }
  }
}
