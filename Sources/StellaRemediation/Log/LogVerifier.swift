import StellaModel

/// What an anchor said when it was asked, once, before a log is read.
package struct LogAnchorReport: Sendable, Hashable {
  package var name: String
  package var checkpoint: LogCheckpoint?
  /// Why it couldn't be asked; nil when it could.
  package var failure: String?
  /// What it took last as far as the store remembers, for one that can't be asked.
  package var receipt: LogCheckpoint?

  package init(
    name: String, checkpoint: LogCheckpoint?, failure: String? = nil, receipt: LogCheckpoint? = nil
  ) {
    self.name = name
    self.checkpoint = checkpoint
    self.failure = failure
    self.receipt = receipt
  }

  /// - Parameter receipts: What the store remembers.
  package init(asking anchor: any LogAnchor, receipts: [LogAnchorReceipt] = []) {
    name = anchor.name
    do throws(LogAnchorError) {
      checkpoint = try anchor.newest()
    } catch {
      failure = error.message
      receipt = receipts.first { $0.anchor == anchor.name }?.checkpoint
    }
  }
}

/// Verifies one log, read once from its first record to its last. O(bytes) time; memory for the keys, the anchors and the
/// effects without outcome, whatever the number of records.
package struct LogVerifier {
  private let trusted: [LogPublicKey]
  private let reports: [LogAnchorReport]
  private let mayEndEarly: Bool
  private var result = LogVerification()
  private var ring: LogKeyRing?
  private var outline: LogOutline?

  /// What the next record may follow: the hash as computed and the one that was stored. They differ after a fault only,
  /// and either then saves the next record from being blamed for it.
  private var previous = LogHash.zero
  private var previousStored: LogHash?
  private var number: Int64 = 0
  private var epoch: Int64 = 0
  private var checkpointSize: Int64 = 0
  private var rotationsMet = 0
  private var isFloorDeclared = false
  private var open: [Step: (number: Int64, isDeclared: Bool)] = [:]

  private struct Step: Hashable {
    var run: String
    var effect: Int64
    var undo: Bool
  }

  private init(trusted: [LogPublicKey], anchors: [LogAnchorReport], mayEndEarly: Bool) {
    self.mayEndEarly = mayEndEarly
    self.trusted = trusted
    reports = anchors
  }

  /// Reads `source` to its end.
  ///
  /// - Parameters:
  ///   - trusted: Keys that somebody vouches for; with none, signatures are held against the keys that the log names.
  ///   - anchors: What they said before the log was read, so that it has at least what they have seen.
  ///   - mayEndEarly: True for a bundle, which was exported at some time and needn't have what came later.
  /// - Throws: only what the source throws because it can't be read further.
  package static func verify(
    _ source: any LogSource, trusted: [LogPublicKey], anchors: [LogAnchorReport], mayEndEarly: Bool = false
  ) throws -> LogVerification {
    var verifier = LogVerifier(trusted: trusted, anchors: anchors, mayEndEarly: mayEndEarly)
    verifier.begin(source.outline)
    while let item = try source.next() { verifier.take(item) }
    return verifier.end()
  }

  private mutating func begin(_ outline: LogOutline?) {
    result.anchors = reports.map { report in
      let finding: LogVerification.Finding = report.failure.map { .unreachable($0) } ?? .empty
      return LogVerification.Anchor(name: report.name, finding: finding, receipt: report.receipt)
    }
    guard let outline else { return }
    self.outline = outline
    result.log = outline.log
    let ring = LogKeyRing(outline, trusted: trusted)
    for fault in ring.faults { result.add(fault) }
    self.ring = ring
    result.engine = ring.opening?.engine
    result.rotations = outline.rotations.count
    guard let floor = outline.floor else { return }
    number = floor.number
    previous = floor.root
    rotationsMet = outline.rotations.prefix { $0.number <= floor.number }.count
    compareAnchors(at: floor.number, root: floor.root)
  }

  private mutating func take(_ item: LogItem) {
    switch item {
    case .record(let record): take(record)
    case .checkpoint(let checkpoint): take(checkpoint)
    }
  }

  private mutating func take(_ stored: StoredLogRecord) {
    result.records += 1
    if stored.number <= number {
      result.add(.order(number: stored.number, after: number))
      return
    }
    let isGap = stored.number != number + 1
    if isGap { result.add(.gap(after: number, found: stored.number)) }
    if result.first == 0 { result.first = stored.number }
    number = stored.number

    let computed = LogRecord.hash(of: stored.bytes, after: previous)
    let fits =
      computed == stored.hash
      || previousStored.map { LogRecord.hash(of: stored.bytes, after: $0) == stored.hash } ?? false
    previous = fits ? stored.hash : computed
    previousStored = fits ? nil : stored.hash
    // What follows a gap can't be computed; the gap is the fault then.
    if !fits, !isGap { result.add(.changed(number: stored.number)) }
    result.head = LogHead(size: stored.number, root: stored.hash)

    do throws(LogError) {
      let record = try LogRecord(bytes: stored.bytes)
      if record.number != stored.number { result.add(.changed(number: stored.number)) }
      examine(record, stored)
    } catch {
      result.add(
        error.code == .newer
          ? .newer(number: stored.number, reason: error.message)
          : .malformed(number: stored.number, reason: error.message))
    }
    compareAnchors(at: stored.number, root: stored.hash)
  }

  private mutating func examine(_ record: LogRecord, _ stored: StoredLogRecord) {
    if record.epoch < epoch { result.add(.epoch(number: record.number)) }
    epoch = max(epoch, record.epoch)
    if record.number == 1 { checkOpening(record, stored.hash) }
    if let digest = record.payload {
      result.payloads += 1
      if let payload = stored.payload {
        if payload.digest != digest { result.add(.payload(number: record.number)) }
      } else {
        result.erasedPayloads += 1
      }
    } else if stored.payload != nil {
      result.add(.payload(number: record.number))
    }
    switch record.kind {
    case .logOpened where record.number > 1: result.add(.opening)
    case .keyRotated: checkRotation(record)
    case .payloadsErased: result.declaredErasures += max(0, record.integer("count") ?? 0)
    case .logPruned:
      if let floor = outline?.floor, record.integer("to") == floor.number, record.text("root") == floor.root.hex {
        isFloorDeclared = true
        result.pruningRecord = record.number
      }
    case .logExported:
      if let export = LogExport(record), export.to >= result.export?.to ?? 0 { result.export = export }
    case .runProposed: result.runs += 1
    default: if record.kind.isStep { follow(record) }
    }
    if result.faultCount == 0 {
      result.lastGoodNumber = record.number
      result.lastGoodTime = record.time
    }
  }

  private mutating func checkOpening(_ record: LogRecord, _ hash: LogHash) {
    if record.kind != .logOpened || hash != outline?.log { result.add(.opening) }
  }

  private mutating func checkRotation(_ record: LogRecord) {
    let rotations = outline?.rotations ?? []
    guard rotationsMet < rotations.count, rotations[rotationsMet].number == record.number,
      record.text("key") == HexText.text(rotations[rotationsMet].key),
      record.text("signature") == HexText.text(rotations[rotationsMet].signature)
    else { return result.add(.rotation(number: record.number)) }
    rotationsMet += 1
  }

  private mutating func follow(_ record: LogRecord) {
    guard let effect = record.integer("effect") else {
      return result.add(.malformed(number: record.number, reason: "it does not say which effect it is about"))
    }
    let step = Step(run: record.run ?? "", effect: effect, undo: record["undo"] == .bool(true))
    switch record.kind {
    case .effectIntended:
      result.intents += 1
      open[step] = (record.number, false)
    case .effectUnclear: open[step]?.isDeclared = true
    default: open[step] = nil
    }
  }

  private mutating func take(_ checkpoint: LogCheckpoint) {
    result.checkpoints += 1
    if checkpoint.size == checkpointSize { result.add(.checkpoint(size: checkpoint.size, .second)) }
    checkpointSize = checkpoint.size
    guard checkpoint.log == outline?.log else { return result.add(.checkpoint(size: checkpoint.size, .log)) }
    guard checkpoint.size <= number else { return result.add(.truncated(size: checkpoint.size)) }
    let root = checkpoint.size == outline?.floor?.number ? outline?.floor?.root : result.head.root
    if checkpoint.size < result.head.size || checkpoint.root != root {
      return result.add(.checkpoint(size: checkpoint.size, .root))
    }
    switch ring?.check(checkpoint) {
    case .success(let isTrusted): result.signature = isTrusted ? .vouched(checkpoint) : .unvouched(checkpoint)
    case .failure(let fault): result.add(.checkpoint(size: checkpoint.size, fault.problem))
    case nil: break
    }
  }

  /// Holds what the anchors saw at this size against what is there.
  private mutating func compareAnchors(at size: Int64, root: LogHash) {
    for (index, report) in reports.enumerated() {
      guard let checkpoint = report.checkpoint, checkpoint.size == size, checkpoint.log == outline?.log else {
        continue
      }
      var problem: LogFault.Problem?
      if checkpoint.root != root { problem = .root }
      if problem == nil, case .failure(let fault)? = ring?.check(checkpoint) { problem = fault.problem }
      result.anchors[index].finding = problem == nil ? .consistent(checkpoint) : .contradicts
      if let problem { result.add(.anchor(name: report.name, size: size, problem)) }
    }
  }

  private mutating func end() -> LogVerification {
    for (index, report) in reports.enumerated() {
      guard let checkpoint = report.checkpoint, result.anchors[index].finding == .empty else { continue }
      result.anchors[index].finding = .contradicts
      if outline == nil {
        result.add(.missing(name: report.name))
      } else if checkpoint.log != outline?.log {
        // Anybody could begin a log that claims to follow another; only the engine's key makes it true.
        if result.signed != nil, ring?.opening?.formerLogs.contains(checkpoint.log) == true {
          result.anchors[index].finding = .former(checkpoint)
        } else {
          result.add(.anchor(name: report.name, size: checkpoint.size, .log))
        }
      } else if checkpoint.size > number {
        if mayEndEarly {
          result.anchors[index].finding = .ahead(checkpoint)
        } else {
          result.add(.anchorAhead(name: report.name, checkpoint))
        }
      } else if checkpoint.size < outline?.floor?.number ?? 0 {
        result.anchors[index].finding = .pruned(checkpoint)
      } else {
        // The record of that number is among those that are missing.
        result.add(.anchor(name: report.name, size: checkpoint.size, .root))
      }
    }
    for rotation in (outline?.rotations ?? []).dropFirst(rotationsMet) {
      result.add(.rotation(number: rotation.number))
    }
    if outline != nil, result.records == 0 { result.add(.noRecords) }
    if let floor = outline?.floor, !isFloorDeclared { result.add(.pruned(to: floor.number)) }
    result.openItems = open.map { step, state in
      LogVerification.OpenItem(
        run: step.run, effect: step.effect, undo: step.undo, number: state.number, isDeclared: state.isDeclared)
    }.sorted { $0.number < $1.number }
    return result
  }
}
