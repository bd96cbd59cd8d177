/// Which bytes a source's offsets count: a file is told apart by its inode and by how it begins.
///
/// The inode alone is not enough: file systems give the number of a deleted file to the next new one, and a truncated
/// file keeps its number. Nothing here is a path, because a rotation renames the file that a position belongs to.
public struct SourceIdentity: Codable, Sendable, Hashable {
  /// The device that the file is on.
  public var device: UInt64
  /// The file's number on it.
  public var inode: UInt64
  /// How many bytes, from the file's start, the fingerprint covers: at most ``fingerprintLimit``, fewer for a file that
  /// was shorter then, 0 for one that was empty.
  public var fingerprintBytes: Int
  /// FNV-1a (64 bits) of these bytes.
  public var fingerprint: UInt64

  /// Bytes of a file's beginning that tell it apart, at most.
  public static let fingerprintLimit = 256

  /// An identity of these parts.
  public init(device: UInt64, inode: UInt64, fingerprintBytes: Int, fingerprint: UInt64) {
    self.device = device
    self.inode = inode
    self.fingerprintBytes = fingerprintBytes
    self.fingerprint = fingerprint
  }

  /// The FNV-1a hash (Fowler, Noll, Vo; 64 bits) of `bytes`. O(bytes).
  public static func fingerprint(of bytes: some Sequence<UInt8>) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// How far a source was read: the offset of the first byte that was not yet processed.
public struct SourcePosition: Codable, Sendable, Hashable {
  /// `nil` for a stream that can't be read again, such as standard input.
  public var identity: SourceIdentity?
  /// Bytes from the beginning.
  public var offset: Int64

  /// A position in that source.
  public init(identity: SourceIdentity?, offset: Int64) {
    self.identity = identity
    self.offset = offset
  }

  /// The start of a stream without identity.
  public static let start = SourcePosition(identity: nil, offset: 0)
}
