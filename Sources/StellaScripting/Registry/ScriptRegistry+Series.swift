extension ScriptRegistry {
  private typealias Parameter = ScriptName.Parameter

  private static let number = Parameter("value", "number?", "nil and values that are not numbers are passed over")
  private static let event = Parameter(
    "e", "Stella.Event?", "the event; the time is the event's whether given or not")
  private static let limit = Parameter("limit", "number?", "without it the `limit` of the declaration")

  /// Native state that knows a key's past: sessions, values seen before, heavy hitters, seasons and trends.
  static let series: [ScriptPrimitive] = [
    ScriptPrimitive(
      constructor: ScriptName(
        "session", [Parameter("gap", "string", "how long a pause ends a session, such as \"30m\"")],
        returns: "Stella.Session", "Groups the events of a key into sessions, which end with a pause."),
      keys: [
        RuleKey("gap", .duration, required: true, "how long a pause ends a session"),
        RuleKey("max", .duration, "how long a session lasts at the most", standard: "24h"),
      ],
      methods: [
        ScriptName(
          "add", [event],
          "Counts the current event in its session. A late one joins the session that it lies in or next to, and may "
            + "join two into one; one from before the previous session is left out."),
        ScriptName("count", returns: "integer", "Events of the latest session."),
        ScriptName("duration_s", returns: "number", "Seconds from its first event to its last."),
        ScriptName("started", returns: "integer?", "Time of its first event, nanoseconds since the epoch."),
        ScriptName("ended", returns: "boolean", "Whether it is over: `gap` has passed since its last event."),
        ScriptName("previous_count", returns: "integer", "Events of the session before; 0 when there was none."),
        ScriptName("previous_duration_s", returns: "number", "Seconds that the session before lasted."),
      ],
      cost: "O(1), 48 bytes a key. What ended is known for `max` after its end; two sessions are kept."),
    ScriptPrimitive(
      constructor: ScriptName(
        "first_seen", [Parameter("within", "string", "how long a value is remembered after it was seen last")],
        returns: "Stella.FirstSeen", "Tells values that are new for a key from those it had before."),
      keys: [
        RuleKey("within", .duration, required: true, "how long a value is remembered after it was seen last"),
        RuleKey(
          "learn", .duration, "how long after a key's first value nothing is new, since everything would be",
          standard: "24h"),
        RuleKey("cap", .integer(1...65_536), "how many values a key has exactly", standard: "256"),
      ],
      methods: [
        ScriptName(
          "add", [Parameter("value", "any", "nil is passed over and never new")], returns: "boolean",
          "Remembers the value; true when it is new: not seen for `within`, and the key is past `learn`."),
        ScriptName("ready", returns: "boolean", "Whether `learn` has passed since the key's first value."),
      ],
      cost:
        "O(1) amortised. Exact up to `cap` values a key, 22 to 43 bytes each. Over it four Bloom filters (Bloom 1970) of "
        + "16 bits a value for each third of `within`: a value is remembered for `within` to 4/3 of it, and while no third has "
        + "more than 8 × `cap` values, at most 0.3% of the new ones pass for known; known ones never pass for new. 64 × `cap` "
        + "bytes a key then."),
    ScriptPrimitive(
      constructor: ScriptName(
        "top", [Parameter("n", "integer", "how many values are counted, 2 to 100")], returns: "Stella.Top",
        "Finds the most frequent values."),
      keys: [
        RuleKey("n", .integer(2...100), required: true, "how many values are counted"),
        RuleKey("within", .duration, "the length of the window", standard: "1h"),
      ],
      methods: [
        ScriptName(
          "add",
          [
            Parameter("value", "any", "nil is passed over"),
            Parameter("weight", "number?", "what the value counts for, such as bytes; 1 when not given"),
          ], "Counts a value at the current event's time. Weights of 0 or less are passed over."),
        ScriptName(
          "list", [Parameter("most", "integer?", "how many; all when not given")], returns: "table[]",
          "The most frequent values of the window, most first, as tables of `value`, `count` (at least the true one), "
            + "`error` (by how much `count` may be too high) and `share` of all."),
        ScriptName("total", returns: "number", "The weight of everything in the window."),
      ],
      cost:
        "O(n) to add. SpaceSaving (Metwally, Agrawal, El Abbadi 2005) in each of 4 steps of the window: a count is at most "
        + "total / n too high, and each value of more than total / n is in the list. What is read covers the window less at most "
        + "one step. 288 bytes a key for each of the n; texts are shown up to 46 bytes and told apart by a 64-bit hash."
    ),
    ScriptPrimitive(
      constructor: ScriptName(
        "baseline", [Parameter("bucket", "string", "the length of a bucket, such as \"10m\"")],
        returns: "Stella.Baseline", "Knows what is usual at this time of the day or of the week."),
      keys: [
        RuleKey("bucket", .duration, required: true, "the length of a bucket; it divides the season"),
        RuleKey("season", .choice(["day", "week", "none"]), "what repeats itself", standard: "day"),
        RuleKey("keep", .duration, "how much is remembered", standard: "4w"),
        RuleKey(
          "min_history", .duration,
          "how long a key must be known before anything is usual; without it two seasons, or 30 buckets"),
        RuleKey(
          "of", .choice(["count", "mean"]), "what a bucket holds: a sum, 0 in a gap, or a mean, missing in a gap",
          standard: "count"),
        RuleKey(
          "where", .expression,
          "the events of the rule that it counts by itself, faster than `on` can give them; not for a mean"),
      ],
      methods: [
        ScriptName(
          "add", [Parameter("value", "Stella.Event|number?", "a number; without one, or with the event, 1")],
          "Adds to the bucket of the current time: 1 or the number to a count, the number to a mean."),
        ScriptName(
          "value", returns: "number?", "What the latest full bucket holds; nil before any and for a mean of nothing."),
        ScriptName(
          "usual", returns: "number?",
          "The median of what the buckets at the same time of earlier seasons and their neighbours hold; nil before "
            + "`min_history`."),
        ScriptName(
          "spread", returns: "number?",
          "1.4826 times their median absolute deviation, at least √usual for a count and 1% of usual for a mean; as "
            + "large as the standard deviation where values are normal."),
        ScriptName(
          "z", [Parameter("value", "number?", "without it `value()`")], returns: "number?",
          "How many spreads the value lies above what is usual; nil before `min_history`."),
        ScriptName("ready", returns: "boolean", "Whether `min_history` has passed since the key's first value."),
      ],
      cost:
        "O(1) amortised to add, O(seasons) to read, with season \"none\" O(keep / bucket). Medians stand up to half of the "
        + "history being odd. Four bytes a bucket of `keep` and key, at most \(BaselineShape.mostBuckets) buckets: a week of "
        + "10 minutes takes 4 KiB. Seasons are counted in UTC."),
    ScriptPrimitive(
      constructor: ScriptName(
        "forecast", [Parameter("within", "string", "how far back the trend looks, such as \"6h\"")],
        returns: "Stella.Forecast", "Follows the trend of a value to the limit that it will cross."),
      keys: [
        RuleKey("within", .duration, required: true, "how far back the trend looks"),
        RuleKey("limit", .number, "the limit that is asked about, from either side"),
        RuleKey(
          "min_history", .duration,
          "how much of it must be covered before there is a forecast; without it a quarter of `within`"),
      ],
      methods: [
        ScriptName("add", [number], "Adds a value at the time of the current event."),
        ScriptName(
          "eta_s", [limit], returns: "number?",
          "Seconds until the trend crosses the limit; nil when it does not head there or little is known."),
        ScriptName(
          "eta_low_s", [limit], returns: "number?",
          "The lower end of the 95% interval of `eta_s`: the steepest slope that the values allow."),
        ScriptName(
          "eta_high_s", [limit], returns: "number?",
          "The upper end; nil when the values also allow that it is never crossed."),
        ScriptName("slope_per_hour", returns: "number?", "How much the value changes in an hour."),
        ScriptName("level", returns: "number?", "Where the trend stands now."),
      ],
      cost:
        "O(1) amortised to add; reading takes the slopes of all pairs of up to 32 points. Theil–Sen slope with Sen's "
        + "interval (Sen 1968), which up to 29% of wild values don't move. Points are the means of 32 steps of `within`. "
        + "648 bytes a key."),
  ]
}
