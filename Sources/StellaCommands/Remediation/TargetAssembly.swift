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
  /// - Throws: ``SecretBookError``, and ``CommandFailure`` for a target that this program can't have.
  static func targets(_ configuration: Configuration, events: (any EffectExecutor)? = nil) throws -> TargetSet {
    let secrets = try SecretBook(configuration.secrets, environment: Configuration.environment)
    let (set, refused) = assembled(configuration.targets, secrets, events: events)
    if let first = refused.first { throw first }
    return set
  }

  /// The targets that can be made, and why others can't.
  static func assembled(
    _ targets: [TargetSettings], _ secrets: SecretBook, events: (any EffectExecutor)? = nil
  ) -> (set: TargetSet, refused: [CommandFailure]) {
    var set = TargetSet(events: events, secrets: KnownSecrets(secrets.all))
    var refused: [CommandFailure] = []
    for settings in targets {
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
          refused.append(
            CommandFailure(
              .usage,
              "the target \(settings.name) is a PostgreSQL database, and this stella was built without it. Build it with "
                + "`swift build --traits Postgres`."))
        #endif
      case .http(let settings): set.executors[settings.name] = HTTPExecutor(settings, secrets: secrets)
      case .host(let settings):
        set.executors[settings.name] = ExecExecutor(
          settings, secrets: secrets, supervisor: ExecSupervisor.program)
      }
    }
    return (set, refused)
  }

  /// What a database's own role could do and never needs to.
  static func warnings(_ database: any SQLTarget) -> [String] {
    #if Postgres
      if let database = database as? PostgresTarget { return database.warnings() }
    #endif
    return []
  }
}
