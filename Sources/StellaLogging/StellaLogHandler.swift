import CStellaLog
import Glibc
import Logging
import StellaEngine
import StellaModel

/// Gives a host's own log calls to the engine, beside whatever handler it has already:
///
///     LoggingSystem.bootstrap { label in
///       StellaLogHandler(label: label, engine: engine, alongside: StreamLogHandler.standardError(label: label))
///     }
///
/// The handler alongside gets every call first, as it would alone. Both may stand in a `MultiplexLogHandler` as well, which
/// costs each call more.
///
/// A call becomes one event. The call's message, level and source are fields of the event, and so is every entry of its
/// metadata, of the metadata provider's and of the logger's, in this order of precedence; numbers and truth values stay what they
/// are. `error:` gives the fields `error` and `error_type`.
///
/// A call writes its record on the caller's thread, onto its stack or into bytes that the thread keeps, and leaves it in the engine's
/// buffer. It doesn't wait, throw, or log itself. When the buffer is full the record is dropped, counted, and told of by an event of its own.
/// When the text of a value logs in turn, that inner call is dropped and counted.
public struct StellaLogHandler: LogHandler {
  /// The least level that becomes an event or goes to the handler alongside, which may have another one of its own. Setting it
  /// sets both.
  public var logLevel: Logger.Level {
    get { leastLevel }
    set {
      (level, leastLevel) = (newValue, newValue)
      changeOther { $0.logLevel = newValue }
    }
  }
  /// Becomes fields of every event. Setting it sets that of the handler alongside, too.
  public var metadata: Logger.Metadata {
    get { ownMetadata }
    set {
      ownMetadata = newValue
      changeOther { $0.metadata = newValue }
    }
  }
  /// What it gives at a call becomes fields of the event: the context of a trace, the id of a request. Setting it sets that of the
  /// handler alongside, too.
  public var metadataProvider: Logger.MetadataProvider? {
    get { provider }
    set {
      provider = newValue
      changeOther { $0.metadataProvider = newValue }
    }
  }

  /// In a class, because a call would copy an existential to use it.
  private final class Alongside: Sendable {
    let handler: any LogHandler
    let level: Logger.Level

    init(_ handler: any LogHandler) { (self.handler, level) = (handler, handler.logLevel) }
  }

  private var level = Logger.Level.info
  private var ownMetadata: Logger.Metadata = [:] { didSet { ownStorage = LogLayout.storage(of: ownMetadata) } }
  /// Of the own metadata, which keeps it, because a call would take hold of that and let it go. Nothing writes there.
  private nonisolated(unsafe) var ownStorage = LogLayout.storage(of: [:])
  private var provider: Logger.MetadataProvider?
  private var other: Alongside?
  /// The same, which that keeps, because a call would take hold of it and let it go.
  private nonisolated(unsafe) var calledOther: Unmanaged<Alongside>?
  private var leastLevel = Logger.Level.info
  /// The buffer's number of what is the same for every record, `,"logger":"…","service":"…"`.
  private let namesNumber: UInt8
  /// The same as a record has it; empty with a number.
  private let names: [UInt8]
  private let buffer: LogBuffer
  /// The buffer's, which keeps it. All threads that use it do so by the ring's own steps.
  private nonisolated(unsafe) let ring: UnsafeMutablePointer<stella_log_ring>
  /// Nil for the machine's.
  private let clock: (@Sendable () -> Int64)?
  /// Whether events are read where they are, and not asked for their parts.
  private let readsEvents: Bool

  /// - Parameters:
  ///   - label: the logger's, becomes the field `logger`.
  ///   - service: becomes the field `service`; without it the source's configuration names one.
  ///   - clock: nanoseconds since the epoch; nil for the machine's.
  ///   - asksForParts: to do without what ``LogLayout`` finds.
  package init(
    label: String, service: String? = nil, buffer: LogBuffer, alongside other: (any LogHandler)? = nil,
    metadataProvider: Logger.MetadataProvider? = nil, clock: (@Sendable () -> Int64)? = nil, asksForParts: Bool = false
  ) {
    var names = JSONText()
    names.raw(#","logger":"#)
    names.string(label)
    if let service {
      names.raw(#","service":"#)
      names.string(service)
    }
    namesNumber = buffer.names.number(of: names.bytes)
    self.names = namesNumber == HandlerNames.none ? names.bytes : []
    readsEvents = !asksForParts && namesNumber != HandlerNames.none && LogLayout.isKnown
    self.buffer = buffer
    ring = buffer.ring
    self.clock = clock
    provider = metadataProvider
    if let other {
      setOther(other)
      leastLevel = min(level, other.logLevel)
    }
  }

  /// A handler for one logger of a host.
  ///
  /// - Parameters:
  ///   - label: the logger's, becomes the field `logger`.
  ///   - engine: may begin to run later; what is logged before waits in its buffer.
  ///   - service: becomes the field `service`; nil for that of the engine's configuration.
  ///   - other: gets every call of its own level and above first; nil where nothing else is written.
  ///   - metadataProvider: as swift-log hands one to the factory of handlers; the handler alongside has its own.
  public init(
    label: String, engine: StellaEngine, service: String? = nil, alongside other: (any LogHandler)? = nil,
    metadataProvider: Logger.MetadataProvider? = nil
  ) {
    self.init(
      label: label, service: service, buffer: engine.buffer, alongside: other, metadataProvider: metadataProvider)
  }

  /// One entry of ``metadata``.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { ownMetadata[key] ?? other?.handler[metadataKey: key] }
    set {
      ownMetadata[key] = newValue
      changeOther { $0[metadataKey: key] = newValue }
    }
  }

  /// Writes the event; never waits, throws, or allocates anything once the thread's bytes are as long as its records.
  public func log(event: LogEvent) {
    if let calledOther {
      let isLess = calledOther._withUnsafeGuaranteedRef { other in
        if event.level >= other.level { other.handler.log(event: event) }
        return event.level < level
      }
      if isLess { return }
    }
    let time = clock?() ?? Self.wallClock()
    if provider != nil { return writeProvided(event, time) }
    if readsEvents, isWritten(event, nil, time) { return }
    write(event, nil, time)
  }

  /// Writes an event where that is read where it is.
  ///
  /// - Parameter provided: storage of what the provider gives.
  /// - Returns: false for one that has to be asked for its parts.
  @inline(__always)
  private func isWritten(_ event: LogEvent, _ provided: UnsafeRawPointer?, _ time: Int64) -> Bool {
    // Nothing is called meanwhile that could log.
    let outcome = withUnsafePointer(to: event) {
      stella_log_call(ring, $0, namesNumber, time, ownStorage, provided)
    }
    if outcome == .kept { return true }
    return isSettled(outcome, time)
  }

  @inline(never)
  private func isSettled(_ outcome: LogOutcome, _ time: Int64) -> Bool {
    switch outcome {
    case .kept: break
    case .awaited: buffer.wake()
    case .full: buffer.countFull(time: time)
    case .nested: buffer.countNested(time: time)
    case .unusual: return false
    }
    return true
  }

  /// Writes an event with what the provider gives; what that logs meanwhile is dropped and counted.
  @inline(never)
  private func writeProvided(_ event: LogEvent, _ time: Int64) {
    guard let provider else { return }
    if stella_log_is_writing() { return buffer.countNested(time: time) }
    if stella_log_is_scant(ring) { return buffer.countFull(time: time) }
    stella_log_set_writing(true)
    defer { stella_log_set_writing(false) }
    write(event, from: provider, time)
  }

  /// A function of its own, so that what the provider gave is let go of before it returns: that may log, too.
  @inline(never)
  private func write(_ event: LogEvent, from provider: Logger.MetadataProvider, _ time: Int64) {
    let provided = provider.get()
    withExtendedLifetime(provided) {
      stella_log_set_writing(false)
      if !readsEvents || !isWritten(event, LogLayout.storage(of: provided), time) { write(event, provided, time) }
      stella_log_set_writing(true)
    }
  }

  /// Writes an event by its parts, which may take code of the host's; what that logs meanwhile is dropped and counted.
  @inline(never)
  private func write(_ event: LogEvent, _ provided: Logger.Metadata?, _ time: Int64) {
    if stella_log_is_writing() { return buffer.countNested(time: time) }
    if stella_log_is_scant(ring) { return buffer.countFull(time: time) }
    guard let scratch = RecordScratch.ofThread(), var record = LogRecord(scratch) else {
      return buffer.countFull(time: time)
    }
    stella_log_set_writing(true)
    defer { stella_log_set_writing(false) }
    record.begin(
      event, hasSource: GivenSource.isGiven(in: event), namesNumber: namesNumber, names: names, time: time)
    // Of two entries with one name the one that comes later counts.
    if !ownMetadata.isEmpty { record.add(ownMetadata) }
    if let provided, !provided.isEmpty { record.add(provided) }
    if let own = event.metadata, !own.isEmpty { record.add(own) }
    if let bytes = record.bytes { buffer.append(bytes, time: time, isCall: true) } else { buffer.countFull(time: time) }
    record.end(scratch)
  }

  /// A copy of the handler alongside takes the place of that which other copies of this one have.
  private mutating func changeOther(_ change: (inout any LogHandler) -> Void) {
    guard var handler = other?.handler else { return }
    change(&handler)
    setOther(handler)
  }

  private mutating func setOther(_ handler: any LogHandler) {
    let other = Alongside(handler)
    (self.other, calledOther) = (other, Unmanaged.passUnretained(other))
  }

  private static func wallClock() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
  }
}
