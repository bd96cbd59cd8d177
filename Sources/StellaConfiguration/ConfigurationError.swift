import StellaModel

/// Where in a configuration file something is written.
package struct ConfigurationPlace: Sendable, Hashable, CustomStringConvertible {
  package var file: String
  /// From 1; columns count characters.
  package var line: Int
  package var column: Int

  package init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// Why a configuration is refused, with everything that is wrong with it. Nothing of it is in force then; a retry helps
/// once the file is corrected.
package struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  package struct Problem: Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
      case notReadable = "configuration.not_readable"
      case notYAML = "configuration.not_yaml"
      case unknownKey = "configuration.unknown_key"
      case wrongValue = "configuration.wrong_value"
      case missingKey = "configuration.missing_key"
      case conflict = "configuration.conflict"
      case environment = "configuration.environment"
    }

    package let code: Code
    package let place: ConfigurationPlace
    /// What was found, what is allowed, and a remedy.
    package let message: String

    package init(_ code: Code, at place: ConfigurationPlace, _ message: String) {
      self.code = code
      self.place = place
      self.message = message
    }

    package var description: String { "\(place): \(message)" }
  }

  /// At least one, in the order of the file.
  package let problems: [Problem]

  package init(_ problems: [Problem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
