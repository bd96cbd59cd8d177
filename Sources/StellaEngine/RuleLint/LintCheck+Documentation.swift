extension LintCheck {
  /// What the reference says about a check.
  package struct Documentation: Sendable {
    /// Why it matters, in a sentence or two.
    package let why: String
    package let bad: Example
    package let good: Example
  }

  /// Keys of a rule, and what the script has before it.
  package struct Example: Sendable {
    package var prelude = ""
    package let keys: String
    /// A key that the rule doesn't have.
    package var missing: String?

    /// A whole rule with these keys; what they leave out is harmless.
    package var source: String {
      func has(_ key: String) -> Bool { keys.hasPrefix("\(key) = ") || keys.contains("\n\(key) = ") }
      var lines = ["api = 1"]
      for (key, value) in [
        ("id", "\"demo.example\""), ("title", "\"Example\""), ("severity", "\"low\""), ("where", "[[level >= error]]"),
        ("by", "{ \"service\" }"), ("summary", "\"{service} is in trouble\""),
      ] where !has(key) && key != missing { lines.append("\(key) = \(value)") }
      if !["threshold", "sequence", "absence", "on", "check"].contains(where: has) {
        lines.append("threshold = { count = 10, within = \"5m\" }")
      }
      return (prelude.isEmpty ? "" : prelude + "\n") + "return rule {\n" + lines.joined(separator: ",\n") + ",\n" + keys
        + "\n}\n"
    }
  }

  package var documentation: Documentation {
    switch self {
    case .noCheapCondition, .plainRegex, .regexWildcard, .orChain, .unusedState, .stateMemory, .thresholdMemory,
      .sequenceMemory, .maxKeys, .fewKeys, .everyTooShort:
      costDocumentation
    case .undefinedName, .undefinedMethod, .shadowedName, .scriptVariable, .unusedParameter: scriptDocumentation
    case .title, .tag, .date, .deprecatedStatus, .noSummary, .summary, .openBrace, .actionName, .alertKey,
      .noDescription,
      .noActions, .noRemedy,
      .noFalsePositives, .unknownFix:
      peopleDocumentation
    case .idleAllow:
      Documentation(
        why: "What a comment allows and no check says any more hides the next mistake of that kind.",
        bad: Example(
          prelude: "-- lint: allow no_key: one count for all is meant", keys: "summary = \"{service} is in trouble\","),
        good: Example(
          prelude: "-- lint: allow no_key: one count for all is meant", keys: "summary = \"many errors\",",
          missing: "by"))
    default: meaningDocumentation
    }
  }

  private static func make(_ why: String, bad: String, good: String) -> Documentation {
    Documentation(why: why, bad: Example(keys: bad), good: Example(keys: good))
  }

  private var costDocumentation: Documentation {
    switch self {
    case .plainRegex:
      Self.make(
        "A regular expression without anything special in it is plain text, which is found faster and read more easily.",
        bad: "where = [[matches(message, \"timeout\")]],", good: "where = [[contains(message, \"timeout\")]],")
    case .regexWildcard:
      Self.make(
        "A regular expression may begin and end anywhere in the text, so that `.*` at its ends says nothing and costs time.",
        bad: "where = [[matches(message, \".*time(d )?out.*\")]],",
        good: "where = [[matches(message, \"time(d )?out\")]],")
    case .orChain:
      Self.make(
        "Several values of one field are one question.",
        bad: "where = [[status == 502 or status == 503 or status == 504]],",
        good: "where = [[one_of(status, 502, 503, 504)]],")
    case .unusedState:
      Self.make(
        "State is kept for every key, whether anybody reads it or not.",
        bad: """
          state = { errors = window.count("5m"), spare = ring(3) },
          on = function(e, s)
            s.errors:add(e)
            if s.errors:count() > 9 then return alert {} end
          end,
          """,
        good: """
          state = { errors = window.count("5m") },
          on = function(e, s)
            s.errors:add(e)
            if s.errors:count() > 9 then return alert {} end
          end,
          """)
    case .stateMemory:
      Self.make(
        "When what each key takes does not fit into state_memory as often as max_keys says, keys go earlier than one would think.",
        bad: """
          max_keys = 1000000,
          state = { errors = window.count { "1h", buckets = 60 } },
          on = function(e, s)
            s.errors:add(e)
            if s.errors:count() > 9 then return alert {} end
          end,
          """,
        good: """
          max_keys = 100000,
          state = { errors = window.count { "1h", buckets = 60 } },
          on = function(e, s)
            s.errors:add(e)
            if s.errors:count() > 9 then return alert {} end
          end,
          """)
    case .thresholdMemory:
      Self.make(
        "An exact sliding threshold keeps the last `count` times of every key, 8 bytes each.",
        bad: "max_keys = 1000000,\nthreshold = { count = 1000, within = \"1h\" },",
        good: "max_keys = 1000000,\nthreshold = { count = 1000, within = \"1h\", window = \"from_first\" },")
    case .sequenceMemory:
      Self.make(
        "A step that takes several events keeps their times for every key, 16 bytes each.",
        bad: """
          max_keys = 1000000,
          sequence = { within = "5m",
            { name = "fails", match = [[event == "login_failed"]], times = 20 },
            { name = "login", match = [[event == "login"]] } },
          """,
        good: """
          max_keys = 100000,
          sequence = { within = "5m",
            { name = "fails", match = [[event == "login_failed"]], times = 20 },
            { name = "login", match = [[event == "login"]] } },
          """)
    case .maxKeys:
      Self.make(
        "Fields such as addresses and user ids take as many values as there are clients, and so does memory.",
        bad: "where = [[src_ip ~= nil]], by = { \"src_ip\" },",
        good: "where = [[src_ip ~= nil]], by = { \"src_ip\" }, max_keys = 50000,")
    case .fewKeys:
      Self.make(
        "When there are more keys than max_keys the stalest one goes, and what was counted for it is lost: a crowd of "
          + "clients hides the one that matters.",
        bad: "where = [[src_ip ~= nil]], by = { \"src_ip\" }, max_keys = 50,",
        good: "where = [[src_ip ~= nil]], by = { \"src_ip\" }, max_keys = 50000,")
    case .everyTooShort:
      Self.make(
        "check runs for each live key every `every`: a hundred thousand keys a second are a whole processor's work.",
        bad: """
          state = { errors = window.count { "5m", where = [[level >= error]] } }, every = "1s",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """,
        good: """
          state = { errors = window.count { "5m", where = [[level >= error]] } }, every = "30s",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """)
    default:
      Self.make(
        "A rule that no equality, level, text or presence singles out events for looks at every one.",
        bad: "where = \"true\",", good: "where = [[level >= error]],")
    }
  }

  private var meaningDocumentation: Documentation {
    switch self {
    case .duplicateValue:
      Self.make(
        "A value that stands twice is often a mistyped other one.", bad: "where = [[one_of(status, 502, 503, 502)]],",
        good: "where = [[one_of(status, 502, 503, 504)]],")
    case .levelEqual:
      Self.make(
        "An equality leaves out what is worse: level == error passes over critical.",
        bad: "where = [[level == error]],",
        good: "where = [[level >= error]],")
    case .aliasField:
      Self.make(
        "Some names are what one kind of log calls a well-known field. Under its canonical name the rule finds it in every "
          + "kind of log.", bad: "where = [[statusCode == 503]],",
        good: "where = [[status == 503]],")
    case .misspeltField:
      Self.make(
        "A field that no event has is nil, and what asks for it is never true: nothing tells of the slip but that the rule is "
          + "silent.", bad: "where = [[statsu == 503]],", good: "where = [[status == 503]],")
    case .noKey:
      Documentation(
        why:
          "Without by, what belongs to different services or clients adds up, and one alert stands for all. Where that is "
          + "meant, an empty by says so.",
        bad: Example(keys: "summary = \"many errors\",", missing: "by"),
        good: Example(keys: "by = {}, summary = \"many errors\","))
    case .missingKey:
      Self.make(
        "Events without the field have one key together: as if they were of one client.",
        bad: "where = [[event == \"login_failed\"]], by = { \"src_ip\" }, max_keys = 50000,",
        good: "where = [[event == \"login_failed\" and src_ip ~= nil]], by = { \"src_ip\" }, max_keys = 50000,")
    case .uniqueKey:
      Self.make(
        "An id that every request has for itself never comes again, or hardly, so that nothing is ever counted.",
        bad: "by = { \"request_id\" }, max_keys = 50000,", good: "by = { \"service\" },")
    case .distinctIsKey:
      Self.make(
        "Within one key the field has one value, so that there are never two to count.",
        bad: "where = [[user ~= nil]], by = { \"user\" }, max_keys = 50000,\n"
          + "threshold = { count = 5, within = \"5m\", distinct = \"user\" },",
        good: "where = [[src_ip ~= nil]], by = { \"src_ip\" }, max_keys = 50000,\n"
          + "threshold = { count = 5, within = \"5m\", distinct = \"user\" },")
    case .thresholdOne:
      Self.make(
        "A threshold of one event fires for whatever where lets through.",
        bad: "by = {}, threshold = { count = 1, within = \"1m\" }, summary = \"an error\",",
        good: "threshold = { count = 10, within = \"1m\" },")
    case .fastThreshold:
      Self.make(
        "So many events of one key in so short a time hardly come.",
        bad: "threshold = { count = 50000, within = \"1s\" }, max_keys = 100,",
        good: "threshold = { count = 500, within = \"1s\" }, max_keys = 100,")
    case .shortWindow:
      Self.make(
        "Many logs write whole seconds, and events that are out of order by some seconds are ordinary.",
        bad: "threshold = { count = 10, within = \"500ms\" },", good: "threshold = { count = 10, within = \"10s\" },")
    case .suppressBelowWithin:
      Self.make(
        "The events that led to an alert are still in the window when it is over, and the next event fires again.",
        bad: "threshold = { count = 10, within = \"5m\" }, suppress_for = \"10s\",",
        good: "threshold = { count = 10, within = \"5m\" }, suppress_for = \"30m\",")
    case .holdBelowEvery:
      Self.make(
        "check looks every `every`: a hold that is shorter asks for the same two checks as one of that length.",
        bad: """
          state = { errors = window.count { "5m", where = [[level >= error]] } }, every = "1m", hold = "10s",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """,
        good: """
          state = { errors = window.count { "5m", where = [[level >= error]] } }, every = "30s", hold = "1m",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """)
    case .everyOverWindow:
      Self.make(
        "What comes and goes between two checks is seen by none.",
        bad: """
          state = { errors = window.count { "1m", where = [[level >= error]] } }, every = "5m",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """,
        good: """
          state = { errors = window.count { "5m", where = [[level >= error]] } }, every = "1m",
          check = function(s) if s.errors:count() > 9 then return alert {} end end,
          """)
    case .uselessWithin:
      Self.make(
        "A step can't take longer than its sequence.",
        bad: """
          sequence = { within = "5m",
            { name = "a", match = [[event == "a"]] },
            { name = "b", match = [[event == "b"]], within = "10m" } },
          """,
        good: """
          sequence = { within = "5m",
            { name = "a", match = [[event == "a"]] },
            { name = "b", match = [[event == "b"]], within = "1m" } },
          """)
    case .sameStep:
      Self.make(
        "Two steps in a row that match the same events are one step, twice.",
        bad: """
          sequence = { within = "5m",
            { name = "a", match = [[event == "a"]] },
            { name = "b", match = [[event == "a"]] } },
          """,
        good: """
          sequence = { within = "5m",
            { name = "a", match = [[event == "a"]], times = 2 },
            { name = "b", match = [[event == "b"]] } },
          """)
    case .oneStep:
      Self.make(
        "A sequence of one step is a threshold.",
        bad: "sequence = { within = \"5m\", { name = \"a\", match = [[event == \"a\"]], times = 5 } },",
        good: "where = [[event == \"a\"]], threshold = { count = 5, within = \"5m\" },")
    case .sameRule:
      Self.make(
        "Two rules that look for the same tell everything twice.",
        bad: "threshold = { count = 10, within = \"5m\" }, -- and the same in another file",
        good: "threshold = { count = 10, within = \"5m\" },")
    default:
      Self.make(
        "A part of the condition that can't be true, or always is, was meant otherwise.",
        bad: "where = [[level >= error and level < info]],", good: "where = [[level >= info and level < error]],")
    }
  }

  private var scriptDocumentation: Documentation {
    switch self {
    case .undefinedName:
      Documentation(
        why:
          "A script that calls what isn't there, or looks for what its state doesn't have, fails at the first event that gets "
          + "it so far, and not when it is loaded.",
        bad: Example(keys: "on = function(e, s)\n  if e.count > 3 then return alrt { value = e.count } end\nend,"),
        good: Example(keys: "on = function(e, s)\n  if e.count > 3 then return alert { value = e.count } end\nend,"))
    case .undefinedMethod:
      Documentation(
        why:
          "A window or ring has the methods of its kind alone; the script fails at the first event that gets to another.",
        bad: Example(
          keys: """
            state = { errors = window.count("5m") },
            on = function(e, s)
              s.errors:add(e)
              if s.errors:cuont() > 9 then return alert { value = s.errors:sum() } end
            end,
            """),
        good: Example(
          keys: """
            state = { errors = window.count("5m") },
            on = function(e, s)
              s.errors:add(e)
              if s.errors:count() > 9 then return alert { value = s.errors:count() } end
            end,
            """))
    case .shadowedName:
      Documentation(
        why:
          "A name of the script API that a local takes away isn't there any more, and what uses it fails when it runs.",
        bad: Example(keys: "on = function(e, alert) return nil end,"),
        good: Example(keys: "on = function(e, s) return nil end,"))
    case .scriptVariable:
      Documentation(
        why:
          "A variable outside of the callbacks is shared by all keys and lost with a restart; a rule that changes one is "
          + "stopped. What is to be remembered belongs to `s`.",
        bad: Example(
          prelude: "local last = 0",
          keys: "on = function(e, s)\n  last = e.time\n  if s.before == last then return alert {} end\nend,"),
        good: Example(
          keys: "on = function(e, s)\n  if s.last == e.time then return alert {} end\n  s.last = e.time\nend,"))
    default:
      Documentation(
        why: "A parameter that nothing reads changes nothing when somebody sets it.",
        bad: Example(
          prelude: "local p = params { count = 10, limit = 5 }",
          keys: "threshold = { count = p.count, within = \"5m\" },"),
        good: Example(
          prelude: "local p = params { count = 10 }", keys: "threshold = { count = p.count, within = \"5m\" },"))
    }
  }

  private var peopleDocumentation: Documentation {
    switch self {
    case .title:
      Self.make(
        "Titles stand in tables and notifications.",
        bad: "title = \"\(String(repeating: "Too long. ", count: 26))\",", good: "title = \"Errors of one service\",")
    case .tag:
      Self.make(
        "Tags are names with a namespace, by which alerts are sorted and routed.", bad: "tags = { \"errors\" },",
        good: "tags = { \"sre.errors\" },")
    case .date:
      Self.make(
        "Dates are read by people and programs.", bad: "date = \"2026/11/21\",", good: "date = \"2026-11-21\",")
    case .deprecatedStatus:
      Self.make(
        "A rule that its author has given up still fires.", bad: "status = \"deprecated\",", good: "status = \"test\",")
    case .noSummary:
      Documentation(
        why: "Without a summary people get the title alone, and not what happened to whom.",
        bad: Example(keys: "title = \"Errors\", -- and no summary", missing: "summary"),
        good: Example(keys: "title = \"Errors\", summary = \"{service} had {count} errors\","))
    case .summary:
      Self.make(
        "A name in braces that nothing gives a value shows a question mark.",
        bad: "summary = \"{servcie} had {count} errors\",", good: "summary = \"{service} had {count} errors\",")
    case .openBrace:
      Self.make(
        "A brace that nothing closes is shown as it is, with the name behind it instead of a value. `{{` is a brace.",
        bad: "summary = \"{service} had {count errors\",", good: "summary = \"{service} had {count} errors\",")
    case .actionName:
      Self.make(
        "Actions are shown as they are written: people copy them into a shell, where a value from a log could be anything. The "
          + "summary is where names are filled in.",
        bad: "actions = { \"Block the sender of {service}\" },", good: "actions = { \"Block the sender\" },")
    case .alertKey:
      Self.make(
        "A key that alerts don't have becomes a label of that name, and what was meant stays as it was; a list or a table is "
          + "dropped.",
        bad: """
          on = function(e, s)
            return alert { sumary = "too many", level = "high", value = e.count }
          end,
          """,
        good: """
          on = function(e, s)
            return alert { summary = "too many", severity = "high", value = e.count }
          end,
          """)
    case .noDescription:
      Self.make(
        "Whoever is woken by a rule wants to know what it looks for and why.",
        bad: "status = \"stable\", actions = { \"Look\" }, falsepositives = { \"a deploy\" },",
        good: "status = \"stable\", actions = { \"Look\" }, falsepositives = { \"a deploy\" },\n"
          + "description = \"A service that logs errors in a row.\",")
    case .noActions:
      Self.make(
        "An alert that nobody can do anything about is noise.",
        bad: "status = \"stable\", falsepositives = { \"a deploy\" }, description = \"Errors in a row.\",",
        good: "status = \"stable\", falsepositives = { \"a deploy\" }, description = \"Errors in a row.\",\n"
          + "actions = { \"Roll the last deploy back\" },")
    case .noRemedy:
      Self.make(
        "Who is woken by a serious alert needs a first thing to do.", bad: "severity = \"critical\",",
        good: "severity = \"critical\", runbook = \"https://runbooks.example.org/errors\",")
    case .unknownFix:
      Self.make(
        "A fix that isn't loaded is never asked for, and nobody is told. Looked for where fixes are: those that `fixes:` of "
          + "stella.yaml names, else in ./Fixes.",
        bad: "suggest = { \"restart-servise\" },", good: "suggest = { \"restart-service\" },")
    default:
      Self.make(
        "The harmless causes of an alert are what its reader checks first.",
        bad: "status = \"stable\", actions = { \"Look\" }, description = \"Errors in a row.\",",
        good: "status = \"stable\", actions = { \"Look\" }, description = \"Errors in a row.\",\n"
          + "falsepositives = { \"a deploy\" },")
    }
  }
}
