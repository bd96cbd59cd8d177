import StellaModel

/// Something that takes messages. Whoever brings another kind of sink, such as a NATS stream with the message's id as
/// `Nats-Msg-Id`, implements this.
package protocol NotificationClient: Sendable {
  /// Hands over one message. The same one may come again with the same id: after a failure, and when a process ended between
  /// the hand-over and its record.
  ///
  /// - Parameter time: now, nanoseconds since the epoch.
  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome

  /// Asks whether it would take messages, and hands over none.
  ///
  /// - Returns: what is wrong; nil when it answers.
  func check() async -> String?

  /// No further call comes.
  func end() async
}

/// What came of a hand-over. Texts are for people, and hold no secret.
package enum DeliveryOutcome: Sendable, Hashable {
  /// The sink has it.
  ///
  /// - Parameter remark: what a person should know all the same; empty for nothing.
  case taken(remark: String)
  /// It may have it or not; another try may help.
  ///
  /// - Parameter after: nanoseconds that it wants to be left alone.
  case later(String, after: Int64?)
  /// No further try helps until a person has changed something.
  case refused(String)
}
