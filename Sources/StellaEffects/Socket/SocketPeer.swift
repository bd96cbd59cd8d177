import Glibc
import StellaModel

extension PeerCredentials {
  /// Connects to a Unix socket and asks the kernel who listens there. Never waits.
  ///
  /// - Returns: nil when nobody does: there is no such socket, the process that made it is gone, or it isn't for this user.
  package static func listening(at path: String) -> PeerCredentials? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // EAGAIN: it listens, and so many wait already that it takes no more for now.
    guard status == 0 || errno == EAGAIN else { return nil }
    var peer = PeerCredentials()
    var size = socklen_t(MemoryLayout<PeerCredentials>.size)
    guard status == 0, getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 else {
      return PeerCredentials()
    }
    return peer
  }
}
