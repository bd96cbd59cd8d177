import Foundation

/// Asks some servers of one process on this machine over some connections, one server at a time, each connection again as soon as it
/// is answered. The servers take turns so short that whatever disturbs the machine disturbs all of them.
struct LoadGenerator {
  let process: Int
  let connections: Int
  let ports: [Int]

  /// Nanoseconds for each server in each round.
  private static let turn: Int64 = 300_000_000
  /// What a turn begins with counts for nothing: caches and threads are the other servers' still.
  private static let start: Int64 = 60_000_000

  /// A turn of one server.
  private struct Turn {
    var server: Int
    /// Counts from here on.
    var counted: Int64
    var end: Int64
  }

  /// - Returns: for each round and server `requests_N`, answered a second, and `cpu_N`, µs of the process for each.
  func measured(rounds: Int) async throws -> [[(name: String, value: Double)]] {
    let began = EmbeddingCost.now() + Self.turn
    // Who comes first changes from round to round. The first round counts for nothing.
    let turns = (0...rounds).flatMap { round in
      ports.indices.map { place in
        let start = began + Int64(round * ports.count + place) * Self.turn
        return Turn(
          server: (round + place) % ports.count, counted: start + Self.start, end: start + Self.turn)
      }
    }
    var requests = [Int](repeating: 0, count: turns.count)
    var cpu: [Double] = []
    try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<connections { group.addTask { try await Self.onThread { try ask(turns) } } }
      cpu = try await Self.onThread { try turns.map(spent(in:)) }
      for try await answered in group { for (turn, count) in answered.enumerated() { requests[turn] += count } }
    }
    let seconds = Double(Self.turn - Self.start) / 1e9
    return (1...rounds).map { round in
      ports.indices.flatMap { server -> [(name: String, value: Double)] in
        let turn = turns.indices.dropFirst(round * ports.count).first { turns[$0].server == server } ?? 0
        return [
          ("requests_\(server)", Double(requests[turn]) / seconds),
          ("cpu_\(server)", cpu[turn] / 1000 / Double(max(1, requests[turn]))),
        ]
      }
    }
  }

  /// On a thread of its own: it blocks.
  private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result
  {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Swift.Result { try body() }) }
    }
  }

  /// Requests answered in the counted part of each turn.
  private func ask(_ turns: [Turn]) throws -> [Int] {
    let descriptors = try ports.map(connected(to:))
    defer { for descriptor in descriptors { close(descriptor) } }
    let request = Array("GET /orders/1017 HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    var room = [UInt8](repeating: 0, count: 64 << 10)
    var length = 0
    return try turns.map { turn in
      var requests = 0
      while EmbeddingCost.now() < turn.end {
        let descriptor = descriptors[turn.server]
        guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
          throw POSIXError(.init(rawValue: errno) ?? .EIO)
        }
        var count = 0
        // Every answer is as long as the first one.
        while length == 0 || count < length {
          let got = recv(descriptor, &room[count], room.count - count, 0)
          guard got > 0 else { throw POSIXError(.init(rawValue: got < 0 ? errno : ECONNRESET) ?? .EIO) }
          count += got
          if length == 0 { length = try Self.length(room[..<count]) ?? 0 }
        }
        guard count == length, room[9] == UInt8(ascii: "2") else {
          throw EmbeddingCost.Failure(description: "an answer wasn't like the first: " + text(room[..<count]))
        }
        if (turn.counted..<turn.end).contains(EmbeddingCost.now()) { requests += 1 }
      }
      return requests
    }
  }

  /// Nanoseconds of CPU that the process takes in the counted part of a turn, which is yet to come.
  private func spent(in turn: Turn) throws -> Double {
    wait(until: turn.counted)
    let before = try cpu()
    wait(until: turn.end)
    return try cpu() - before
  }

  private func wait(until time: Int64) {
    let left = time - EmbeddingCost.now()
    if left > 0 { usleep(UInt32(left / 1000)) }
  }

  /// Of all threads of the process, to the nanosecond; none of them ends meanwhile.
  private func cpu() throws -> Double {
    let folder = "/proc/\(process)/task"
    return try FileManager.default.contentsOfDirectory(atPath: folder).reduce(0) { sum, thread in
      let text = try String(contentsOfFile: "\(folder)/\(thread)/schedstat", encoding: .utf8)
      return sum + (text.split(separator: " ").first.flatMap { Double($0) } ?? 0)
    }
  }

  /// Of head and body; nil while the head isn't whole.
  private static func length(_ bytes: ArraySlice<UInt8>) throws -> Int? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let head = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<head.lowerBound].lowercased().components(separatedBy: "\r\n")
    guard let field = lines.first(where: { $0.hasPrefix("content-length:") }),
      let body = Int(field.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces))
    else { throw EmbeddingCost.Failure(description: "the answer says no length: \(text)") }
    return text.utf8.distance(from: text.startIndex, to: head.upperBound) + body
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix(300), as: UTF8.self) }

  private func connected(to port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }
}
