/// An event, a condition, and whether it matches. The reference page shows them; a test runs them.
struct ConditionExample: Sendable {
  let condition: String
  /// A line of JSON.
  let event: String
  let matches: Bool
  let why: String

  static let all: [ConditionExample] = [
    .init(
      condition: "status >= 500", event: #"{"status":503}"#, matches: true, why: "numbers compare by value"),
    .init(
      condition: "status >= 500", event: #"{"status":"503"}"#, matches: true,
      why: "numeric text of a numeric canonical field is a number"),
    .init(condition: "attempts >= 3", event: #"{"attempts":"5"}"#, matches: false, why: "other text stays text"),
    .init(
      condition: "status ~= 200", event: #"{"message":"hello"}"#, matches: false,
      why: "a comparison with a missing field is false, also `~=`"),
    .init(
      condition: "not (status == 200)", event: #"{"message":"hello"}"#, matches: true, why: "`not` negates that result"),
    .init(condition: "user_id == nil", event: #"{"message":"hello"}"#, matches: true, why: "the field is missing"),
    .init(condition: "user_id ~= nil", event: #"{"user_id":null}"#, matches: true, why: "a JSON null is there"),
    .init(condition: "user_id == null", event: #"{"user_id":null}"#, matches: true, why: "and it is null"),
    .init(condition: "level >= error", event: #"{"level":"ERROR"}"#, matches: true, why: "levels are ordered"),
    .init(
      condition: "level >= \"Error\"", event: #"{"level":"fatal"}"#, matches: true, why: "in any case, also quoted"),
    .init(condition: "retryable", event: #"{"retryable":true}"#, matches: true, why: "a field alone must be `true`"),
    .init(condition: "retryable", event: #"{"retryable":"yes"}"#, matches: false, why: "and nothing else"),
    .init(
      condition: "cart.items > 10", event: #"{"cart":{"items":12}}"#, matches: true, why: "dots reach into objects"),
    .init(
      condition: "cart.items > 10", event: #"{"cart.items":12,"cart":{"items":1}}"#, matches: true,
      why: "a literal dotted key wins over nesting"),
    .init(
      condition: "field(\"x-cache\") == \"MISS\"", event: #"{"x-cache":"MISS"}"#, matches: true,
      why: "`field` reaches any name"),
    .init(
      condition: "one_of(status, 502, 503) and startswith(route, \"/api/\")",
      event: #"{"http_status":502,"path":"/api/cart?id=1"}"#, matches: true, why: "other names of the same fields"),
    .init(
      condition: "matches(message, [[timeout after \\d+ ms]])", event: #"{"msg":"timeout after 30 ms"}"#, matches: true,
      why: "`[[…]]` has no escapes, so a backslash stands for itself; a `where` with it inside stands in `[=[ … ]=]`"),
    .init(
      condition: "cidr(src_ip, \"10.0.0.0/8\", \"fd00::/8\")", event: #"{"remote_addr":"10.1.2.3:4711"}"#,
      matches: true,
      why: "addresses come without their port"),
  ]
}
