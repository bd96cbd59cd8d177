import CoreMetrics
import ServiceLifecycle
import StellaEngine
import StellaModel
import Synchronization

/// Turns a host's own metrics into events for rules, beside whatever backend it has already:
///
///     let metrics = StellaMetricsFactory(engine, wrapping: PrometheusMetricsFactory())
///     MetricsSystem.bootstrap(metrics)
///     let app = Application(router: router, services: [engine, metrics])
///
/// Not every measurement becomes an event: each metric that was used tells once in ``interval`` what it came to, as an event of the
/// logger `stella.metrics` with `metric`, `kind` and its dimensions as fields:
///
/// | kind | fields |
/// |---|---|
/// | `counter` | `value` since it was made or reset, `delta` since the event before |
/// | `meter` | `value` |
/// | `recorder` | `count`, `sum`, `min`, `max`, `mean` and `value`, the last one, of this interval |
/// | `timer` | `count`, `sum_ms`, `min_ms`, `max_ms`, `mean_ms` and `duration_ms`, the last one, of this interval |
///
/// A gauge is a recorder. A metric that wasn't used since tells nothing. A dimension that has the name of another field stands under
/// `dimension.` and its name. Measuring costs a lock that nobody holds for long, and nothing is allocated.
public final class StellaMetricsFactory: MetricsFactory, Service {
  /// How often each metric that was used tells.
  public let interval: Duration
  /// How many different metrics, dimensions included, become events. What comes beyond goes to the wrapped backend alone and is
  /// counted in ``unwatched``.
  public let limit: Int

  private let ingest: @Sendable ([Event]) -> Void
  private let inner: any MetricsFactory
  private let now: @Sendable () -> Int64

  private struct Known {
    var series: [MetricSeries.Identity: MetricSeries] = [:]
    var unwatched = 0
  }
  private let known = Mutex(Known())

  /// - Parameters:
  ///   - engine: gets the events.
  ///   - inner: the backend that the host has already; it gets every measurement as before.
  ///   - interval: how often each metric that was used tells.
  ///   - limit: how many different metrics become events.
  public convenience init(
    _ engine: StellaEngine, wrapping inner: any MetricsFactory = NOOPMetricsHandler.instance,
    interval: Duration = .seconds(10), limit: Int = 10_000
  ) {
    self.init(
      wrapping: inner, interval: interval, limit: limit, now: { WallTime.now() }, ingest: { engine.ingest($0) })
  }

  /// - Parameter now: nanoseconds since the epoch.
  package init(
    wrapping inner: any MetricsFactory, interval: Duration, limit: Int, now: @escaping @Sendable () -> Int64,
    ingest: @escaping @Sendable ([Event]) -> Void
  ) {
    self.inner = inner
    self.interval = interval
    self.limit = limit
    self.now = now
    self.ingest = ingest
  }

  /// Tells once in ``interval``, until the task is cancelled or the service group shuts down gracefully, and once more then.
  ///
  /// Put it behind the engine among `services`: a service group ends them in reverse order.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: self.interval)
        self.tell()
      }
    }
  }

  /// Tells of every metric that was used since it last told, now. For hosts without a service group, and for tests.
  public func tell() {
    let all = known.withLock { Array($0.series.values) }
    let time = now()
    let events = all.compactMap { $0.event(at: time) }
    if !events.isEmpty { ingest(events.sorted { ($0.message, "\($0.fields)") < ($1.message, "\($1.fields)") }) }
  }

  /// Metrics that were made beyond ``limit`` and become no events.
  public var unwatched: Int { known.withLock { $0.unwatched } }

  /// The series of this name, or nil when there are too many.
  private func series(
    _ kind: MetricSeries.Kind, _ label: String, _ dimensions: [(String, String)], _ inner: () -> MetricSeries.Inner
  ) -> MetricSeries {
    let identity = MetricSeries.Identity(kind: kind, label: label, dimensions: dimensions)
    return known.withLock { known in
      if let series = known.series[identity] { return series }
      let series = MetricSeries(identity, inner())
      if known.series.count < limit { known.series[identity] = series } else { known.unwatched += 1 }
      return series
    }
  }

  /// What is no longer measured tells a last time.
  private func forget(_ handler: AnyObject) -> MetricSeries.Inner? {
    guard let series = handler as? MetricSeries else { return nil }
    let wasWatched = known.withLock { known in
      guard known.series[series.identity] === series else { return false }
      known.series[series.identity] = nil
      return true
    }
    if wasWatched, let event = series.event(at: now()) { ingest([event]) }
    return series.inner
  }

  // MARK: - MetricsFactory

  /// A counter of this factory and of the wrapped one.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(.counter, label, dimensions) { .counter(inner.makeCounter(label: label, dimensions: dimensions)) }
  }

  /// A counter of this factory and of the wrapped one.
  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(.floatingCounter, label, dimensions) {
      .floatingCounter(inner.makeFloatingPointCounter(label: label, dimensions: dimensions))
    }
  }

  /// A meter of this factory and of the wrapped one.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(.meter, label, dimensions) { .meter(inner.makeMeter(label: label, dimensions: dimensions)) }
  }

  /// A recorder of this factory and of the wrapped one.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    series(aggregate ? .recorder : .gauge, label, dimensions) {
      .recorder(inner.makeRecorder(label: label, dimensions: dimensions, aggregate: aggregate))
    }
  }

  /// A timer of this factory and of the wrapped one.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(.timer, label, dimensions) { .timer(inner.makeTimer(label: label, dimensions: dimensions)) }
  }

  /// Lets go of a counter, here and in the wrapped factory.
  public func destroyCounter(_ handler: any CounterHandler) {
    if case .counter(let own)? = forget(handler) { inner.destroyCounter(own) }
  }

  /// Lets go of a counter, here and in the wrapped factory.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
    if case .floatingCounter(let own)? = forget(handler) { inner.destroyFloatingPointCounter(own) }
  }

  /// Lets go of a meter, here and in the wrapped factory.
  public func destroyMeter(_ handler: any MeterHandler) {
    if case .meter(let own)? = forget(handler) { inner.destroyMeter(own) }
  }

  /// Lets go of a recorder, here and in the wrapped factory.
  public func destroyRecorder(_ handler: any RecorderHandler) {
    if case .recorder(let own)? = forget(handler) { inner.destroyRecorder(own) }
  }

  /// Lets go of a timer, here and in the wrapped factory.
  public func destroyTimer(_ handler: any TimerHandler) {
    if case .timer(let own)? = forget(handler) { inner.destroyTimer(own) }
  }
}
