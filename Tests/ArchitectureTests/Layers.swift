/// What each target may import: the directions that the package promises. A target that is not here fails the check, so
/// that a new one is placed consciously. Targets that don't exist yet are placed already.
enum Layers {
  struct Rule {
    /// Our own targets.
    var own: Set<String>
    /// Modules of other packages and system libraries, by name or, with `*`, by the start of the name.
    var others: Set<String> = []
    /// True when the target is part of the engine: exact, and without wall clock, randomness, files or processes.
    var isCore = false
    /// A folder within a core target where the real world begins.
    var liveFolder: String?
  }

  /// Modules of the toolchain that any target may import.
  static let toolchain: Set<String> = ["Swift", "Synchronization", "Glibc", "Musl", "Darwin", "FoundationEssentials"]
  /// Also in the toolchain, but costs start-up time and memory: for outer targets and the live seams only.
  static let heavyToolchain: Set<String> = ["Foundation", "Dispatch", "FoundationNetworking"]

  static let rules: [String: Rule] = [
    "StellaModel": Rule(own: [], isCore: true),
    "CLua": Rule(own: [], isCore: true),
    "CStellaValue": Rule(own: [], isCore: true),
    "CStellaLog": Rule(own: ["CStellaValue"], isCore: true),
    "CStellaJSON": Rule(own: ["CStellaValue"], isCore: true),
    "CStellaMatch": Rule(own: ["CStellaValue"], isCore: true),
    "CStellaLua": Rule(own: ["CLua", "CStellaValue"], isCore: true),
    "StellaLua": Rule(own: ["CStellaLua", "CStellaValue", "CLua", "StellaModel"], isCore: true),
    "StellaScripting": Rule(own: ["StellaLua", "StellaModel", "CStellaValue"], isCore: true),
    "StellaDetection": Rule(
      own: ["StellaScripting", "StellaLua", "StellaModel", "CStellaValue", "CStellaJSON", "CStellaMatch"],
      others: ["Crypto"], isCore: true),
    "StellaRemediation": Rule(
      own: ["StellaScripting", "StellaLua", "StellaModel", "CStellaValue"], others: ["Crypto"], isCore: true),
    "StellaEngine": Rule(
      own: [
        "StellaDetection", "StellaRemediation", "StellaScripting", "StellaLua", "StellaModel", "CStellaValue",
        "CStellaLog",
      ],
      others: ["Crypto", "ServiceLifecycle"], isCore: true, liveFolder: "Live"),

    "StellaConfiguration": Rule(own: ["StellaModel"], others: ["Yams"]),
    "StellaImport": Rule(own: ["StellaDetection", "StellaScripting", "StellaModel"], others: ["Yams"]),
    "StellaSQLite": Rule(own: ["StellaModel"], others: ["GRDB", "GRDBSQLite"]),
    "StellaPostgres": Rule(own: ["StellaModel", "CPostgres"]),
    "StellaNATS": Rule(own: ["StellaModel", "CNATS"]),
    "CCrypt": Rule(own: []),
    "CPostgres": Rule(own: []),
    "CNATS": Rule(own: []),
    "CStellaProcess": Rule(own: []),
    "CStellaDashboard": Rule(own: []),
    "StellaEffects": Rule(
      own: ["StellaModel", "StellaEngine", "CStellaProcess"], others: ["AsyncHTTPClient", "NIO*"]),
    "StellaNotify": Rule(
      own: ["StellaEffects", "StellaModel", "StellaNATS"], others: ["AsyncHTTPClient", "NIO*", "Crypto"]),
    "StellaLogging": Rule(own: ["StellaModel", "StellaEngine", "CStellaValue", "CStellaLog"], others: ["Logging"]),
    "StellaMetrics": Rule(own: ["StellaModel", "StellaEngine"], others: ["CoreMetrics", "ServiceLifecycle"]),
    "CZlib": Rule(own: [], isCore: true),
    "CZstd": Rule(own: []),
    "CMalloc": Rule(own: []),
    "StellaIntake": Rule(own: ["StellaModel", "CStellaJSON", "CStellaValue", "CZlib"], isCore: true),
    "StellaArchive": Rule(
      own: ["StellaEngine", "StellaDetection", "StellaModel", "CStellaValue", "CZlib", "CZstd"]),
    "StellaServer": Rule(
      own: [
        "StellaArchive", "StellaIntake", "StellaModel", "StellaEngine", "StellaLogging", "CCrypt", "CStellaDashboard",
      ],
      others: [
        "Hummingbird*", "HTTPTypes", "NIO*", "Logging", "Metrics", "Crypto", "CryptoExtras", "ServiceLifecycle", "X509",
        "SwiftASN1",
      ]),
    "StellaTesting": Rule(
      own: ["StellaModel", "StellaEngine", "StellaDetection", "StellaRemediation"], others: ["Testing"]),
    "StellaCommands": Rule(
      own: [
        "StellaArchive", "StellaConfiguration", "StellaImport", "StellaServer", "StellaEffects", "StellaSQLite",
        "StellaPostgres", "StellaNATS", "StellaNotify", "StellaLogging", "StellaEngine", "StellaDetection",
        "StellaRemediation", "StellaScripting", "StellaModel", "CMalloc",
      ], others: ["ArgumentParser", "ServiceLifecycle", "Logging"]),
    "stella": Rule(own: ["StellaCommands"]),
    // Nothing depends on it.
    "EmbeddingCost": Rule(
      own: ["StellaEngine", "StellaLogging", "StellaModel"], others: ["Hummingbird", "Logging", "ServiceLifecycle"]),
  ]

  /// What an embedder of the engine must never have to build or link.
  static let neverInEngine: Set<String> = [
    "Hummingbird*", "GRDB*", "ArgumentParser*", "NIO*", "AsyncHTTPClient", "Yams", "Subprocess", "CPostgres", "CNATS",
  ]

  /// Targets that are nothing unless a package trait is enabled, so that the default build needs none of their
  /// libraries: the root package compiles every target whatever its traits.
  static let gated: [String: String] = ["StellaPostgres": "Postgres", "StellaNATS": "NATS"]
  /// The same for the libraries: whoever depends on one does so under this trait only.
  static let gatedLibraries: [String: String] = ["CPostgres": "Postgres", "CNATS": "NATS"]

  static func allows(_ names: Set<String>, _ name: String) -> Bool {
    names.contains(name) || names.contains { $0.hasSuffix("*") && name.hasPrefix($0.dropLast()) }
  }

  /// Words whose use makes a run unrepeatable, by what they reach for. Each is a whole identifier; one that ends in `(`
  /// counts only when it is called as a function, not as a method.
  static let worldly: [(reason: String, words: [String])] = [
    (
      "the wall clock",
      [
        "Date", "ContinuousClock", "SuspendingClock", "DispatchTime", "DispatchWallTime", "clock_gettime",
        "gettimeofday", "time(", "clock(", "CFAbsoluteTimeGetCurrent",
      ]
    ),
    (
      "randomness",
      [
        "UUID", "SystemRandomNumberGenerator", "arc4random", "getrandom", "drand48", "rand(", "random(", "random_r",
        "hashValue",
      ]
    ),
    ("sleeping", ["sleep", "usleep", "nanosleep", "clock_nanosleep", "Timer", "asyncAfter"]),
    (
      "files",
      [
        "FileManager", "FileHandle", "contentsOfFile", "fopen", "open(", "openat", "opendir", "readdir", "glob(",
        "stat(",
        "fstat", "lstat", "pread", "pwrite", "unlink(", "rename(", "mkdir", "inotify_init1", "freopen",
      ]
    ),
    (
      "processes and the environment",
      [
        "Process", "ProcessInfo", "CommandLine", "posix_spawn", "fork(", "execv", "execvp", "popen", "system(",
        "getenv",
        "setenv", "getpid", "kill(", "exit(", "signal(", "sigaction", "URLSession", "socket(",
      ]
    ),
    ("the terminal", ["print(", "debugPrint", "puts(", "printf(", "fprintf", "readLine"]),
  ]

  /// Methods that take their randomness from the system unless a generator is handed to them on the same line.
  static let seedable = [".random(", ".shuffle(", ".shuffled(", ".randomElement("]

  /// Uses that are right, with the reason.
  static let exceptions: [(path: String, word: String, reason: String)] = [
    ("CStellaLua/", "clock_gettime", "the deadline of a script call, a backstop whose firing is recorded")
  ]

  /// Words that say nothing about what a file holds.
  static let grabBags: Set<String> = [
    "util", "utils", "utility", "utilities", "helper", "helpers", "common", "manager", "managers", "misc",
    "miscellaneous",
  ]

  static let mainLines = 50
}
