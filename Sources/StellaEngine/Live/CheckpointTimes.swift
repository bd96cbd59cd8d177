/// How long checkpoints held detection up, and what they wrote.
package struct CheckpointTimes: Sendable {
  /// Checkpoints that were begun.
  package var count = 0
  /// Nanoseconds of the longest pause, while the state was copied.
  package var longestPause: Int64 = 0
  /// The longest pause in nanoseconds of CPU time: less when other processes had the core meanwhile.
  package var longestPauseCPU: Int64 = 0
  /// Bytes of state handed over to be written.
  package var bytes: Int64 = 0
  /// Nanoseconds that the writing took beside detection.
  package var writing: Int64 = 0
  /// Nanoseconds that a restart took to go on from the saved state.
  package var restoring: Int64 = 0
}
