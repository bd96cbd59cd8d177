import StellaConfiguration
import StellaEngine
import StellaModel
import StellaNotify
import StellaSQLite

/// Tells people while `stella serve` runs.
final class NotificationService: Sendable {
  private let delivery: NotificationDelivery<SQLiteStore>
  private let trouble: EngineTrouble

  /// Begins to note what happens and to hand it over; with no sinks, ends that.
  init(_ desk: RemediationDesk, _ trouble: EngineTrouble, note: @escaping @Sendable (String) -> Void) throws {
    let settings = desk.configuration.notify
    delivery = NotificationDelivery(
      desk.store, settings: settings, clients: SinkAssembly.clients(settings), time: desk.remediation.journal.time,
      makeID: { HexText.text(LogKeyFile.unpredictable(16)) }, note: note)
    self.trouble = trouble
    try delivery.begin()
    let delivery = delivery
    trouble.begin { delivery.tell($0, subject: $1) }
  }

  func end() async {
    trouble.end()
    await delivery.end()
  }
}
