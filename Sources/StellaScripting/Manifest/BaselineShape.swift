/// The options of a `baseline` counted in buckets.
package struct BaselineShape: Sendable, Hashable {
  /// A key takes four bytes for each.
  package static let mostBuckets = 20_000

  private static let day: Int64 = 86_400_000_000_000

  /// Nanoseconds.
  package let bucket: Int64
  /// Buckets from one phase to the same one of the next season; 1 without a season.
  package let season: Int
  /// Buckets that are kept.
  package let kept: Int
  /// Full buckets that must have passed before anything counts as usual.
  package let history: Int

  /// Nil when the bucket does not divide the season.
  package init?(_ options: PrimitiveOptions) {
    bucket = max(1, options.duration("bucket"))
    let length: Int64 =
      switch options.text("season") {
      case "day": BaselineShape.day
      case "week": 7 * BaselineShape.day
      default: bucket
      }
    guard length.isMultiple(of: bucket) else { return nil }
    season = Int(length / bucket)
    kept = Int(options.duration("keep") / bucket)
    // Without a word about it: two seasons, so that a single odd day is not what is usual.
    let standard = season == 1 ? 30 : 2 * season
    let history = options.has("min_history") ? options.duration("min_history") / bucket : Int64(min(standard, kept))
    self.history = Int(history)
  }
}
