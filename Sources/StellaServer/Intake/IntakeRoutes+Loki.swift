import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

extension IntakeRoutes {
  /// `POST /loki/api/v1/push`: 204 once the lines are durable. As Loki does, it takes the other lines when some are too long, and
  /// answers 400.
  func loki(_ request: Request) async -> Response {
    do throws(IntakeRefusal) {
      let type = IntakeBody.mediaType(request)
      // Some agents say of protocol buffers what they always are here.
      var body = try await body(of: request, inherent: type == "application/x-protobuf" ? "snappy" : nil)
      let isJSON: Bool
      switch type {
      case "application/json": isJSON = true
      case "application/x-protobuf", nil:
        isJSON = false
        try body.replace(with: unpacked(body.bytes))
      case let type?:
        throw IntakeRefusal(
          .unsupportedMediaType,
          CommandFailure(
            .usage,
            "lines don't come as \(TextEscaping.oneLine(type, limit: 80)). Use application/json, or application/x-protobuf with "
              + "snappy."))
      }
      let batch = try await take(body) { (bytes, context) throws(CommandFailure) in
        isJSON ? try LokiPush.batch(json: bytes, context) : try LokiPush.batch(protobuf: bytes, context)
      }
      if let reason = batch.reason {
        throw IntakeRefusal(
          .badRequest,
          CommandFailure(
            .usage,
            "\(batch.rejected) of \(batch.count + batch.rejected) lines \(batch.rejected == 1 ? "was" : "were") left out: \(reason). "
              + "The others were taken."))
      }
      return Response(status: .noContent)
    } catch {
      return error.response
    }
  }

  /// What lies within snappy's block.
  private func unpacked(_ body: ByteBuffer) throws(IntakeRefusal) -> ByteBuffer {
    do throws(SnappyBlock.Failure) {
      return ByteBuffer(
        bytes: try body.withUnsafeReadableBytes { bytes in
          Result { () throws(SnappyBlock.Failure) in try SnappyBlock.decoded(bytes, limit: limits.bodyBytes) }
        }.get())
    } catch {
      switch error {
      case .tooLarge: throw IntakeBody.tooLarge(limits.bodyBytes)
      case .broken:
        throw IntakeRefusal(
          .badRequest, CommandFailure(.usage, "the body is no whole snappy block. No line was taken."))
      }
    }
  }
}
