import StellaModel

/// Where fixes are planned that somebody asks for: apart from other requests, since targets may be slow, and tokens apart from people, so
/// that no program keeps people from planning.
package struct PlanningWork: Sendable {
  private let people: RequestWork
  private let tokens: RequestWork

  package init(people: RequestWork, tokens: RequestWork) { (self.people, self.tokens) = (people, tokens) }

  func work(of caller: Caller) -> RequestWork { if case .token = caller { tokens } else { people } }

  package func end() async {
    await people.end()
    await tokens.end()
  }
}
