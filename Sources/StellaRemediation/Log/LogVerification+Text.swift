import StellaModel

extension LogVerification {
  /// The screen of `log verify`: what was looked at, what is covered by what, and what isn't. Never a bare OK.
  package var text: String {
    guard verdict != .failed else { return failure }
    guard let log else { return "There is no execution log yet: nothing was looked at and nothing is covered.\n" }
    var lines: [(String, String)] = []
    lines.append(
      ("Log", "\(log.short)…  opened by \(TextEscaping.oneLine(engine ?? "nobody"))"))
    let pruned = first > 1 ? "  (#1–\(LogText.number(first - 1)) pruned, on record\(pruningText))" : ""
    lines.append(
      (
        "Records",
        "\(LogText.grouped(records)): \(LogText.number(first))–\(LogText.number(head.size)), 0 gaps\(pruned)  OK"
      ))
    lines.append(("Root", "size \(LogText.grouped(head.size))  root \(head.root.short)…  recomputed  OK"))
    lines.append(("Signature", signatureText))
    lines += anchorLines
    if let export {
      lines.append(
        (
          "Export",
          "\(LogText.number(export.from))–\(LogText.number(export.to)) @ \(LogText.time(export.time)), on record with the "
            + "bundle's digest"
        ))
    }
    if payloads > 0 { lines.append(("Payloads", payloadText)) }
    lines.append(("Completeness", completeness))
    lines.append(("Covered", coverage))
    let width = 13
    var text = ""
    for (name, value) in lines {
      text += name + String(repeating: " ", count: width - name.count) + value + "\n"
    }
    let open = Int64(openItems.count) + (erasedPayloads > declaredErasures ? 1 : 0)
    text +=
      open == 0 ? "No fault found in what is covered\n" : "No fault found, with \(LogText.count(open, "open item"))\n"
    return text
  }

  /// Whoever can write the store could have removed the front and said so; the engine would not have signed it.
  private var pruningText: String {
    guard let pruningRecord else { return "" }
    let covered =
      switch signature {
      case .vouched(let checkpoint), .unvouched(let checkpoint): checkpoint.size
      case .none: Int64(0)
      }
    return covered >= pruningRecord ? "" : " in \(LogText.number(pruningRecord)), which nobody has signed yet"
  }

  private var keysText: String { rotations == 0 ? "" : "  (rotated \(rotations)×, chain of keys complete)" }

  private var signatureText: String {
    switch signature {
    case .none: "none: nothing was signed yet"
    case .vouched(let checkpoint):
      "\(checkpoint.engine) key \(checkpoint.key.short)… over \(LogText.number(checkpoint.size))\(keysText)  OK"
    case .unvouched(let checkpoint):
      "\(checkpoint.engine) key \(checkpoint.key.short)… over \(LogText.number(checkpoint.size))\(keysText)  fits, but no "
        + "public key was given to hold it against"
    }
  }

  private var anchorLines: [(String, String)] {
    guard !anchors.isEmpty else { return [("Anchors", "none configured")] }
    return anchors.enumerated().map { index, anchor in
      let finding =
        switch anchor.finding {
        case .consistent(let checkpoint):
          "\(LogAnchorText.seen(checkpoint)) consistent  OK" + (lag(of: anchor).map { ", \($0.text)" } ?? "")
        case .unreachable(let reason):
          "NOT ASKED: \(TextEscaping.oneLine(reason, limit: 200))"
            + (anchor.receipt.map {
              "; took \(LogAnchorText.seen($0)) last" + (lag(of: anchor).map { ", \($0.text)" } ?? "")
            } ?? "")
        case .empty: "has seen nothing yet"
        case .former(let checkpoint):
          "\(LogAnchorText.seen(checkpoint)) of the log before the reseal, nothing of this one"
        case .pruned(let checkpoint): "\(LogAnchorText.seen(checkpoint)), all pruned since: nothing to compare"
        case .ahead(let checkpoint): "\(LogAnchorText.seen(checkpoint)), later than this bundle: nothing to compare"
        case .contradicts: "contradicts"
        }
      return (index == 0 ? "Anchors" : "", TextEscaping.oneLine(anchor.name, limit: 160) + " " + finding)
    }
  }

  private var payloadText: String {
    let kept = "\(LogText.grouped(payloads - erasedPayloads)) as recorded, \(LogText.grouped(erasedPayloads)) erased"
    guard erasedPayloads > declaredErasures else { return kept + (erasedPayloads > 0 ? ", on record" : "") }
    return kept + ", \(LogText.grouped(erasedPayloads - declaredErasures)) of them WITHOUT a record of it"
  }

  private static let shownItems = 10

  private var completeness: String {
    let runs = "\(LogText.count(runs, "run")), \(LogText.count(intents, "effect intent")): "
    guard !openItems.isEmpty else { return runs + "each has an outcome" }
    let items = openItems.prefix(LogVerification.shownItems).map { item in
      "\(TextEscaping.oneLine(item.run, limit: 80)) \(item.undo ? "undo of " : "")e\(item.effect) at "
        + "\(LogText.number(item.number)) (\(item.isDeclared ? "unknown, declared" : "no outcome"))"
    }
    let more = openItems.count - items.count
    return runs + "each has an outcome, except \(openItems.count) → " + items.joined(separator: ", ")
      + (more > 0 ? " and \(more) more" : "")
  }

  private var coverage: String {
    var sentences: [String] = []
    if let anchored {
      sentences.append(
        "records up to \(LogText.number(anchored.number)) cannot be cut or changed unnoticed "
          + "(\(TextEscaping.oneLine(anchored.by, limit: 160))).")
      let newer = head.size - anchored.number
      if newer > 0 {
        sentences.append("\(LogText.count(newer, "newer record")) \(newer == 1 ? "is" : "are") not anchored yet.")
      }
    }
    if let signed, signed > anchored?.number ?? 0 {
      sentences.append("Records up to \(LogText.number(signed)) cannot be changed without the engine's key.")
    }
    if anchored == nil {
      let reason = anchors.isEmpty ? "no anchor configured" : "no anchor holds a record of it that could be compared"
      sentences.append("Truncation of the newest records cannot be excluded (\(reason)).")
    }
    if anchored == nil, signed == nil {
      sentences.append(
        "Whoever can write to the store could have computed the whole chain anew: only accidental damage is excluded.")
    }
    return sentences.joined(separator: " ")
  }

  private var failure: String {
    var text = "FAILED  \(faults.first?.text ?? "")\n"
    for fault in faults.dropFirst() { text += "  also: \(fault.text)\n" }
    if faultCount > faults.count { text += "  and \(faultCount - faults.count) more\n" }
    if log != nil {
      text +=
        "  the log has \(LogText.count(records, "record"))"
        + (records > 0 ? ", \(LogText.number(first))–\(LogText.number(head.size))" : "") + "\n"
    }
    if let lastGood {
      let isLast = lastGood.number == head.size
      text +=
        "  \(isLast ? "last record" : "last record before the first fault") \(LogText.number(lastGood.number)) "
        + "(\(LogText.time(lastGood.time)))\n"
    }
    text +=
      "  next: restore the store from a backup, or begin a new log that names this one: "
      + "stella log reseal --reason \"…\"\n"
    return text
  }
}

private enum LogAnchorText {
  static func seen(_ checkpoint: LogCheckpoint) -> String {
    "\(LogText.grouped(checkpoint.size)) @ \(LogText.time(checkpoint.time))"
  }
}
