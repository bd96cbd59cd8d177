import StellaModel

/// Why an embedded engine couldn't do what it was asked. Nothing was changed, unless its code says otherwise.
public struct StellaError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What a caller may react to. New codes can come with a minor version.
  public struct Code: RawRepresentable, Sendable, Hashable {
    /// Such as `engine.rules`.
    public let rawValue: String

    /// A code as it is written.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// No rule can be used, or what was loaded anew is broken. The rules before stay in force.
    public static let rules = Code(rawValue: "engine.rules")
    /// The store can't be opened, read or written. A retry helps when the message says so.
    public static let store = Code(rawValue: "engine.store")
    /// The configuration contradicts itself: two people with one name, a target that is declared twice.
    public static let configuration = Code(rawValue: "engine.configuration")
    /// The engine has ended, or was run already. A retry doesn't help; make another one.
    public static let ended = Code(rawValue: "engine.ended")
    /// There is no such run, alert, rule or silence.
    public static let notFound = Code(rawValue: "engine.not_found")
    /// The run isn't where the caller thinks it is, or its plan is another one. Look at it again.
    public static let conflict = Code(rawValue: "engine.conflict")
    /// This person may not do that.
    public static let notPermitted = Code(rawValue: "engine.not_permitted")
    /// What was given makes no sense: an empty reason, a digest of too few digits.
    public static let usage = Code(rawValue: "engine.usage")
    /// All effects are stopped.
    public static let frozen = Code(rawValue: "engine.frozen")
    /// Anything else: the message says what. A retry may help.
    public static let failed = Code(rawValue: "engine.failed")
  }

  /// What a caller may react to.
  public let code: Code
  /// What happened and what to do about it, in one or two sentences. Control characters in text from data are escaped.
  public let message: String
  /// Where in a script, as `file:line`; nil when it isn't about one.
  public let place: String?

  /// An error of these parts.
  public init(_ code: Code, _ message: String, place: String? = nil) {
    self.code = code
    self.message = TextEscaping.block(message)
    self.place = place
  }

  /// The code and the message.
  public var description: String { "\(code.rawValue): \(message)" }
}
