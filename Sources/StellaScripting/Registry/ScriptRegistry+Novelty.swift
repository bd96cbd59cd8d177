extension ScriptRegistry {
  private typealias Parameter = ScriptName.Parameter

  /// Native state that learns what is ordinary: kinds of messages and the course of a series.
  static let novelty: [ScriptPrimitive] = [
    ScriptPrimitive(
      constructor: ScriptName(
        "templates", [Parameter("learn", "string?", "how long nothing is new, such as \"24h\"")],
        returns: "Stella.Templates", "Finds the templates of messages and tells which kind of message is new for a key."
      ),
      keys: [
        RuleKey(
          "learn", .duration, "how long after a key's first message nothing is new, since everything would be",
          standard: "24h"),
        RuleKey(
          "max", .integer(16...16_384),
          "templates of a key; when there are more, the eighth that was unused longest is forgotten", standard: "1000"),
        RuleKey("field", .text, "the field with the message, for `add(e)`", standard: "message"),
        RuleKey("keep", .duration, "after such a silence a key is forgotten, and learns again", standard: "30d"),
      ],
      methods: [
        ScriptName(
          "add", [Parameter("message", "Stella.Event|string?", "the event, or a text; what is no text is passed over")],
          returns: "boolean",
          "Assigns the message to its template; true when it is the first of a new kind after `learn`."),
        ScriptName(
          "template", returns: "string?", "The template of the message added last, with `<*>` for what varies."),
        ScriptName(
          "id", returns: "string?",
          "Its id, 16 hexadecimal digits: the same in every replay of the stream, whatever varies later."),
        ScriptName("count", returns: "integer", "Messages of that template so far, this one included."),
        ScriptName("size", returns: "integer", "Templates of the key."),
        ScriptName("ready", returns: "boolean", "Whether `learn` has passed since the key's first message."),
      ],
      cost:
        "O(bytes) for a known kind of message; a new one costs some look-ups a word. Drain's family (He et al. 2017), one "
        + "setting for all logs. Not every new template counts as new: one that differs from others in a single word that "
        + "varies will be merged with them. Looks at 4,096 bytes and 128 words of a message. About 50 KiB a key to begin "
        + "with, up to about 4 MiB a key with 1,000 templates of ever new messages."),
    ScriptPrimitive(
      constructor: ScriptName(
        "anomaly", [Parameter("bucket", "string?", "sums what is added per bucket, such as \"1m\"")],
        returns: "Stella.Anomaly", "Scores how unusual the newest point of a series is, from 0 to 1."),
      keys: [
        RuleKey(
          "bucket", .duration,
          "sums what is added per bucket and scores the sums, gaps as 0; without it each value is a point"),
        RuleKey("keep", .duration, "after such a silence a key is forgotten, and begins anew", standard: "30d"),
      ],
      methods: [
        ScriptName(
          "add", [Parameter("value", "Stella.Event|number?", "a number; with a bucket also the event, which counts 1")],
          returns: "number?",
          "Without a bucket takes the value in as a point and answers its score; nil for what is no number. With a bucket "
            + "adds to the bucket of the current time and answers nil."),
        ScriptName(
          "value", returns: "number?",
          "The score of the newest point; nil before any. A bucket becomes a point at the first `check` after its end "
            + "that reads one of these, so write `every` = the bucket; without a check, when an event of the bucket after "
            + "the next one comes. Where several closed at once, the highest score."),
        ScriptName("point", returns: "number?", "The point that has this score: a value, or the sum of a bucket."),
        ScriptName("ready", returns: "boolean", "Whether more than 128 points were seen; all before score 0."),
      ],
      cost:
        "O(1) amortised per point. From 0.5 on a score is worth an alarm; a novelty that follows another within hours "
        + "scores what it exceeds that one by. Times of day count once the series has followed them. Of a gap at most 1,024 "
        + "buckets become points. 4 to 25 KiB a key."),
  ]
}
