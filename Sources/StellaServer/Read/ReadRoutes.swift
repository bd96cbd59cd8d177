import Hummingbird

/// Routes that show what the engine does and change nothing: for everybody who may read.
package protocol ReadRoutes: Sendable {
  func add(to router: some RouterMethods<some ViewerContext>)
}

/// A request of which it is known how much its sender may see.
package protocol ViewerContext: RequestContext {
  /// Whether personal data is shown unmasked.
  var seesPersonalData: Bool { get }
}

extension PeerRequestContext: ViewerContext {
  /// The socket is that of the user whose data it is.
  package var seesPersonalData: Bool { true }
}

extension BasicRequestContext: ViewerContext {
  /// Nobody knows who asks.
  package var seesPersonalData: Bool { false }
}

extension AccessContext: ViewerContext {
  package var seesPersonalData: Bool { identity?.has(.administer) ?? false }
}
