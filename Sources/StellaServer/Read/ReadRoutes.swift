import Hummingbird
import NIOCore

/// Routes that show what the engine does and change nothing: for everybody who may read.
package protocol ReadRoutes: Sendable {
  func add(to router: some RouterMethods<some ViewerContext>)
}

/// A request of which it is known how much its sender may see.
package protocol ViewerContext: RequestContext {
  /// Whether personal data is shown unmasked.
  var seesPersonalData: Bool { get }
  /// Whether the sender may still see as much, asked anew while an answer goes on; nil where nobody logs in.
  var mayStillRead: (@Sendable () async -> Bool)? { get }
  /// What its requests are counted by; empty where nobody logs in.
  var viewerKey: String { get }
  /// Of the connection; nil where it can't be told.
  var eventLoop: (any EventLoop)? { get }
}

extension ViewerContext {
  package var mayStillRead: (@Sendable () async -> Bool)? { nil }
  package var viewerKey: String { "" }
  package var eventLoop: (any EventLoop)? { nil }
}

extension PeerRequestContext: ViewerContext {
  /// The socket is that of the user whose data it is.
  package var seesPersonalData: Bool { true }
}

extension AccessContext: ViewerContext {
  package var seesPersonalData: Bool { identity?.has(.administer) ?? false }
  package var viewerKey: String { identity?.key ?? "" }
}
