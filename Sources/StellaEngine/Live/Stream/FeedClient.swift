import Synchronization

/// Who gets what a ``LiveFeed`` has. Called on the feed's thread: it must not block.
package protocol FeedClient: AnyObject, Sendable {
  /// Takes messages over, each whole; false when it takes nothing more.
  func take(_ chunk: FeedChunk) -> Bool
  /// Whether there is room for so many bytes of what it missed, beside what may wait of what happens. If not, `body` is called
  /// once there is, on any thread, unless nothing more is taken.
  func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool
  /// Nothing more comes, because it took too little.
  func drop()
  /// Nothing more comes; `farewell` is the last message, which says why.
  func end(_ farewell: FeedChunk)
}

/// Messages as they go out, shared by all clients that get the same.
package final class FeedChunk: Sendable {
  package let bytes: [UInt8]
  /// Messages in it.
  package let count: Int
  private let form = Mutex<(any Sendable)?>(nil)

  init(_ bytes: [UInt8], count: Int) { (self.bytes, self.count) = (bytes, count) }

  /// The bytes as they are sent, made once for all clients: a copy for each would be most of what a crowd takes.
  package func form<Form: Sendable>(_ make: ([UInt8]) -> Form) -> Form {
    form.withLock { known in
      if let known = known as? Form { return known }
      let made = make(bytes)
      known = made
      return made
    }
  }
}
