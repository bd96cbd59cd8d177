import StellaConfiguration
import StellaEffects
import StellaModel
import StellaRemediation
import StellaSQLite

#if Postgres
  import StellaPostgres
#endif

/// Makes the targets that a configuration declares. Nothing is connected or looked at yet.
enum TargetAssembly {
  /// - Parameter events: takes what `event.emit` makes; nil where no rules run.
  static func targets(_ configuration: Configuration, events: (any EffectExecutor)? = nil) throws -> TargetSet {
    let secrets = try SecretBook(configuration.secrets, environment: Configuration.environment)
    var set = TargetSet(events: events, secrets: KnownSecrets(secrets.all))
    for settings in configuration.targets {
      switch settings {
      case .sqlite(let settings):
        set.databases[settings.name] = SQLiteTarget(
          name: settings.name, path: settings.path, lockTimeout: settings.lockTimeout)
        set.rowLimits[settings.name] = settings.rowLimit
        if settings.isReadable { set.readable.insert(settings.name) }
      case .postgres(let settings):
        #if Postgres
          set.databases[settings.name] = PostgresTarget(settings)
          set.rowLimits[settings.name] = settings.rowLimit
          if settings.isReadable { set.readable.insert(settings.name) }
        #else
          throw CommandFailure(
            .usage,
            "the target \(settings.name) is a PostgreSQL database, and this stella was built without it. Build it with "
              + "`swift build --traits Postgres`.")
        #endif
      case .http(let settings): set.executors[settings.name] = HTTPExecutor(settings, secrets: secrets)
      case .host(let settings):
        set.executors[settings.name] = ExecExecutor(
          settings, secrets: secrets, supervisor: ExecSupervisor.program)
      }
    }
    return set
  }

  /// What a database's own role could do and never needs to.
  static func warnings(_ database: any SQLTarget) -> [String] {
    #if Postgres
      if let database = database as? PostgresTarget { return database.warnings() }
    #endif
    return []
  }
}
