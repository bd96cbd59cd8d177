import Foundation
import StellaEffects
import StellaModel
import Synchronization
import Testing

@Suite("Commands of effects", .serialized, .timeLimit(.minutes(2)))
struct ExecExecutorTests {
  let directory: CommandDirectory
  static let secrets = TestSecrets(["token@1": "correct-horse-battery"])

  /// Whether commands get a supervisor that is a program of its own, instead of a fork.
  @TaskLocal static var isSpawned = false

  init() throws { directory = try CommandDirectory() }

  func executor(
    _ commands: [[String]], isSafe: Bool = false, adjust: (inout HostTargetSettings) -> Void = { _ in }
  ) throws -> ExecExecutor {
    var settings = HostTargetSettings(
      name: "local", commands: try commands.map { .init(try ExecCommand($0), isSafe: isSafe) })
    settings.timeout = .seconds(60)
    settings.grace = .milliseconds(200)
    adjust(&settings)
    let supervisor = Self.isSpawned ? try directory.compile("exec_supervisor.c") : nil
    return ExecExecutor(settings, secrets: Self.secrets, supervisor: supervisor)
  }

  /// Runs one command that its own target allows.
  func run(
    _ argv: [String], expect: [Int] = [], environment: NamedValues = [:],
    adjust: (inout HostTargetSettings) -> Void = { _ in }
  ) throws -> EffectOutcome {
    let effect = Effect.Exec(
      target: "local", argv: argv.map { .text($0) }, environment: environment, expectedCodes: expect)
    return try executor([argv], adjust: adjust).perform(.exec(effect), marker: .test())
  }

  @Test("A command is run as it stands, and the end of its output told on one line")
  func output() throws {
    #expect(try run(["/usr/bin/printf", "one\\n  two $HOME `x`\\n"]) == .applied("exit code 0: one two $HOME `x`"))
    #expect(try run(["/usr/bin/true"]) == .applied("exit code 0"))
    let script = try directory.script("both", "echo out; echo err >&2; seq 1 200; exit 7")
    let outcome = try run([script], expect: [7])
    #expect(outcome.kind == .applied && outcome.text.hasSuffix("199 200") && outcome.text.utf8.count < 230)
  }

  @Test("A bare name runs the program of the list, not what a search path finds")
  func bareName() throws {
    let script = try directory.script("true", "echo mine")
    let effect = Effect.exec(Effect.Exec(target: "local", argv: ["true"]))
    #expect(try executor([[script]]).perform(effect, marker: .test()) == .applied("exit code 0: mine"))
    #expect(try executor([["/usr/bin/false"]]).perform(effect, marker: .test()).kind == .notApplied)
  }

  @Test(
    "What an exit code means",
    arguments: [
      (0, [], EffectOutcome.Kind.applied), (1, [], .unclear), (255, [], .unclear), (3, [3], .applied),
      (0, [3], .unclear), (3, [0, 3], .applied),
    ])
  func exitCodes(code: Int, expected: [Int], kind: EffectOutcome.Kind) throws {
    let outcome = try run([try directory.script("end", "exit \(code)")], expect: expected)
    #expect(outcome.kind == kind && outcome.text == "exit code \(code)")
  }

  @Test("A program that can't be executed has changed nothing")
  func notStarted() throws {
    let missing = try run([directory("missing")])
    #expect(missing == .notApplied("couldn't be started: No such file or directory"))
    // Root may use every file, but not execute one that nobody may.
    let closed = try directory.script("closed", "", mode: 0o600)
    #expect(try run([closed]) == .notApplied("couldn't be started: Permission denied"))
    let lost = try directory.script("lost", "", shell: "#!/no/such/interpreter\n")
    #expect(try run([lost]) == .notApplied("couldn't be started: No such file or directory"))
    let formless = try directory.script("formless", "x", shell: "")
    #expect(try run([formless]) == .notApplied("couldn't be started: Exec format error"))
    let nowhere = try run(["/usr/bin/true"]) { $0.directory = "/no/such/directory" }
    #expect(nowhere == .notApplied("couldn't be started: No such file or directory"))
  }

  @Test("A signal that ends it leaves it unclear")
  func signalled() throws {
    #expect(try run([try directory.script("dies", "kill -SEGV $$")]) == .unclear("ended by signal 11"))
  }

  @Test("What isn't on the list is refused and not run, and so is what isn't known")
  func refused() throws {
    let touched = directory("touched")
    let executor = try executor([["/usr/bin/touch", "{a|b}"], ["/usr/bin/stat", "{word}"]])
    for argv: [EffectValue] in [
      ["/usr/bin/touch", .text(touched)], ["touch", .text(touched)], [.text(touched)], ["stat", "--version"],
      ["stat", .array(["a", .text(" b")])], ["stat", .result(ResultReference("e1.id")!)],
    ] {
      let effect = Effect.exec(Effect.Exec(target: "local", argv: argv))
      #expect(executor.perform(effect, marker: .test()).kind == .notApplied, "\(argv)")
    }
    #expect(!FileManager.default.fileExists(atPath: touched))
    // Before it is known, a result may become a word, and nothing else.
    func admit(_ argv: [EffectValue]) throws {
      _ = try executor.admit(.exec(Effect.Exec(target: "local", argv: argv)))
    }
    try admit(["stat", .array(["id-", .result(ResultReference("e1.id")!)])])
    #expect(throws: TargetError.self) { try admit(["touch", .result(ResultReference("e1.id")!)]) }
    #expect(throws: TargetError.self) {
      try executor.admit(
        .httpRequest(Effect.HTTPRequest(target: "local", method: "GET", url: "http://127.0.0.1:9/")))
    }
  }

  @Test("Safe is what the configuration lists as safe, and nothing that another entry asks about")
  func safety() throws {
    let effect = Effect.exec(Effect.Exec(target: "local", argv: ["true"]))
    #expect(try executor([["/usr/bin/true"]], isSafe: true).admit(effect).isSafe)
    #expect(try !executor([["/usr/bin/true"]], isSafe: false).admit(effect).isSafe)
    let both = try executor([["/usr/bin/true"]], isSafe: true) {
      $0.commands.append(.init(try! ExecCommand(["/usr/bin/true"]), isSafe: false))
    }
    #expect(try !both.admit(effect).isSafe)
  }

  @Test("An observation is a command of the list, and its exit code tells")
  func observation() throws {
    let executor = try executor([["/usr/bin/false"], ["/usr/bin/test", "{word}", "=", "{word}"]])
    func effect(_ word: String, _ program: String = "test") -> Effect {
      .exec(
        Effect.Exec(
          target: "local", argv: ["/usr/bin/false"],
          observation: Observation(.run(argv: [program, word, "=", "a"]), applied: [0], notApplied: [1])))
    }
    #expect(executor.observe(effect("a")) == .applied("exit code 0"))
    #expect(executor.observe(effect("b")) == .notApplied("exit code 1"))
    #expect(executor.observe(effect("a", "missing")).kind == .unclear)
    #expect(throws: TargetError.self) { try executor.admit(effect("a", "missing")) }
    #expect(executor.observe(.exec(Effect.Exec(target: "local", argv: ["/usr/bin/false"]))).kind == .unclear)
  }

  @Test("It has no input, nothing else open, the environment it is given, limits, and no way to more rights")
  func surroundings() throws {
    // Open in the engine, and not marked to be closed.
    let held = open(directory.path, O_RDONLY | O_DIRECTORY)
    defer { close(held) }
    let script = try directory.script(
      "look",
      """
      readlink /proc/self/fd/0; ls /proc/self/fd | wc -w; ulimit -t; ulimit -c; ulimit -n; ulimit -f; ulimit -v
      grep NoNewPrivs /proc/self/status; pwd; env | sort | grep -v -e ^_= -e ^PWD= -e ^OLDPWD= -e ^SHLVL=
      """)
    let outcome = try run(
      [script], environment: ["TOKEN": .secret(SecretReference("token@1")!)],
      adjust: {
        $0.directory = "/usr"
        $0.cpuTime = .seconds(7)
        $0.openFileLimit = 33
        $0.fileLimitBytes = 1 << 20
        $0.memoryLimitBytes = 1 << 30
      })
    #expect(outcome == .applied("exit code 0: (left out, it holds secret:token@1)"))
    let plain = try run(
      [script],
      adjust: {
        $0.directory = "/usr"
        $0.cpuTime = .seconds(7)
        $0.openFileLimit = 33
        $0.fileLimitBytes = 1 << 20
        $0.memoryLimitBytes = 1 << 30
      })
    #expect(
      plain.text
        == "exit code 0: /dev/null 4 7 0 33 2048 1048576 NoNewPrivs: 1 /usr LANG=C.UTF-8 "
        + "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
  }

  @Test("A secret reaches the command by its environment alone")
  func secret() throws {
    let script = try directory.script(
      "check", "[ \"$TOKEN\" = correct-horse-battery ] && ! grep -q h[o]rse /proc/self/cmdline /proc/$PPID/cmdline")
    #expect(try run([script], environment: ["TOKEN": .secret(SecretReference("token@1")!)]).kind == .applied)
    let other = try run([script], environment: ["TOKEN": .secret(SecretReference("token@2")!)])
    #expect(other == .notApplied("secret:token@2 isn't configured."))
  }

  @Test("When its time is over everything of it is ended, whatever it ignores and wherever it has fled to")
  func timeLimit() throws {
    let pipe = try directory.pipe("alive")
    let script = try directory.script(
      "stays",
      """
      exec 9>"$1"
      trap '' TERM HUP INT
      for i in 1 2 3; do
        setsid sh -c 'trap "" TERM; (sleep 1000 & sleep 1000) & sleep 1000' &
        sleep 1000 &
      done
      echo ready >&9
      while :; do sleep 1000; done
      """)
    let reader = PipeReader(pipe)
    let outcome = try run([script, pipe], adjust: { $0.timeout = .seconds(1) })
    #expect(outcome.kind == .unclear && outcome.text.hasPrefix("its time of 1s was over"), "\(outcome)")
    #expect(reader.wait() == "ready\n")
  }

  @Test("A command that ends in time after it was told to is unclear all the same")
  func endsOnTerm() throws {
    let script = try directory.script("polite", "trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done")
    let outcome = try run(
      [script],
      adjust: {
        $0.timeout = .milliseconds(500)
        $0.grace = .seconds(30)
      })
    #expect(
      outcome.kind == .unclear && outcome.text.contains("exit code 0: ") && outcome.text.hasSuffix("bye"), "\(outcome)")
  }

  @Test("What a command leaves running in the background is ended with it")
  func background() throws {
    let pipe = try directory.pipe("alive")
    let script = try directory.script(
      "leaves",
      "exec 9>\"$1\"; setsid sleep 1000 & sleep 1000 & (setsid sh -c 'sleep 1000 & sleep 1000' &) & echo on >&9")
    let reader = PipeReader(pipe)
    #expect(try run([script, pipe]).kind == .applied)
    #expect(reader.wait() == "on\n")
  }

  @Test("A tree of hundreds of processes is ended when its time is over")
  func tree() throws {
    let pipe = try directory.pipe("alive")
    let script = try directory.script(
      "grows",
      """
      [ "$2" ] || exec 9>"$1"
      level=${2:-0}
      if [ "$level" -lt 4 ]; then for i in 1 2 3 4; do setsid "$0" "$1" $((level + 1)) & done; fi
      exec sleep 1000
      """)
    let reader = PipeReader(pipe)
    #expect(try run([script, pipe], adjust: { $0.timeout = .seconds(2) }).kind == .unclear)
    #expect(reader.wait() == "")
  }

  @Test("A flood of output is read on, and only its end kept")
  func flood() throws {
    let script = try directory.script("floods", "head -c 50000000 /dev/zero | tr '\\0' x; echo; echo the end")
    let outcome = try run([script], adjust: { $0.outputLimitBytes = 1000 })
    #expect(outcome.kind == .applied && outcome.text.hasSuffix("x the end") && outcome.text.utf8.count < 230)
    let endless = try run(["/usr/bin/yes"], adjust: { $0.timeout = .milliseconds(300) })
    #expect(endless.kind == .unclear && endless.text.hasSuffix("y y y"))
  }

  @Test("Processor time, memory and the size of files are bounded")
  func limits() throws {
    let spins = try directory.script("spins", "while :; do :; done")
    #expect(try run([spins], adjust: { $0.cpuTime = .seconds(1) }).kind == .unclear)
    let eats = try directory.script("eats", "head -c 600000000 /dev/zero | tail -c 500000000 > /dev/null")
    #expect(try run([eats], adjust: { $0.memoryLimitBytes = 64 << 20 }).text.contains("memory"))
    let writes = try directory.script("writes", "head -c 3000000 /dev/zero > \(directory("big"))")
    #expect(try run([writes], adjust: { $0.fileLimitBytes = 1 << 20 }).kind == .unclear)
    let size = try FileManager.default.attributesOfItem(atPath: directory("big"))[.size] as? Int
    #expect(size == 1 << 20)
  }

  @Test("Commands that run at the same time get each their own output")
  func concurrent() throws {
    let executor = try executor([["/usr/bin/printf", "{word}"]])
    let outcomes = Mutex<[Int: EffectOutcome]>([:])
    DispatchQueue.concurrentPerform(iterations: 24) { index in
      let effect = Effect.exec(Effect.Exec(target: "local", argv: ["printf", .text("word-\(index)")]))
      let outcome = executor.perform(effect, marker: .test())
      outcomes.withLock { $0[index] = outcome }
    }
    for index in 0..<24 {
      #expect(outcomes.withLock { $0[index] } == .applied("exit code 0: word-\(index)"))
    }
  }

  @Test("When the one who watches over it is killed, the command dies and the outcome is unclear")
  func supervisorKilled() throws {
    let pipe = try directory.pipe("alive")
    let script = try directory.script(
      "orphan", "exec 9>\"$1\"; kill -KILL $PPID; while :; do read x < /dev/zero; done")
    let reader = PipeReader(pipe)
    #expect(try run([script, pipe]).text.hasPrefix("its supervisor ended before it reported"))
    #expect(reader.wait() == "")
  }

  @Test("kill -9 of the engine takes the command and all it started along")
  func engineKilled() throws {
    let parent = try directory.compile("exec_parent.c")
    let pipe = try directory.pipe("alive")
    let script = try directory.script(
      "lives", "exec 9>\"$1\"; trap '' TERM HUP; setsid sleep 1000 & sleep 1000 & echo ready >&9; sleep 1000")
    let engine = Process()
    engine.executableURL = URL(fileURLWithPath: parent)
    engine.arguments = [script, pipe]
    try engine.run()
    let reader = PipeReader(pipe)
    reader.waitForBytes()
    kill(engine.processIdentifier, SIGKILL)
    engine.waitUntilExit()
    // Its end is the end of all three.
    #expect(reader.wait() == "ready\n")
  }

  @Test("All of this holds under a supervisor that is a program of its own")
  func spawned() throws {
    try Self.$isSpawned.withValue(true) {
      for test in [
        Self.output, Self.notStarted, Self.signalled, Self.surroundings, Self.secret, Self.timeLimit, Self.background,
        Self.flood, Self.concurrent, Self.supervisorKilled, Self.bubblewrap,
        Self.landlock,
      ] {
        // Each in a directory of its own.
        try test(try ExecExecutorTests())()
      }
    }
  }

  @Test("A supervisor that can't be executed is replaced by a fork, and one that is none leaves it unclear")
  func badSupervisor() throws {
    let settings = HostTargetSettings(name: "local", commands: [.init(try ExecCommand(["/usr/bin/true"]))])
    let effect = Effect.exec(Effect.Exec(target: "local", argv: ["true"]))
    let missing = ExecExecutor(settings, secrets: Self.secrets, supervisor: directory("missing"))
    #expect(missing.perform(effect, marker: .test()) == .applied("exit code 0"))
    let none = ExecExecutor(settings, secrets: Self.secrets, supervisor: "/usr/bin/false")
    #expect(none.perform(effect, marker: .test()) == .unclear("its supervisor ended before it reported"))
  }

  @Test("In bubblewrap it can't write to files nor see other processes, and its exit code stays its own")
  func bubblewrap() throws {
    guard FileManager.default.isExecutableFile(atPath: "/usr/bin/bwrap") else {
      print("left out: bubblewrap isn't installed")
      let outcome = try run(["/usr/bin/true"]) { $0.sandbox = .bubblewrap }
      #expect(outcome.kind == .notApplied && outcome.text.contains("bubblewrap"))
      return
    }
    let script = "/usr/bin/stat"
    let sandboxed: (inout HostTargetSettings) -> Void = { $0.sandbox = .bubblewrap }
    #expect(try run([script, "-c", "%n", "/etc"], adjust: sandboxed) == .applied("exit code 0: /etc"))
    #expect(try run(["/usr/bin/touch", "/etc/stella-was-here"], adjust: sandboxed).text.contains("Read-only"))
    #expect(try run(["/usr/bin/stat", "-c", "%n", directory.path], adjust: sandboxed).kind == .unclear)
    let pids = try run(["/usr/bin/ls", "/proc"], adjust: { sandboxed(&$0) })
    #expect(pids.kind == .applied)
    #expect(try run(["/usr/bin/grep", "-c", "x", "/dev/null"], expect: [1], adjust: sandboxed).kind == .applied)
    #expect(try run(["/no/such/program"], adjust: sandboxed).kind == .notApplied)
  }

  @Test("In landlock it can read, and neither write nor make nor remove a file, whoever it starts to do it")
  func landlock() throws {
    let file = directory("kept")
    try Data("kept".utf8).write(to: URL(fileURLWithPath: file))
    let sandboxed: (inout HostTargetSettings) -> Void = { $0.sandbox = .landlock }
    guard ExecExecutor.hasLandlock else {
      print("left out: this kernel has no Landlock")
      let outcome = try run(["/usr/bin/true"], adjust: sandboxed)
      #expect(outcome.kind == .notApplied && outcome.text.contains("landlock"))
      return
    }
    #expect(try run(["/usr/bin/cat", file], adjust: sandboxed) == .applied("exit code 0: kept"))
    for (number, change) in [
      "echo x > \(file)", "echo x >> \(file)", ": > \(file)", "rm \(file)", "mv \(file) \(file)2", "mkdir \(file)2",
      "ln -s x \(file)2", "ln \(file) \(file)2", "mkfifo \(file)2", "echo x > /tmp/stella-was-here",
      "truncate -s 0 \(file)",
    ].enumerated() {
      let script = try directory.script("change\(number)", "\(change) 2>&1 | cat\nexit 3\n")
      let outcome = try run([script], expect: [3], adjust: sandboxed)
      #expect(outcome.kind == .applied && outcome.text.contains("ermission denied"), "\(change): \(outcome)")
      #expect(try String(contentsOfFile: file, encoding: .utf8) == "kept", "\(change)")
      #expect(!FileManager.default.fileExists(atPath: file + "2"), "\(change)")
    }
    let quiet = try directory.script("quiet", "echo x > /dev/null && echo done\n")
    #expect(try run([quiet], adjust: sandboxed) == .applied("exit code 0: done"))
  }

  @Test("The identity is that of the machine")
  func identity() throws {
    let identity = try executor([]).identity()
    #expect(identity?.name == "local" && identity?.kind == "host")
    let id = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
    #expect(identity?.physicalID == id?.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
