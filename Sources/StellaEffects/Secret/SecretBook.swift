import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The configured secrets with their values, read once: a value stays that of its version as long as this book is in use.
/// Printing, interpolating or dumping it tells nothing of them.
package struct SecretBook: SecretSource {
  private let entries: [(reference: SecretReference, value: [UInt8])]

  package static let valueLimitBytes = 64 << 10

  /// Reads the values.
  ///
  /// - Parameter environment: what `env:` names.
  /// - Throws: with everything that is wrong, by name of the secret; nothing is kept then.
  package init(_ settings: [SecretSettings], environment: [String: String]) throws(SecretBookError) {
    let (book, problems) = Self.readable(settings, environment: environment)
    guard problems.isEmpty else { throw SecretBookError(problems) }
    self = book
  }

  private init(entries: [(reference: SecretReference, value: [UInt8])]) { self.entries = entries }

  /// What can be read, and what is wrong with the others: for who looks at all of it instead of using it.
  ///
  /// - Parameter environment: what `env:` names.
  package static func readable(
    _ settings: [SecretSettings], environment: [String: String]
  ) -> (book: SecretBook, problems: [SecretBookError.Problem]) {
    var entries: [(reference: SecretReference, value: [UInt8])] = []
    var problems: [SecretBookError.Problem] = []
    for secret in settings {
      do throws(SecretBookError.Problem) {
        if entries.contains(where: { $0.reference.name == secret.reference.name }) {
          throw SecretBookError.Problem(secret.reference.name, "is there twice. Keep the version that is in force.")
        }
        let value =
          switch secret.origin {
          case .environment(let variable): try Self.value(of: variable, in: environment, for: secret.reference)
          case .file(let path): try Self.contents(of: path, for: secret.reference)
          }
        guard value.count >= KnownSecrets.minimumBytes else {
          throw SecretBookError.Problem(
            secret.reference.name,
            "is shorter than \(KnownSecrets.minimumBytes) bytes, and couldn't be told from other text. Use a longer one."
          )
        }
        entries.append((secret.reference, value))
      } catch {
        problems.append(error)
      }
    }
    return (SecretBook(entries: entries), problems)
  }

  package func value(of reference: SecretReference) throws(TargetError) -> [UInt8] {
    guard let entry = entries.first(where: { $0.reference.name == reference.name }) else {
      throw TargetError(.refused, target: "secrets", "\(reference) isn't configured. Add it to `secrets:`.")
    }
    guard entry.reference == reference else {
      throw TargetError(
        .refused, target: "secrets",
        "\(reference) is no longer in force, \(entry.reference) is. Plan again with that version.")
    }
    return entry.value
  }

  package var all: [(reference: SecretReference, value: [UInt8])] { entries }

  private static func value(
    of variable: String, in environment: [String: String], for reference: SecretReference
  ) throws(SecretBookError.Problem) -> [UInt8] {
    guard let value = environment[variable] else {
      throw SecretBookError.Problem(
        reference.name, "is to come from the environment variable \(TextEscaping.oneLine(variable)), which isn't set.")
    }
    return Array(value.utf8)
  }

  private static func contents(
    of path: String, for reference: SecretReference
  ) throws(SecretBookError.Problem) -> [UInt8] {
    let shown = TextEscaping.oneLine(path)
    // Without following what waits for a writer for ever.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard file >= 0 else {
      throw SecretBookError.Problem(reference.name, "is to come from \(shown): \(String(cString: strerror(errno))).")
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw SecretBookError.Problem(reference.name, "is to come from \(shown), which is no regular file.")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw SecretBookError.Problem(
        reference.name, "is in \(shown), which others than its owner may use. Run `chmod 600` on it.")
    }
    guard status.st_uid == geteuid() || status.st_uid == 0 else {
      throw SecretBookError.Problem(
        reference.name, "is in \(shown), which belongs to another user. It must belong to this one or to root.")
    }
    var bytes = [UInt8](repeating: 0, count: valueLimitBytes + 2)
    var count = 0
    while count < bytes.count {
      let taken = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress.map { $0 + count }, $0.count - count) }
      if taken < 0, errno == EINTR { continue }
      guard taken >= 0 else {
        throw SecretBookError.Problem(reference.name, "is in \(shown): \(String(cString: strerror(errno))).")
      }
      if taken == 0 { break }
      count += taken
    }
    bytes.removeLast(bytes.count - count)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    guard bytes.count <= valueLimitBytes else {
      throw SecretBookError.Problem(reference.name, "is in \(shown), which is longer than \(valueLimitBytes) bytes.")
    }
    return bytes
  }
}

extension SecretBook: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "secrets" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why the configured secrets can't be used. Corrected, they can be read again.
package struct SecretBookError: Error, Sendable, Hashable, CustomStringConvertible {
  package struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    package let secret: String
    /// What is wrong and what to do; without the value.
    package let message: String

    package init(_ secret: String, _ message: String) {
      self.secret = secret
      self.message = message
    }

    package var description: String { "The secret \(secret) \(message)" }
  }

  /// In the order of the configuration.
  package let problems: [Problem]

  package init(_ problems: [Problem]) { self.problems = problems }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}
