import HTTPTypes
import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

extension IntakeRoutes {
  /// `POST /api/v1/webhooks/NAME`: a JSON object, or an array of them, that its sender has signed.
  func webhook(_ name: String, _ request: Request) async -> Response {
    guard let signature = webhooks[name] else {
      return Problem(
        CommandFailure(
          .notFound, "there is no webhook of this name. Declare it under `server: webhooks:` in stella.yaml.")
      ).response
    }
    return await answer { () async throws(IntakeRefusal) in
      // Who sends nothing that could be a signature isn't read at all: anybody can reach this.
      let claim = try Self.refusing { () throws(WebhookSignature.Failure) in try signature.claim(request.headers) }
      let body = try await body(of: request, from: .stranger)
      try Self.refusing { () throws(WebhookSignature.Failure) in
        try signature.check(claim, body.bytes.readableBytesView, now: time.now())
      }
      guard IntakeBody.mediaType(request).map({ $0 == "application/json" || $0.hasSuffix("+json") }) ?? true else {
        throw IntakeRefusal(.unsupportedMediaType, CommandFailure(.usage, "a webhook's body is application/json."))
      }
      return try await take(body) { (bytes, context) throws(CommandFailure) in
        try WebhookEvents.batch(bytes, name: name, kind: Self.kind(request), context)
      }
    }
  }

  private static func refusing<Value>(
    _ body: () throws(WebhookSignature.Failure) -> Value
  ) throws(IntakeRefusal) -> Value {
    do throws(WebhookSignature.Failure) {
      return try body()
    } catch {
      throw refusal(error)
    }
  }

  private static func refusal(_ failure: WebhookSignature.Failure) -> IntakeRefusal {
    let message =
      switch failure {
      case .missing(let header): "the header \(header), which signs the body, is missing."
      case .wrong: "the signature is not of this body and the secret in stella.yaml."
      case .stale: "the signature is of another time. Are both clocks right?"
      }
    return IntakeRefusal(.unauthorized, CommandFailure(.notPermitted, message + " Nothing was taken."))
  }

  /// What senders that don't write it into the body call it.
  private static func kind(_ request: Request) -> String? {
    for header in ["X-GitHub-Event", "X-Gitlab-Event", "X-Event-Key", "X-Shopify-Topic", "X-Event-Type"] {
      if let name = HTTPField.Name(header), let value = request.headers[name] { return value }
    }
    return nil
  }
}
