extension Effect {
  /// One HTTP request, without following redirects.
  package struct HTTPRequest: Sendable {
    package var target: String
    /// One of ``methods``.
    package var method: String
    /// Absolute, ASCII, without user, password and fragment.
    package var url: String
    /// Names in lower case. A value is text, a result, a secret, or an array of these that are written one after the
    /// other.
    package var headers: NamedValues
    /// Text is sent as it is; an array or object is sent as JSON with its members in their order here. Nil: no body.
    package var body: EffectValue?
    /// The header that carries the engine's idempotency key, if the target honours one. The key itself is no part of the
    /// plan.
    package var idempotencyHeader: String?
    /// Statuses that mean done, ascending. Empty: 200 … 299 without 202, which is a promise only.
    package var expectedStatuses: [Int]
    package var observation: Observation?

    package static let methods = ["DELETE", "GET", "PATCH", "POST", "PUT"]

    package init(
      target: String, method: String, url: String, headers: NamedValues = [:], body: EffectValue? = nil,
      idempotencyHeader: String? = nil, expectedStatuses: [Int] = [], observation: Observation? = nil
    ) {
      self.target = target
      self.method = method
      self.url = url
      self.headers = headers
      self.body = body
      self.idempotencyHeader = idempotencyHeader
      self.expectedStatuses = expectedStatuses
      self.observation = observation
    }
  }
}
