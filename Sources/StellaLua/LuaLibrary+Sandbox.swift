extension LuaLibrary {
  /// The sandbox's own library: what every script sees, and nothing else. Compared with a live state in both
  /// directions by the tests.
  package static let sandboxNames: [String] =
    globals + member("math", math) + member("string", string) + member("table", table)

  /// The methods of strings, `text:upper()`: the functions of `string`.
  package static var stringMethods: [String] { string }

  private static func member(_ table: String, _ names: [String]) -> [String] {
    [table] + names.map { "\(table).\($0)" }
  }

  private static let globals = [
    "assert", "error", "ipairs", "next", "null", "pairs", "pcall", "select", "tonumber", "tostring", "type",
  ]
  private static let math = [
    "abs", "acos", "asin", "atan", "ceil", "cos", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger", "min",
    "mininteger", "modf", "pi", "sin", "sqrt", "tan", "tointeger", "type", "ult",
  ]
  private static let string = [
    "byte", "char", "contains", "endswith", "find", "format", "gmatch", "gsub", "len", "lower", "match", "rep",
    "reverse", "startswith", "sub", "upper",
  ]
  private static let table = ["concat", "insert", "pack", "remove", "sort", "unpack"]
}
