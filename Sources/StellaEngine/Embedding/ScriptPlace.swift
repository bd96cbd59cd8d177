import StellaModel
import StellaScripting

/// Where rules or fixes come from.
public struct ScriptPlace: Sendable {
  enum Kind: Sendable {
    case paths([String])
    case memory([RuleSource])
  }

  let kind: Kind

  /// Every `*.lua` file under a directory that is not a test. Changes are taken up while the engine runs, all of them or none.
  public static func directory(_ path: String) -> ScriptPlace { ScriptPlace(kind: .paths([path])) }

  /// The same of several directories and files, in this order.
  public static func paths(_ paths: [String]) -> ScriptPlace { ScriptPlace(kind: .paths(paths)) }

  /// A directory among the resources of a bundle.
  ///
  /// - Parameters:
  ///   - resources: the bundle's `resourcePath`; nil, which a bundle without resources has, gives no scripts.
  ///   - directory: within it.
  public static func bundle(_ resources: String?, directory: String = "Rules") -> ScriptPlace {
    guard let resources else { return .none }
    return .directory(resources.hasSuffix("/") ? resources + directory : resources + "/" + directory)
  }

  /// Scripts by the name that messages call them by, such as `errors.lua`.
  public static func memory(_ sources: [String: String]) -> ScriptPlace {
    ScriptPlace(
      kind: .memory(
        sources.sorted { $0.key < $1.key }.map { RuleSource(file: $0.key, text: Array($0.value.utf8)) }))
  }

  /// No scripts.
  public static let none = ScriptPlace(kind: .memory([]))

  var paths: [String] {
    if case .paths(let paths) = kind { paths } else { [] }
  }

  func read() -> (sources: [RuleSource], errors: [RuleError]) {
    switch kind {
    case .paths(let paths): RuleFiles.read(paths)
    case .memory(let sources): (sources, [])
    }
  }
}

extension ScriptPlace: ExpressibleByStringLiteral {
  /// A directory.
  public init(stringLiteral path: String) { self = .directory(path) }
}
