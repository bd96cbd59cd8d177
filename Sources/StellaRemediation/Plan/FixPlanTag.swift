import StellaModel

/// The bytes that tell cases apart in `fixplan/v1`. A number is never given to another case.
enum FixPlanTag {
  /// Begins every plan.
  static let magic = Array("fixplan/v1\n".utf8)

  enum Purpose: UInt8, CaseIterable {
    case fix = 0
    case rollback = 1
  }

  enum Value: UInt8, CaseIterable {
    case null = 0x00
    case `false` = 0x01
    case `true` = 0x02
    case integer = 0x03
    case double = 0x04
    case text = 0x05
    case bytes = 0x06
    case array = 0x07
    case object = 0x08
    case result = 0x09
    case secret = 0x0A
  }

  enum Effect: UInt8, CaseIterable {
    case sqlUpdate = 1
    case sqlInsert = 2
    case sqlDelete = 3
    case sqlRestore = 4
    case httpRequest = 5
    case exec = 6
    case eventEmit = 7
    /// An `exec` that a host of the engine has looked at.
    case hostCall = 8
  }

  enum Class: UInt8, CaseIterable {
    case tx = 1
    case keyed = 2
    case probe = 3
    case blind = 4

    init(_ effectClass: EffectClass) {
      switch effectClass {
      case .tx: self = .tx
      case .keyed: self = .keyed
      case .probe: self = .probe
      case .blind: self = .blind
      }
    }

    var effectClass: EffectClass {
      switch self {
      case .tx: .tx
      case .keyed: .keyed
      case .probe: .probe
      case .blind: .blind
      }
    }
  }

  enum Precondition: UInt8, CaseIterable {
    case none = 0
    case rows = 1
    case observedNotApplied = 2

    init(_ precondition: StellaModel.Precondition) {
      switch precondition {
      case .none: self = .none
      case .rows: self = .rows
      case .observedNotApplied: self = .observedNotApplied
      }
    }
  }

  enum Undo: UInt8, CaseIterable {
    case restore = 1
    case effect = 2
    case irreversible = 3
  }

  enum Probe: UInt8, CaseIterable {
    case get = 1
    case run = 2
  }

  /// The log level of an event, numbered here so that no other enumeration can move it.
  enum Level: UInt8, CaseIterable {
    case trace = 1
    case debug = 2
    case info = 3
    case notice = 4
    case warning = 5
    case error = 6
    case critical = 7

    init(_ level: LogLevel) {
      switch level {
      case .trace: self = .trace
      case .debug: self = .debug
      case .info: self = .info
      case .notice: self = .notice
      case .warning: self = .warning
      case .error: self = .error
      case .critical: self = .critical
      }
    }

    var level: LogLevel {
      switch self {
      case .trace: .trace
      case .debug: .debug
      case .info: .info
      case .notice: .notice
      case .warning: .warning
      case .error: .error
      case .critical: .critical
      }
    }
  }
}
