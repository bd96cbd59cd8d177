import FoundationEssentials
import NIOCore
import NIOSSL
import StellaModel

/// One connection to a mail server: greeting, TLS, authentication, and mails.
struct MailConversation {
  /// RFC 5321 has 512; some servers say more.
  private static let lineLimit = 4096
  private static let replyLines = 100

  private struct Reply {
    var code: Int
    var lines: [String]

    var text: String { "\(code) " + TextEscaping.oneLine(lines.joined(separator: " "), limit: 200) }
  }

  private let settings: MailSettings
  private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
  private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
  private let channel: any Channel
  private let context: NIOSSLContext?
  private var received = ByteBuffer()

  init(
    settings: MailSettings, iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator,
    outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, channel: any Channel, context: NIOSSLContext?
  ) {
    self.settings = settings
    self.iterator = iterator
    self.outbound = outbound
    self.channel = channel
    self.context = context
  }

  /// Up to where a mail could be sent.
  mutating func begin() async throws {
    _ = try await expect(220, "its greeting")
    var extensions = try await hello()
    if settings.security == .startTLS {
      guard extensions.contains("STARTTLS") else {
        throw MailFailure("it offers no STARTTLS, and nothing is sent without", isFinal: true)
      }
      _ = try await ask("STARTTLS", 220)
      // What came behind the answer in plain text would be taken for the server's own words within TLS.
      guard received.readableBytes == 0, let context else {
        throw MailFailure("it said more in plain text after STARTTLS, as an attacker would", isFinal: true)
      }
      let (channel, host) = (channel, settings.host)
      try await channel.eventLoop.submit {
        try channel.pipeline.syncOperations.addHandler(MailClient.handler(context, host), position: .first)
      }.get()
      extensions = try await hello()
    }
    if let user = settings.user, let password = settings.password {
      try await logIn(user, password, extensions)
    }
  }

  /// Sends it to all who are taken; when there is none, nothing is sent.
  mutating func send(_ mail: MailText, to recipients: [String]) async throws -> MailReceipt {
    try await begin()
    _ = try await ask("MAIL FROM:<\(settings.from)>", 250)
    var receipt = MailReceipt()
    for recipient in recipients {
      let reply = try await command("RCPT TO:<\(recipient)>")
      switch reply.code {
      case 250, 251: receipt.taken.append(recipient)
      case 500...: receipt.refused[recipient] = reply.text
      default: receipt.postponed[recipient] = reply.text
      }
    }
    guard !receipt.taken.isEmpty else {
      await quit()
      return receipt
    }
    _ = try await ask("DATA", 354)
    var body = ByteBuffer()
    var isLineStart = true
    for byte in mail.bytes {
      if isLineStart, byte == UInt8(ascii: ".") { body.writeInteger(byte) }
      body.writeInteger(byte)
      isLineStart = byte == UInt8(ascii: "\n")
    }
    body.writeString(".\r\n")
    try await outbound.write(body)
    _ = try await expect(250, "the mail")
    await quit()
    return receipt
  }

  /// Waits for no answer: what was taken stays taken, whatever is said to this, or when nothing is.
  func quit() async { try? await outbound.write(ByteBuffer(string: "QUIT\r\n")) }

  // MARK: -

  private mutating func hello() async throws -> Set<String> {
    let own = channel.localAddress?.ipAddress ?? "127.0.0.1"
    let reply = try await ask("EHLO [\(own.contains(":") ? "IPv6:" : "")\(own)]", 250)
    // `AUTH PLAIN LOGIN` is there as AUTH, AUTH PLAIN and AUTH LOGIN.
    return reply.lines.dropFirst().reduce(into: []) { found, line in
      let words = line.uppercased().split(separator: " ")
      guard let name = words.first else { return }
      found.insert(String(name))
      for word in words.dropFirst() { found.insert("\(name) \(word)") }
    }
  }

  private mutating func logIn(_ user: String, _ password: ConcealedText, _ extensions: Set<String>) async throws {
    guard settings.security != .none else {
      throw MailFailure("a password is sent over TLS alone", isFinal: true)
    }
    let reply: Reply
    if extensions.contains("AUTH PLAIN") {
      let secret = Data([0] + Array(user.utf8) + [0] + Array(password.text.utf8)).base64EncodedString()
      reply = try await command("AUTH PLAIN \(secret)")
    } else if extensions.contains("AUTH LOGIN") {
      _ = try await ask("AUTH LOGIN", 334)
      _ = try await ask(Data(user.utf8).base64EncodedString(), 334, what: "the user")
      reply = try await command(Data(password.text.utf8).base64EncodedString())
    } else {
      throw MailFailure("it offers neither AUTH PLAIN nor AUTH LOGIN", isFinal: true)
    }
    guard reply.code == 235 else {
      // Its text could hold what was said to it.
      throw MailFailure("it doesn't take user and password (\(reply.code))", isFinal: reply.code >= 500)
    }
  }

  private mutating func ask(_ line: String, _ code: Int, what: String? = nil) async throws -> Reply {
    try check(try await command(line), code, what ?? String(line.prefix { $0 != ":" }))
  }

  private mutating func expect(_ code: Int, _ what: String) async throws -> Reply {
    try check(try await reply(), code, what)
  }

  private func check(_ reply: Reply, _ code: Int, _ what: String) throws -> Reply {
    guard reply.code == code else {
      throw MailFailure("it answered \(what) with \(reply.text)", isFinal: reply.code >= 500)
    }
    return reply
  }

  private mutating func command(_ line: String) async throws -> Reply {
    try await outbound.write(ByteBuffer(string: line + "\r\n"))
    return try await reply()
  }

  private mutating func reply() async throws -> Reply {
    var lines: [String] = []
    while lines.count < Self.replyLines {
      let line = try await line()
      guard line.utf8.count >= 3, let code = Int(line.prefix(3)), (200..<600).contains(code) else {
        throw MailFailure("it said what no mail server says: \(TextEscaping.oneLine(line, limit: 100))")
      }
      lines.append(String(line.dropFirst(4)))
      if line.utf8.dropFirst(3).first != UInt8(ascii: "-") { return Reply(code: code, lines: lines) }
    }
    throw MailFailure("its answer has over \(Self.replyLines) lines")
  }

  private mutating func line() async throws -> String {
    while true {
      if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
        let count = end - received.readableBytesView.startIndex + 1
        let line = received.readString(length: count) ?? ""
        return String(line.dropLast(line.hasSuffix("\r\n") ? 1 : 1).filter { $0 != "\r" })
      }
      guard received.readableBytes <= Self.lineLimit else { throw MailFailure("its answer has no end") }
      guard var more = try await iterator.next() else { throw MailFailure("it closed the connection") }
      received.discardReadBytes()
      received.writeBuffer(&more)
    }
  }
}
