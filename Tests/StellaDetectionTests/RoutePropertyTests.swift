import Testing

@testable import StellaDetection

@Suite struct RoutePropertyTests {
  @Test(arguments: [1, 2, 3] as [UInt64])
  func `The router matches what a plain reading of each expression matches`(seed: UInt64) throws {
    var generator = ExpressionGenerator(random: SeededGenerator(seed))
    for round in 0..<12 {
      let count = generator.random.pick([1, 5, 60])
      let texts = (0..<count).map { _ in generator.expression() }
      let expressions = try texts.map { try Expression.parse($0) }
      let events = (0..<generator.random.pick([1, 63, 64, 200])).map { _ in generator.event() }
      let batch = TestEvents(events)
      // Databases are compiled at once, between the passes, or never.
      let trialTests = generator.random.pick([0, 300, .max])
      let router = Router(filters: expressions, fields: &batch.fields, trialTests: trialTests)
      for pass in 0..<3 {
        router.route(batch.batch)
        for (position, expression) in expressions.enumerated() {
          let expected = events.indices.filter { ReferenceEvaluator(event: events[$0]).holds(expression.syntax) }
          #expect(
            router.events(position) == expected,
            "seed \(seed), round \(round), pass \(pass), trial \(trialTests): \(texts[position]) as \(expression.canonical)"
          )
        }
      }
      #expect(router.matched == router.matched.sorted())
    }
  }

  @Test(arguments: [11, 12] as [UInt64])
  func `Canonical text reads back as itself and matches the same events`(seed: UInt64) throws {
    var generator = ExpressionGenerator(random: SeededGenerator(seed))
    let events = (0..<50).map { _ in generator.event() }
    for _ in 0..<400 {
      let expression = try Expression.parse(generator.expression())
      let again = try Expression.parse(expression.canonical)
      #expect(again.canonical == expression.canonical, "seed \(seed): \(expression.text)")
      for event in events {
        let evaluator = ReferenceEvaluator(event: event)
        #expect(
          evaluator.holds(again.syntax) == evaluator.holds(expression.syntax),
          "seed \(seed): \(expression.text), \(event)")
      }
    }
  }
}
