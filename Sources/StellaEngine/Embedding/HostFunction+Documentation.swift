extension HostFunction {
  /// Declarations of everything that rules can call, these functions among them, for editors with the Lua language
  /// server: write them to a file beside the rules. As `stella rules stubs` makes them without the host.
  ///
  /// - Throws: ``StellaError`` `engine.configuration` for a function that can't be offered.
  public static func stubs(_ functions: [HostFunction]) throws(StellaError) -> String {
    ScriptStubs.rules(host: try checked(functions))
  }

  /// The reference of everything that rules can use, these functions among them, in Markdown.
  ///
  /// - Throws: ``StellaError`` `engine.configuration` for a function that can't be offered.
  public static func reference(_ functions: [HostFunction]) throws(StellaError) -> String {
    ScriptReference.markdown(host: try checked(functions))
  }
}
