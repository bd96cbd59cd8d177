/// A value of an event's field, as the log had it: integers stay integers, null is not absence, and empty arrays and
/// objects stay what they were.
public indirect enum FieldValue: Sendable, Hashable {
  /// There, and empty.
  case null
  /// True or false.
  case bool(Bool)
  /// A whole number.
  case integer(Int64)
  /// A number with a fraction or an exponent.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([FieldValue])
  /// Members in the order of the log line.
  case object([Member])

  /// One named value of an object.
  public struct Member: Sendable, Hashable {
    /// Its name in the object.
    public var name: String
    /// What it holds.
    public var value: FieldValue

    /// A member of that name.
    public init(_ name: String, _ value: FieldValue) {
      self.name = name
      self.value = value
    }
  }
}
