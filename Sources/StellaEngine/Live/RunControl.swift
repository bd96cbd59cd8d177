/// What asks a running engine to do something besides reading: signals of a process, or a host's calls.
package protocol RunControl: AnyObject {
  /// Becomes readable when something is asked; for ``LiveWaiter``.
  var descriptor: Int32 { get }

  /// What was asked since the last call, in order: a hangup is to load the rules anew, anything else to end. Never waits.
  func take() -> [Interrupts.Signal]
}

extension Interrupts: RunControl {}
