import StellaModel

/// The clients that get the same, and the messages that are collected for them. Used on the feed's thread only.
final class FeedView {
  let filter: FeedFilter
  private let epoch: String
  private var clients: [(client: any FeedClient, isResumed: Bool)] = []
  private var bytes: [UInt8] = []
  private var count = 0

  init(_ filter: FeedFilter, epoch: String) { (self.filter, self.epoch) = (filter, epoch) }

  var isEmpty: Bool { clients.isEmpty }
  /// Whether what was collected is as much as goes out together: less than may wait for a client.
  var isFull: Bool { bytes.count >= 32 << 10 }
  var clientCount: Int { clients.count }

  func add(_ client: any FeedClient, isResumed: Bool) { clients.append((client, isResumed)) }

  func remove(_ client: ObjectIdentifier) { clients.removeAll { ObjectIdentifier($0.client) == client } }

  // MARK: - Messages

  /// Adds a message with an id to those that are collected.
  func add(_ number: Int64, _ type: StaticString, _ json: [UInt8]) {
    switch filter.framing {
    case .serverSentEvents:
      add("id: ")
      addID(number)
      add("\nevent: ")
      add(type)
      add("\ndata: ")
      bytes += json
      add("\n\n")
    case .lines, .messages:
      add("{\"id\":\"")
      addID(number)
      add("\",\"type\":\"")
      add(type)
      add("\",\"data\":")
      bytes += json
      add("}\n")
    }
    count += 1
  }

  /// A message without an id: about the stream itself.
  static func notice(_ type: StaticString, _ json: String, _ framing: FeedFilter.Framing) -> FeedChunk {
    let text =
      switch framing {
      case .serverSentEvents: "event: \(type)\ndata: \(json)\n\n"
      case .lines, .messages: "{\"type\":\"\(type)\",\"data\":\(json)}\n"
      }
    return FeedChunk(Array(text.utf8), count: 1)
  }

  private func add(_ text: StaticString) {
    bytes += UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
  }

  private func addID(_ number: Int64) {
    bytes += epoch.utf8
    bytes.append(UInt8(ascii: "-"))
    bytes += String(number).utf8
  }

  /// What was collected, when there is something.
  func chunk() -> FeedChunk? {
    guard count > 0 else { return nil }
    let chunk = FeedChunk(bytes, count: count)
    bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
    count = 0
    return chunk
  }

  // MARK: - Clients

  /// Hands messages to the clients; returns how many of them take nothing more, and were removed.
  ///
  /// - Parameter toResumed: only to those that went on where they were before.
  func send(_ chunk: FeedChunk, toResumed: Bool = false) -> (messages: Int, dropped: Int) {
    let before = clients.count
    var reached = 0
    clients.removeAll { client, isResumed in
      if toResumed && !isResumed { return false }
      reached += 1
      return !client.take(chunk)
    }
    return (reached * chunk.count, before - clients.count)
  }

  func end(_ reason: String) {
    let farewell = FeedView.notice("end", FieldValue.object([.init("reason", .string(reason))]).json, filter.framing)
    for (client, _) in clients { client.end(farewell) }
    clients = []
  }
}
