import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

/// The body of a request, whole and as it was before it was compressed, and what it holds of the budget.
struct IntakeBody {
  private(set) var bytes: ByteBuffer
  private let share: IntakeBudget.Share

  /// - Parameters:
  ///   - limit: bytes at most, as they come and when they are decoded.
  ///   - inherent: a coding that is part of the type: who names it as one besides means the same, and nothing is decoded for it.
  static func collected(
    _ request: Request, limit: Int, _ share: IntakeBudget.Share, inherent: String? = nil
  ) async throws(IntakeRefusal) -> IntakeBody {
    let codings = try codings(request.headers[.contentEncoding], inherent)
    var body = IntakeBody(bytes: ByteBuffer(), share: share)
    do {
      for try await part in request.body {
        guard part.readableBytes <= limit - body.bytes.readableBytes else { throw tooLarge(limit) }
        try share.take(part.readableBytes)
        if body.bytes.readableBytes == 0 { body.bytes = part } else { body.bytes.writeImmutableBuffer(part) }
      }
    } catch let refusal as IntakeRefusal {
      throw refusal
    } catch {
      throw IntakeRefusal(.badRequest, CommandFailure(.failure, "the body didn't come to its end."))
    }
    for coding in codings.reversed() where body.bytes.readableBytes > 0 {
      try body.replace(with: decoded(body.bytes, coding, limit))
    }
    return body
  }

  /// Puts what was decoded in the place of the bytes.
  mutating func replace(with decoded: ByteBuffer) throws(IntakeRefusal) {
    try share.take(decoded.readableBytes)
    share.giveBack(bytes.readableBytes)
    bytes = decoded
  }

  /// In the order in which they were applied.
  private static func codings(_ header: String?, _ inherent: String?) throws(IntakeRefusal) -> [ContentCoding] {
    var codings: [ContentCoding] = []
    for part in (header ?? "").split(separator: ",") {
      let name = part.filter { $0 != " " && $0 != "\t" }.lowercased()
      if name == "identity" || name == inherent { continue }
      guard let coding = ContentCoding(rawValue: name == "x-gzip" ? "gzip" : name) else {
        throw IntakeRefusal(
          .unsupportedMediaType,
          CommandFailure(
            .usage, "the body is encoded as \(TextEscaping.oneLine(name, limit: 40)). Use gzip, deflate or nothing."))
      }
      codings.append(coding)
    }
    guard codings.count <= 2 else {
      throw IntakeRefusal(.unsupportedMediaType, CommandFailure(.usage, "the body is encoded more than twice."))
    }
    return codings
  }

  private static func decoded(
    _ body: ByteBuffer, _ coding: ContentCoding, _ limit: Int
  ) throws(IntakeRefusal) -> ByteBuffer {
    do throws(ContentCoding.Failure) {
      return ByteBuffer(
        bytes: try body.withUnsafeReadableBytes { bytes in
          Result { () throws(ContentCoding.Failure) in try coding.decoded(bytes, limit: limit) }
        }.get())
    } catch {
      switch error {
      case .tooLarge: throw tooLarge(limit)
      case .broken:
        throw IntakeRefusal(
          .badRequest, CommandFailure(.usage, "the body is no whole \(coding.rawValue), as Content-Encoding says."))
      }
    }
  }

  static func tooLarge(_ limit: Int) -> IntakeRefusal {
    IntakeRefusal(
      .contentTooLarge,
      CommandFailure(.usage, "the body is over \(SizeText.text(limit)). Send fewer events at a time."))
  }

  /// The type without parameters, in lower case; nil when none is said.
  static func mediaType(_ request: Request) -> String? {
    request.headers[.contentType]?.split(separator: ";").first?.filter { $0 != " " && $0 != "\t" }.lowercased()
  }
}
