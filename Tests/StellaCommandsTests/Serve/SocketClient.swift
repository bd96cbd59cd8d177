/// A WebSocket's client of another maker.
final class SocketClient: ScriptProcess {
  init(
    _ python: String, _ url: String, origin: String? = nil, secret: String? = nil, cookie: String? = nil,
    authority: String? = nil, in directory: CommandDirectory
  ) throws {
    let more = ["STELLA_SESSION": secret, "STELLA_COOKIE": cookie, "STELLA_AUTHORITY": authority].compactMapValues {
      $0
    }
    try super.init(
      python, "socket_client", [url] + [origin].compactMap { $0 }, environment: more, directory: directory.path)
  }

  func message(_ type: String, with part: String = "") -> [String: Any]? {
    until { said in
      guard let message = said["message"] as? [String: Any] else { return false }
      return message["type"] as? String == type && (part.isEmpty || "\(message)".contains(part))
    }?["message"] as? [String: Any]
  }
}
