import StellaModel

extension Configuration {
  /// Secrets and targets of a file whose form is right, with what only their meaning can tell to be wrong.
  mutating func takeTargets(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    for (name, entry) in value["secrets"]?.members ?? [] {
      if let secret = Self.secret(name, entry, resolved, &problems) { secrets.append(secret) }
    }
    for (name, entry) in value["targets"]?.members ?? [] {
      do throws(EffectError) { try EffectCheck.checkName(name, at: "targets") } catch {
        problems.append(.init(.wrongValue, at: entry.place, "`\(TextEscaping.oneLine(name))`: \(error.message)."))
        continue
      }
      switch entry["kind"]?.text {
      case "sqlite"?: targets.append(.sqlite(Self.sqlite(name, entry, resolved)))
      case "postgres"?: targets.append(.postgres(Self.postgres(name, entry)))
      case "http"?: targets.append(.http(Self.http(name, entry, resolved, &problems)))
      case "host"?: targets.append(.host(Self.host(name, entry, resolved, &problems)))
      // A problem of its own says so already.
      default: break
      }
    }
  }

  private static func secret(
    _ name: String, _ entry: ConfigurationValue, _ resolved: (String) -> String,
    _ problems: inout [ConfigurationError.Problem]
  ) -> SecretSettings? {
    let given = ["env", "file"].filter { entry[$0] != nil }
    guard given.count == 1 else {
      let found = given.isEmpty ? "none" : "both"
      problems.append(.init(.conflict, at: entry.place, "a secret needs either `env` or `file`; found \(found)."))
      return nil
    }
    guard let version = entry["version"]?.text else { return nil }
    guard let reference = SecretReference(name: name, version: version) else {
      problems.append(
        .init(
          .wrongValue, at: entry["version"]?.place ?? entry.place,
          "`\(TextEscaping.oneLine(name))@\(TextEscaping.oneLine(version))` can't be written in a fix: name and version are "
            + "ASCII letters, digits and . _ -, at most 64, and a name begins with a letter."))
      return nil
    }
    if let variable = entry["env"]?.text { return SecretSettings(reference, from: .environment(variable)) }
    return entry["file"]?.text.map { SecretSettings(reference, from: .file(resolved($0))) }
  }

  private static func sqlite(
    _ name: String, _ entry: ConfigurationValue, _ resolved: (String) -> String
  ) -> SQLiteTargetSettings {
    var settings = SQLiteTargetSettings(name: name, path: entry["path"]?.text.map(resolved) ?? "")
    settings.isReadable = entry["read"]?.flag ?? settings.isReadable
    settings.rowLimit = entry["max_rows"]?.integer ?? settings.rowLimit
    settings.lockTimeout = entry.duration("lock_timeout") ?? settings.lockTimeout
    return settings
  }

  private static func postgres(_ name: String, _ entry: ConfigurationValue) -> PostgresTargetSettings {
    var settings = PostgresTargetSettings(name: name, address: ConcealedText(entry["address"]?.text ?? ""))
    settings.isReadable = entry["read"]?.flag ?? settings.isReadable
    settings.rowLimit = entry["max_rows"]?.integer ?? settings.rowLimit
    settings.connectTimeout = entry.duration("connect_timeout") ?? settings.connectTimeout
    settings.lockTimeout = entry.duration("lock_timeout") ?? settings.lockTimeout
    return settings
  }

  private static func http(
    _ name: String, _ entry: ConfigurationValue, _ resolved: (String) -> String,
    _ problems: inout [ConfigurationError.Problem]
  ) -> HTTPTargetSettings {
    var settings = HTTPTargetSettings(name: name, origins: [], allowed: [])
    for address in entry["address"]?.elements ?? [] {
      guard let origin = address.text.flatMap(HTTPOrigin.init) else {
        // What stands there may hold a password.
        problems.append(
          .init(
            .wrongValue, at: address.place,
            "`address` of an http target must be `https://host` or `http://host:port`, without path, user and password."
          ))
        continue
      }
      settings.origins.append(origin)
    }
    for request in entry["allow"]?.elements ?? [] {
      guard let method = request["method"]?.text, let path = request["path"]?.text else { continue }
      do throws(HTTPDeclarationError) {
        let isSafe = request["safe"]?.flag ?? false
        settings.allowed.append(try HTTPAllowedRequest(method: method, path: path, isSafe: isSafe))
      } catch {
        problems.append(.init(.wrongValue, at: request["path"]?.place ?? request.place, error.message))
      }
    }
    settings.connectTimeout = entry.duration("connect_timeout") ?? settings.connectTimeout
    settings.timeout = entry.duration("timeout") ?? settings.timeout
    settings.responseLimitBytes = entry["response_bytes"]?.bytes ?? settings.responseLimitBytes
    settings.caFile = entry["ca_file"]?.text.map(resolved)
    return settings
  }

  private static func host(
    _ name: String, _ entry: ConfigurationValue, _ resolved: (String) -> String,
    _ problems: inout [ConfigurationError.Problem]
  ) -> HostTargetSettings {
    var settings = HostTargetSettings(name: name, commands: [])
    for command in entry["commands"]?.elements ?? [] {
      let words = command["argv"]?.elements ?? []
      let argv = words.compactMap(\.text)
      guard command["argv"] != nil, argv.count == words.count else { continue }
      do throws(ExecDeclarationError) {
        settings.commands.append(.init(try ExecCommand(argv), isSafe: command["safe"]?.flag ?? false))
      } catch {
        let place = words.indices.contains(error.argument) ? words[error.argument].place : command.place
        problems.append(.init(.wrongValue, at: place, "`argv` \(error)"))
      }
    }
    settings.directory = entry["directory"]?.text.map(resolved) ?? settings.directory
    settings.timeout = entry.duration("timeout") ?? settings.timeout
    settings.grace = entry.duration("grace") ?? settings.grace
    settings.outputLimitBytes = entry["output_bytes"]?.bytes ?? settings.outputLimitBytes
    settings.cpuTime = entry.duration("cpu_time") ?? settings.cpuTime
    settings.memoryLimitBytes = entry["memory_bytes"]?.bytes ?? settings.memoryLimitBytes
    settings.fileLimitBytes = entry["file_bytes"]?.bytes ?? settings.fileLimitBytes
    settings.openFileLimit = entry["open_files"]?.integer ?? settings.openFileLimit
    settings.sandbox = entry["sandbox"]?.text.flatMap(HostTargetSettings.Sandbox.init) ?? settings.sandbox
    return settings
  }
}

extension ConfigurationValue {
  fileprivate func duration(_ name: String) -> Duration? { self[name]?.nanoseconds.map(Duration.nanoseconds) }
}
