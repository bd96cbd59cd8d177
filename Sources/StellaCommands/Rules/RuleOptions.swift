import ArgumentParser
import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel

/// Where rules come from.
package struct RuleOptions: ParsableArguments {
  @Option(
    name: .long,
    help:
      "A directory or file of rules; may be given several times. Default: stella.yaml, else ./Rules, else those that ship.",
    completion: .directory)
  package var rules: [String] = []

  package init() {}

  /// The paths to load. Those that were named are there and may be read, so that a mistyped one doesn't pass for no rules.
  ///
  /// - Throws: ``CommandFailure`` `notFound` and `failure` where one isn't, `usage` where none is named or found.
  func paths(_ configuration: Configuration) throws -> [String] {
    if !rules.isEmpty { return try RuleOptions.checked(rules) }
    if let configured = configuration.rules { return configured }
    for candidate in ["./Rules"] + RuleOptions.installed() where access(candidate, F_OK) == 0 {
      return try RuleOptions.checked([candidate])
    }
    throw CommandFailure(
      .usage, "no rules found. Name a directory of rules, put rule files into ./Rules, or say `rules:` in stella.yaml.")
  }

  private static func checked(_ paths: [String]) throws(CommandFailure) -> [String] {
    for path in paths where access(path, R_OK) != 0 {
      let code = errno
      throw CommandFailure(
        code == ENOENT || code == ENOTDIR ? .notFound : .failure,
        TextEscaping.oneLine("the rules \(path) can't be read: \(String(cString: strerror(code)))."))
    }
    return paths
  }

  /// Where the rules that ship may be: beside an installed program, and at the root of the package it was built in.
  private static func installed() -> [String] {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard length > 0 else { return [] }
    let program = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var directory = program
    func up() {
      directory = directory.lastIndex(of: "/").map { String(directory[..<$0]) } ?? ""
    }
    up()
    var candidates = [directory + "/../share/stella/Rules"]
    // .build/<triple>/<configuration>/stella
    for _ in 0..<3 {
      up()
      candidates.append(directory + "/Rules")
    }
    return candidates
  }
}

extension Configuration {
  /// Reads the configuration with this process's environment. What only a running server uses needs no variables: where one isn't set,
  /// it is left out.
  static func load(_ path: String?) throws(ConfigurationError) -> Configuration {
    try load(path: path, environment: environment, sparing: serverParts)
  }

  /// The same with everything in it, for a server and what looks after one.
  static func whole(_ path: String?) throws(ConfigurationError) -> Configuration {
    try load(path: path, environment: environment)
  }

  /// The state directory that it names, for who asks the server on it and needs nothing else.
  static func state(_ path: String?) throws(ConfigurationError) -> String {
    try state(path: path, environment: environment)
  }

  /// This process's.
  static var environment: [String: String] {
    var environment: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { environment[String(pair[0])] = String(pair[1]) }
      entry += 1
    }
    return environment
  }

  /// The parameters of rules without the places they are written at.
  var parameterValues: [String: [String: FieldValue]] { params.mapValues { $0.mapValues(\.value) } }
}
