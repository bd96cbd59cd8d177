/// A number of bytes in the unit that a person reads it in.
enum ByteText {
  /// `812 B`, `40 KiB`, `12 MiB`.
  static func text(_ count: Int) -> String {
    count < 10_240 ? "\(count) B" : count < 10 << 20 ? "\(count >> 10) KiB" : "\(count >> 20) MiB"
  }
}
