/// The part of Lua's library that the sandbox offers: `LuaLibrary.sandboxNames`, described. Everything else of Lua 5.4 is
/// left out; what is here charges the budget of the call in proportion to its work.
extension ScriptRegistry {
  private typealias Parameter = ScriptName.Parameter

  private static let anyValue = Parameter("v", "any", "any value")
  private static let number = Parameter("x", "number", "a number")
  private static let text = Parameter("s", "string", "a text, as bytes")
  private static let pattern = Parameter("pattern", "string", "a Lua pattern")
  private static let list = Parameter("list", "any[]", "a table used as a list")
  private static let first = Parameter("i", "integer?", "first position, from 1; negative counts from the end")
  private static let last = Parameter("j", "integer?", "last position, included; negative counts from the end")

  /// Tables that hold functions.
  package static let libraryTables = ["math", "string", "table"]

  /// Names that hold a value instead of a function; `returns` is its type.
  package static let libraryValues: [ScriptName] = [
    ScriptName(
      "null", returns: "Stella.Null",
      "The JSON null: a field that is there and empty. A field that is not there is nil. `type(null)` is \"null\"."),
    ScriptName("math.huge", returns: "number", "Positive infinity."),
    ScriptName("math.maxinteger", returns: "integer", "The greatest integer, 2^63 - 1."),
    ScriptName("math.mininteger", returns: "integer", "The least integer, -2^63."),
    ScriptName("math.pi", returns: "number", "π."),
  ]

  /// The functions, each under its dotted name.
  package static let libraryFunctions: [ScriptName] = base + maths + texts + tables

  private static let base: [ScriptName] = [
    ScriptName(
      "assert", [anyValue, Parameter("message", "any?", "the error")], returns: "any",
      "Raises `message` when `v` is false or nil, else returns its arguments."),
    ScriptName(
      "error", [Parameter("message", "any", "the error"), Parameter("level", "integer?", "1: here, 2: at the caller")],
      "Raises an error with the place in front of the message."),
    ScriptName("ipairs", [list], returns: "function, any[], integer", "Visits 1, 2, … up to the first nil."),
    ScriptName(
      "next", [Parameter("t", "table", "a table"), Parameter("key", "any?", "nil to begin")], returns: "any, any",
      "The next key and its value, in the order of `pairs`."),
    ScriptName(
      "pairs", [Parameter("t", "table", "a table; an event is refused")], returns: "function, table, any",
      "Visits all keys in a fixed order: 1…n, other integers, other numbers, texts by bytes, false, true."),
    ScriptName(
      "pcall", [Parameter("f", "function", "what to call"), Parameter("...", "any", "its arguments")],
      returns: "boolean, any",
      "Calls `f`; true and its results, or false and the error. A call that is over its budget ends all the same."),
    ScriptName(
      "select", [Parameter("n", "integer|\"#\"", "from which argument on"), Parameter("...", "any", "arguments")],
      returns: "any", "The arguments from the n-th on, or their number with \"#\"."),
    ScriptName(
      "tonumber", [anyValue, Parameter("base", "integer?", "2 to 36, for texts")], returns: "number?",
      "The number that `v` is or spells; nil when it is none."),
    ScriptName("tostring", [anyValue], returns: "string", "The value as text; tables and functions show no address."),
    ScriptName(
      "type", [anyValue], returns: "string",
      "\"nil\", \"null\", \"boolean\", \"number\", \"string\", \"table\", \"function\" or \"userdata\"."),
  ]

  private static let maths: [ScriptName] = [
    ScriptName("math.abs", [number], returns: "number", "The value without its sign."),
    ScriptName("math.acos", [number], returns: "number", "Arc cosine, radians."),
    ScriptName("math.asin", [number], returns: "number", "Arc sine, radians."),
    ScriptName(
      "math.atan", [Parameter("y", "number", "a number"), Parameter("x", "number?", "default 1")], returns: "number",
      "Arc tangent of y / x in the right quadrant, radians."),
    ScriptName("math.ceil", [number], returns: "integer", "The least integer not below x."),
    ScriptName("math.cos", [number], returns: "number", "Cosine of radians."),
    ScriptName("math.exp", [number], returns: "number", "e to the power of x."),
    ScriptName("math.floor", [number], returns: "integer", "The greatest integer not above x."),
    ScriptName(
      "math.fmod", [number, Parameter("y", "number", "not 0 for integers")], returns: "number",
      "The rest of x / y, with the sign of x."),
    ScriptName(
      "math.log", [number, Parameter("base", "number?", "default e")], returns: "number", "The logarithm of x."),
    ScriptName("math.max", [number, Parameter("...", "number", "more")], returns: "number", "The greatest of them."),
    ScriptName("math.min", [number, Parameter("...", "number", "more")], returns: "number", "The least of them."),
    ScriptName("math.modf", [number], returns: "number, number", "The whole part and the fraction."),
    ScriptName("math.sin", [number], returns: "number", "Sine of radians."),
    ScriptName("math.sqrt", [number], returns: "number", "The square root."),
    ScriptName("math.tan", [number], returns: "number", "Tangent of radians."),
    ScriptName(
      "math.tointeger", [anyValue], returns: "integer?", "The value as an integer, nil when it has a fraction."),
    ScriptName(
      "math.type", [anyValue], returns: "string?", "\"integer\" or \"float\"; nil for what is no number."),
    ScriptName(
      "math.ult", [Parameter("a", "integer", "an integer"), Parameter("b", "integer", "an integer")],
      returns: "boolean", "Whether a < b as unsigned integers."),
  ]

  private static let texts: [ScriptName] = [
    ScriptName("string.byte", [text, first, last], returns: "integer", "The bytes from i to j as numbers."),
    ScriptName("string.char", [Parameter("...", "integer", "0 to 255")], returns: "string", "A text of these bytes."),
    ScriptName(
      "string.contains", [text, Parameter("part", "string", "plain text")], returns: "boolean",
      "Whether `part` is in it. Not in stock Lua."),
    ScriptName(
      "string.endswith", [text, Parameter("suffix", "string", "plain text")], returns: "boolean",
      "Whether it ends with `suffix`. Not in stock Lua."),
    ScriptName(
      "string.find",
      [text, pattern, Parameter("init", "integer?", "where to begin"), Parameter("plain", "boolean?", "no pattern")],
      returns: "integer?, integer?", "First and last position of the first match and its captures, or nil."),
    ScriptName(
      "string.format", [Parameter("format", "string", "as in C"), Parameter("...", "any", "values")],
      returns: "string", "Fills in %d %i %o %x %X %c %e %E %f %g %G %a %A %s and %%. There is no %q and no %p."),
    ScriptName(
      "string.gmatch", [text, pattern], returns: "function", "Visits all matches, each with its captures."),
    ScriptName(
      "string.gsub",
      [
        text, pattern, Parameter("replacement", "string|table|function", "%1 is the first capture"),
        Parameter("n", "integer?", "the most replacements"),
      ], returns: "string, integer", "The text with its matches replaced, and how many there were."),
    ScriptName("string.len", [text], returns: "integer", "The length in bytes."),
    ScriptName("string.lower", [text], returns: "string", "With A–Z as a–z; other letters stay."),
    ScriptName(
      "string.match", [text, pattern, Parameter("init", "integer?", "where to begin")], returns: "string?",
      "The captures of the first match, or all of it, or nil."),
    ScriptName(
      "string.rep",
      [text, Parameter("n", "integer", "how often"), Parameter("separator", "string?", "what stands between")],
      returns: "string", "The text n times."),
    ScriptName("string.reverse", [text], returns: "string", "The bytes backwards."),
    ScriptName(
      "string.startswith", [text, Parameter("prefix", "string", "plain text")], returns: "boolean",
      "Whether it starts with `prefix`. Not in stock Lua."),
    ScriptName("string.sub", [text, first, last], returns: "string", "The bytes from i to j."),
    ScriptName("string.upper", [text], returns: "string", "With a–z as A–Z; other letters stay."),
  ]

  private static let tables: [ScriptName] = [
    ScriptName(
      "table.concat", [list, Parameter("separator", "string?", "what stands between"), first, last],
      returns: "string", "The texts and numbers of the list as one text."),
    ScriptName(
      "table.insert", [list, Parameter("...", "any", "a value for the end, or a position and a value")],
      "Puts a value into the list."),
    ScriptName(
      "table.pack", [Parameter("...", "any", "values")], returns: "table", "A list of them with their number `n`."),
    ScriptName(
      "table.remove", [list, Parameter("position", "integer?", "default: the last")], returns: "any",
      "Takes a value out of the list."),
    ScriptName(
      "table.sort", [list, Parameter("before", "function?", "whether a stands before b; default a < b")],
      "Puts the list in order. Not stable; texts by bytes."),
    ScriptName("table.unpack", [list, first, last], returns: "any", "The values of the list from i to j."),
  ]
}
