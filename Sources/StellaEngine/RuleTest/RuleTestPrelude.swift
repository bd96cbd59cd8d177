/// The Lua side of the test language: `test`, `rules.load` and the object `t`.
///
/// It becomes the beginning of a test file's first line, so that line numbers stay right. What the host answers is nil or
/// the text of a failure, which is raised at the line of the test.
enum RuleTestPrelude {
  /// Host functions, all in the table `stella_test`.
  static let functionNames = ["use", "params", "feed", "at", "replay", "advance", "expect"]

  static let begin = source.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ") + " "
  /// The chunk's result: the cases in order.
  static let end = "\nreturn stella_cases"

  private static let source = """
    local stella_cases, stella_default = {}, {}
    rules = { load = function(id)
      if type(id) ~= "string" then error("rules.load needs the id of a rule", 2) end
      stella_default[#stella_default + 1] = id
      return { id = id }
    end }
    local function stella_object()
      local host, t, pending = stella_test, {}, nil
      local function flush()
        local feed = pending
        pending = nil
        if not feed then return nil end
        if type(feed.event) == "function" then
          for i = 1, feed.count do
            local failure = host.feed(feed.event(i), 1, nil, i > 1 and feed.every or nil)
            if failure then return failure end
          end
          return nil
        end
        return host.feed(feed.event, feed.count, feed.every)
      end
      local function raise(failure) if failure then error(failure, 3) end end
      function t:use(ids)
        if type(ids) ~= "table" then ids = { ids } end
        raise(flush() or host.use(ids))
        return t
      end
      function t:params(first, second)
        raise(flush() or host.params(first, second))
        return t
      end
      function t:feed(event)
        raise(flush())
        if type(event) ~= "table" and type(event) ~= "function" then
          error("feed needs the fields of an event in { }, or a function(i) that returns them", 2)
        end
        local feed = { event = event, count = 1 }
        pending = feed
        local more = {}
        function more:times(count)
          if type(count) ~= "number" or count < 1 or count > 1000000 then error("times needs a number from 1 to 1000000", 2) end
          feed.count = count // 1
          return more
        end
        function more:every(duration)
          if type(duration) ~= "string" then error('every needs a duration such as "5s"', 2) end
          feed.every = duration
          return more
        end
        return more
      end
      function t:at(time)
        raise(flush() or host.at(time))
        return t
      end
      function t:replay(what)
        if type(what) == "string" then what = { file = what } end
        raise(flush() or host.replay(what))
        return t
      end
      function t:advance(duration)
        raise(flush() or host.advance(duration))
        return t
      end
      function t:expect(what)
        raise(flush() or host.expect(what))
        return t
      end
      function t:expect_quiet(what)
        local wanted = { fires = 0 }
        if type(what) == "table" then for name, value in pairs(what) do wanted[name] = value end end
        raise(flush() or host.expect(wanted))
        return t
      end
      return t, flush
    end
    function test(name, body)
      if type(name) ~= "string" or type(body) ~= "function" then
        error('write test("what is promised", function(t) … end)', 2)
      end
      stella_cases[#stella_cases + 1] = { name = name, place = body, run = function()
        local t, flush = stella_object()
        if #stella_default > 0 then
          local failure = stella_test.use(stella_default)
          if failure then error(failure, 0) end
        end
        body(t)
        local failure = flush()
        if failure then error(failure, 0) end
      end }
    end
    """
}
