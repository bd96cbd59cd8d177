import Hummingbird
import NIOCore

/// A request of this machine, where nobody logs in: nobody knows who asks.
package struct LoopbackContext: RequestContext, ViewerContext {
  package var coreContext: CoreRequestContextStorage
  package let eventLoop: (any EventLoop)?

  package init(source: Source) {
    coreContext = CoreRequestContextStorage(source: source)
    eventLoop = source.channel.eventLoop
  }

  package var seesPersonalData: Bool { false }
}
