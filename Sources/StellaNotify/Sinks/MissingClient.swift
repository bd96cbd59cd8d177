import StellaModel

/// A kind of sink that this build can't serve: it takes nothing, and says why.
struct MissingClient: NotificationClient {
  let reason: String

  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome { .refused(reason) }

  func check() async -> String? { reason }

  func end() async {}
}
