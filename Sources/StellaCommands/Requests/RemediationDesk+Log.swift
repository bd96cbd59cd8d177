import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Requests about the execution log.
extension RemediationDesk {
  func answer(_ request: LogRequest, as layout: AnswerLayout) throws -> OperatorAnswer {
    switch request {
    case .records(let filter): try records(filter, layout)
    case .record(let number): try record(number, layout)
    case .status: try logStatus(layout)
    }
  }

  private func records(_ filter: LogRequest.Filter, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let page = try store.readRuns { try LogPage(filter, of: $0) }
    var answer = OperatorAnswer()
    answer.isList = true
    answer.next = page.next
    answer.body =
      switch layout {
      case .json: page.records.map { FieldValue.object(LogRecordText.members($0)).json + "\n" }.joined()
      case .text: page.records.map(LogRecordText.line).joined()
      }
    return answer
  }

  private func record(_ number: Int64, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let (stored, head, floor) = try store.readRuns {
      (try $0.record(at: number), $0.head, try $0.outline()?.floor?.number ?? 0)
    }
    guard let stored else {
      let reason =
        number >= 1 && number <= floor
        ? "was pruned: those up to \(floor) are in what was exported" : "is none: the last is \(head.size)"
      throw CommandFailure(.notFound, "the record \(number) of the execution log \(reason).")
    }
    let record = try LogRecord(bytes: stored.bytes)
    var answer = OperatorAnswer()
    switch layout {
    case .json:
      let payload: FieldValue = record.payload == nil ? .null : .string(stored.payload == nil ? "erased" : "kept")
      answer.body =
        FieldValue.object(
          LogRecordText.members(record) + [
            .init("hash", .string(stored.hash.hex)), .init("payload", payload),
            .init("payload_digest", record.payload.map { .string($0.hex) } ?? .null),
          ]
        ).json + "\n"
    case .text: answer.body = LogRecordText.line(record) + "    hash \(stored.hash.hex)\n"
    }
    return answer
  }

  // MARK: - Status

  private func logStatus(_ layout: AnswerLayout) throws -> OperatorAnswer {
    let (head, outline, signed, receipts) = try store.readRuns {
      ($0.head, try $0.outline(), try $0.lastCheckpoint(), try $0.receipts())
    }
    let verified = outline.flatMap { LogVerifiedNote.read(directory, of: $0.log) }
    let floor = outline?.floor?.number ?? 0
    var answer = OperatorAnswer()
    switch layout {
    case .json:
      answer.body =
        FieldValue.object([
          .init("log", outline.map { .string($0.log.hex) } ?? .null), .init("size", .integer(head.size)),
          .init("head", .string(head.root.hex)), .init("first", .integer(floor + 1)),
          .init("signed", signed.map { .integer($0.size) } ?? .null),
          .init("signed_at", signed.map { .string(Timestamp.text($0.time)) } ?? .null),
          .init(
            "anchors",
            .array(
              receipts.map {
                .object([
                  .init("name", .string($0.anchor)), .init("size", .integer($0.checkpoint.size)),
                  .init("time", .string(Timestamp.text($0.checkpoint.time))),
                ])
              })),
          .init("verified", verified.map { .object($0) } ?? .null),
        ]).json + "\n"
    case .text:
      var lines = ScreenLines(layout.terminal)
      let time = ScreenTime(now: remediation.journal.time.now())
      lines.field("Records", "\(head.size)" + (floor > 0 ? ", those up to \(floor) pruned" : ""))
      lines.field("Head", head.root.hex)
      lines.field("Signed", signed.map { "up to \($0.size), \(time.distance($0.time))" } ?? "not yet")
      for receipt in receipts {
        lines.field(
          "Anchor",
          "\(ScreenText.name(receipt.anchor)) has it up to \(receipt.checkpoint.size), "
            + time.distance(receipt.checkpoint.time))
      }
      lines.field("Verified", Self.verified(verified, time))
      answer.body = lines.text
    }
    return answer
  }

  private static func verified(_ note: [FieldValue.Member]?, _ time: ScreenTime) -> String {
    func value(_ name: String) -> FieldValue? { note?.first { $0.name == name }?.value }
    guard case .string(let verdict)? = value("verdict"), case .integer(let size)? = value("size"),
      case .string(let text)? = value("time"), let at = Timestamp.parse(text)
    else { return "never here: stella log verify" }
    return "\(ScreenText.name(verdict)) up to \(size), \(time.distance(at))"
  }
}
