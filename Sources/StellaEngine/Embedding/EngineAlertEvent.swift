/// Something that happened to an alert, as ``StellaEngine/StellaEngine/alertEvents`` tells it.
public enum EngineAlertEvent: Sendable, Hashable {
  /// It begins to fire, or is over, as its rule says; or somebody resolved it who didn't ask this engine, such as the command line on
  /// the same state (``Alert/ResolveCause/byHand``).
  case changed(Alert)
  /// Somebody looks after it: ``EngineAlert/acknowledged`` has who, when and why.
  case acknowledged(EngineAlert)
  /// Somebody said that it is over: ``EngineAlert/resolved`` has who, when and why. That the engine has ended it by then isn't told
  /// again.
  case resolved(EngineAlert)
}
