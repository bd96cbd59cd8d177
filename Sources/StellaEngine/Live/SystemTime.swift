import StellaModel

/// The machine's calendar clock.
package struct SystemTime: TimeSource {
  package init() {}

  package func now() -> Int64 { WallTime.now() }
}
