/// The Lua side of the test language of fixes: `test` and the object `t`. Put before a test file as ``RuleTestPrelude`` is.
enum FixTestPrelude {
  static let begin = source.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ") + " "
  /// The chunk's result: the cases in order.
  static let end = "\nreturn stella_cases"

  private static let source = """
    local stella_cases = {}
    local stella_t = {}
    local function stella_raise(failure) if failure then error(failure, 3) end end
    function stella_t:database(name, what)
      stella_raise(stella_test.database(name, what))
      return self
    end
    function stella_t:given(values)
      stella_raise(stella_test.given(values))
      return self
    end
    function stella_t:alert(what)
      stella_raise(stella_test.alert(what))
      return self
    end
    function stella_t:expect(what)
      stella_raise(stella_test.expect(what))
      return self
    end
    function stella_t:after(name, question, ...)
      local answer = stella_test.after(name, question, select("#", ...) > 0, (...))
      if type(answer) == "string" then stella_raise(answer) end
      return answer.value
    end
    function test(name, body)
      if type(name) ~= "string" or type(body) ~= "function" then
        error('write test("what is promised", function(t) … end)', 2)
      end
      stella_cases[#stella_cases + 1] = { name = name, place = body, run = function() body(stella_t) end }
    end
    """
}
