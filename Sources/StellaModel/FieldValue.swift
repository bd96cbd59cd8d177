/// A value of an event's field, as the log had it: integers stay integers, null is not absence, and empty arrays and
/// objects stay what they were.
public indirect enum FieldValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case string(String)
  case array([FieldValue])
  /// Members in the order of the log line.
  case object([Member])

  /// One named value of an object.
  public struct Member: Sendable, Hashable {
    public var name: String
    public var value: FieldValue

    public init(_ name: String, _ value: FieldValue) {
      self.name = name
      self.value = value
    }
  }
}
