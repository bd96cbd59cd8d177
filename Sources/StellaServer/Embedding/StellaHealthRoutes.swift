import Hummingbird
import StellaEngine
import StellaModel

/// How an embedded engine fares, for the supervisor of a host: `GET health` and `GET ready` of the group that they are added to.
///
///     StellaHealthRoutes(engine).add(to: router.group("stella"))
///
/// `health` is 200 whenever the host can answer at all; `ready` is 503 while the engine doesn't run or something is wrong. They ask for
/// no login, and say that something is wrong, not what: ``StellaEngine/StellaEngine/health`` tells.
public struct StellaHealthRoutes: Sendable {
  private let engine: StellaEngine

  /// Routes for one engine.
  public init(_ engine: StellaEngine) { self.engine = engine }

  /// Adds the two routes.
  public func add(to router: some RouterMethods<some RequestContext>) {
    HealthRoutes { [engine] in Self.health(engine.health) }.add(to: router)
  }

  private static func health(_ health: EngineHealth) -> Health {
    let phase: Health.Phase =
      switch health.phase {
      case .starting: .starting
      case .running: .running
      case .stopping, .ended: .stopping
      }
    return Health(
      phase: phase,
      parts: [Health.Part("engine", isWell: health.troubles.isEmpty)])
  }
}
