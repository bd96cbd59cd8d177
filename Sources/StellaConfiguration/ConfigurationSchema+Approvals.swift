extension ConfigurationSchema {
  static let roles = ["viewer", "editor", "approver", "admin"]
  static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let hour: Int64 = 3_600_000_000_000
  private static let minute: Int64 = 60_000_000_000

  /// Fixes, who may decide on their plans, and the record of what was done.
  static let approvals: [ConfigurationKey] = [
    ConfigurationKey(
      "fixes", .list(.path), standard: "[Fixes]", example: "[Fixes, /etc/stella/fixes]",
      "Directories and files that fixes are loaded from, searched through with what is below."),
    ConfigurationKey(
      "users", .map(key: "a user's name", .object(user)), example: "mara",
      "People, by name: lower-case ASCII letters, digits, `.`, `_` and `-`. Whoever isn't named here can't vote. Somebody has "
        + "one vote under however many names and uids."),
    ConfigurationKey(
      "groups", .map(key: "a group's name", .list(.text)), example: "{ sre: [mara] }",
      "Users by group, in addition to what `groups` of a user says. Names of groups are like those of users."),
    ConfigurationKey(
      "policies", .list(.object(policy)),
      "What must hold before a fix is run. For each target of a plan the first policy that matches holds; a plan with several "
        + "targets is bound by all that were found. Where none matches, one approver decides who has no part in the run."
    ),
    ConfigurationKey("log", .object(log), "The execution log: what was proposed, decided and done."),
    ConfigurationKey(
      "retention", .object(retention),
      "How long what is stored is kept. Runs, users and tokens, also revoked ones, are never removed."),
  ]

  static let user: [ConfigurationKey] = [
    ConfigurationKey(
      "uids", .list(.integer(0...4_294_967_294)), example: "[1000]",
      "Numbers of the operating system's users that are this person on this machine."),
    ConfigurationKey(
      "os_names", .list(.text), example: "[mara]",
      "The same by login name. Somebody whose uid is one user's and whose login name is another's is nobody."),
    ConfigurationKey(
      "aliases", .list(.text), example: "[mara@example.org]",
      "Other names, such as the e-mail address that fixes give as their author. ASCII without blanks."),
    ConfigurationKey("groups", .list(.text), example: "[sre]", "Groups that the user is in."),
    ConfigurationKey(
      "roles", .list(.choice(roles)), standard: "[viewer]", example: "[approver]",
      "What the user may do. None includes another: voting needs `approver`, also for an `admin`."),
    ConfigurationKey(
      "disabled", .flag, standard: "false", example: "false",
      "True takes every right away, and votes that were cast don't count any longer."),
  ]

  static let policy: [ConfigurationKey] = [
    ConfigurationKey("name", .text, isRequired: true, example: "prod-data", "What screens and the log call it."),
    ConfigurationKey(
      "fixes", .list(.text), example: "['migrate-*']",
      "Ids of the fixes it is for, with `*` and `?`. Without this key, as without the next two, any."),
    ConfigurationKey("targets", .list(.text), example: "['prod-*', app-db]", "Names of the targets it is for, alike."),
    ConfigurationKey("tags", .list(.text), example: "[data]", "Tags of fixes, one of which the fix must have."),
    ConfigurationKey(
      "approvals", .list(.object(need)),
      "Groups whose approval is needed, all of them. Somebody who is in two stands for one."),
    ConfigurationKey(
      "total", .integer(1...20), standard: "1", example: "2",
      "How many people must approve altogether, when that is more than `approvals` come to."),
    ConfigurationKey(
      "four_eyes", .list(.choice(["requester", "editors", "author"])), standard: "[requester, editors]",
      example: "[requester, editors, author]",
      "Who has no vote: whoever asked for the run, whoever edited its parameters, whoever the fix names as its author. `[]` for "
        + "nobody."),
    ConfigurationKey(
      "safe", .choice(["run", "ask"]), standard: "run", example: "run",
      "Whether a plan with nothing but effects that its target lists as safe runs at once, or waits for votes too."),
    ConfigurationKey(
      "decide_by", .duration(minute...(720 * hour)), standard: "4h", example: "8h",
      "How long a plan waits for votes; then it has expired."),
    ConfigurationKey(
      "execute_by", .duration(minute...(720 * hour)), standard: "30m", example: "1h",
      "How long after its last vote a run may begin; then it has expired."),
    ConfigurationKey(
      "max_rows", .integer(0...1_000_000), standard: "1000", example: "500", "Rows that one plan may change."),
    ConfigurationKey(
      "max_targets", .integer(1...1000), standard: "5", example: "2", "Targets that one plan may touch."),
    ConfigurationKey(
      "share_percent", .integer(1...100), example: "10",
      "How much of a table, or of the hosts of a kind, one plan may touch. What can't be counted is refused then."),
    ConfigurationKey(
      "cooldown", .duration(0...(720 * hour)), standard: "15m", example: "30m",
      "What must lie between two runs of one fix for the same rule and key. A fix can only ask for more."),
    ConfigurationKey(
      "attempts", .integer(1...1000), standard: "3", example: "2",
      "Runs of one fix for the same rule and key, whatever became of them, within `attempts_within`."),
    ConfigurationKey(
      "attempts_within", .duration(minute...(8760 * hour)), standard: "24h", example: "12h", "Counted so far back."),
    ConfigurationKey(
      "breaker", .object(breaker), "When runs on a target are held, because runs on it failed or had no effect."),
    ConfigurationKey(
      "windows", .list(.object(window)),
      "Effects begin within one of these only. Without the key at any time. What has begun is carried through."),
    ConfigurationKey(
      "auto_rollback", .flag, standard: "false", example: "true",
      "Whether a run that stops halfway is undone at once, without another approval."),
    ConfigurationKey(
      "break_glass", .object(breakGlass),
      "Who may decide alone in an emergency, with a reason that goes on record and a review afterwards. They must be approvers; "
        + "plan, digest, limits of the effects and log stay as they are. Without the key: nobody."),
  ]

  static let need: [ConfigurationKey] = [
    ConfigurationKey("group", .text, isRequired: true, example: "sre", "The group."),
    ConfigurationKey("count", .integer(1...20), standard: "1", example: "1", "How many of its approvers."),
  ]

  static let breaker: [ConfigurationKey] = [
    ConfigurationKey(
      "count", .integer(1...1000), standard: "3", example: "3", "Failed and ineffective runs on one target."),
    ConfigurationKey(
      "within", .duration(minute...(8760 * hour)), standard: "1h", example: "2h", "Counted so far back."),
  ]

  static let window: [ConfigurationKey] = [
    ConfigurationKey(
      "days", .list(.choice(days)), standard: "every day", example: "[sat, sun]", "Days on which it opens."),
    ConfigurationKey(
      "from", .text, isRequired: true, example: "\"22:00\"", "When it opens: hours and minutes, in quotes."),
    ConfigurationKey(
      "to", .text, isRequired: true, example: "\"06:00\"",
      "When it closes; on the next day when that is not after `from`."),
    ConfigurationKey(
      "tz", .text, standard: "UTC", example: "Europe/Berlin",
      "The clock that is meant, with its summer time: an IANA name. Or a fixed offset such as `+01:00`."),
  ]

  static let breakGlass: [ConfigurationKey] = [
    ConfigurationKey("users", .list(.text), example: "[mara]", "Users who may."),
    ConfigurationKey("groups", .list(.text), example: "[sre]", "Groups whose members may."),
  ]

  static let log: [ConfigurationKey] = [
    ConfigurationKey(
      "anchors", .list(.text), example: "[/mnt/other-disk/stella.anchor, 'git:/srv/audit/stella']",
      "Places outside of the store that get each signed checkpoint: a file, on another disk or host; `git:DIRECTORY`, a Git work "
        + "tree in which each is committed, and pushed where its branch has an upstream; or an `https` URL that takes it by "
        + "POST and gives it back by GET, with `TOKEN@` or `USER:PASSWORD@` before the host. They show that the log's end was cut "
        + "off or all of it replaced; without any, only changes within the log are found."),
    ConfigurationKey(
      "anchor_timeout", .duration(1_000_000...600_000_000_000), standard: "10s", example: "5s",
      "How long one call of an anchor may take. One that fails is tried again, at least every 5 minutes."
    ),
    ConfigurationKey(
      "anchor_ca_file", .path, example: "/etc/stella/ca.pem",
      "Certificates (PEM) of those to believe at `https` anchors instead of the system's."),
    ConfigurationKey(
      "hold_after", .duration(minute...(720 * hour)), example: "24h",
      "No run begins while a record older than this has reached no anchor. Undoing goes on. Without the key, runs go on."
    ),
    ConfigurationKey(
      "quota", .size((1 << 20)...(1 << 44)), example: "4GiB",
      "How large the store is meant to get: `stella doctor` warns at 80% of it. Nothing stops at it."),
  ]

  static let retention: [ConfigurationKey] = [
    ConfigurationKey(
      "alerts", .duration((24 * hour)...(87600 * hour)), standard: "90d", example: "30d",
      "How long alerts are kept after they have resolved."),
    ConfigurationKey(
      "log", .duration((24 * hour)...(87600 * hour)), standard: "400d", example: "730d",
      "How long records of the execution log are kept at least. An engine that works off runs removes older ones by itself, but "
        + "only what is signed, seen by an anchor and within an export on record (`stella log export`)."),
    ConfigurationKey(
      "events", .duration(0...(8760 * hour)), standard: "7d", example: "24h",
      "How long `stella serve` keeps events after it has read them, for `stella events`. `0s` keeps none."),
    ConfigurationKey(
      "event_bytes", .size((64 << 20)...(1 << 44)), standard: "10GiB", example: "50GiB",
      "Bytes that kept events take on the disk at most; the oldest go first. One event takes a tenth of its line, about."
    ),
    ConfigurationKey(
      "event_counts", .duration((24 * hour)...(87600 * hour)), standard: "30d", example: "90d",
      "How long it is kept how many events there were in each minute, by service and level, and how long what they tell of took."
    ),
    ConfigurationKey(
      "health", .duration((24 * hour)...(87600 * hour)), standard: "90d", example: "30d",
      "How long it is kept how the system was, a sample a minute, and what the analysis of it has found since that was closed."
    ),
  ]
}
