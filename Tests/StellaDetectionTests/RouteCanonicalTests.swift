import Testing

@testable import StellaDetection

@Suite struct RouteCanonicalTests {
  @Test(arguments: [
    ("a==1 and b==2", "b == 2 and a == 1"), ("a == 1.0", "a == 0x1"), ("1 < a", "a > 1"),
    ("not not (a == 1)", "a == 1"), ("not (a == nil)", "a ~= nil"), ("a == 1 or a == 2", "one_of(a, 2, 1, 2)"),
    ("one_of(a, 1)", "a == 1"), ("level >= error", "one_of(level, 'ERROR', critical)"),
    ("level == error or level == critical", "error <= level"),
    ("level >= info and level <= error", "one_of(level, info, notice, warning, error)"),
    ("true and a == 1", "a == 1 or false"), ("(a == 1 and b == 2) and c == 3", "a == 1 and (b == 2 and c == 3)"),
    ("icontains(a, 'Time')", "icontains(a, 'TIME')"), ("a:contains('x')", "contains(a, [[x]])"),
    ("field('a') == 1", "a == 1"), ("cidr(a, '10.0.0.0/8', '::1')", "cidr(a, '0:0:0:0:0:0:0:1/128', '10.0.0.0/8')"),
    ("a < b", "b > a"), ("level == 'Error'", "level == error"), ("x ~= null", "null ~= x"), ("a == '\\65'", "a == 'A'"),
  ])
  func `Two ways to say the same share one filter`(one: String, other: String) throws {
    let expressions = [try Expression.parse(one), try Expression.parse(other)]
    #expect(expressions[0].canonical == expressions[1].canonical)
    var fields = FieldTable()
    let router = Router(filters: expressions, fields: &fields)
    #expect(router.filters.count == 1)
    #expect(router.filter(of: 0) == router.filter(of: 1))
  }

  @Test(arguments: [
    ("a == 1", "a == '1'"), ("a ~= 1", "not (a == 1)"), ("a == nil", "a == null"),
    ("contains(a, 'x')", "icontains(a, 'x')"),
    ("level ~= error", "not (level == error)"), ("a == 9007199254740993", "a == 9007199254740993.0"),
    ("field('a.b') == 1", "field('a-b') == 1"), ("a == 'é'", "a == 'e\\u{301}'"),
  ])
  func `What differs stays apart`(one: String, other: String) throws {
    #expect(try Expression.parse(one).canonical != Expression.parse(other).canonical)
  }

  @Test func `The fields that are read are listed once, as first met`() throws {
    let expression = try Expression.parse("b == 1 and (level >= error or a.c == b) and field('x y') ~= nil")
    #expect(expression.fields == ["b", "level", "a.c", "x y"])
  }

  @Test(arguments: [
    ("level == error and duration_ms > 500", ["duration_ms > 500"]),
    ("service == \"api\" and contains(message, \"x\")", ["service == \"api\""]),
    ("one_of(status, 502, 503) and level >= error", ["status == 502", "status == 503"]),
    ("contains(message, \"x\") or status == 500", ["contains(message, \"x\")", "status == 500"]),
    ("level >= error and not contains(message, \"x\")", ["level >= error"]),
    ("user_id ~= nil and not cached", ["user_id ~= nil"]),
    ("cached", ["cached == true"]),
  ])
  func `A filter is found by the cheapest thing that must hold`(text: String, access: [String]) throws {
    let expression = try Expression.parse(text)
    #expect(expression.necessaryConditions?.map(\.source).sorted() == access)
    #expect(expression.hasCheapCondition)
  }

  @Test(arguments: [
    "true", "not contains(message, \"x\")", "a == nil", "status == 500 or not cached", "level >= trace",
  ])
  func `A rule without a cheap positive condition is known`(text: String) throws {
    #expect(try Expression.parse(text).hasCheapCondition == false)
  }
}
