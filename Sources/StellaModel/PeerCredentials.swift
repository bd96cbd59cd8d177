/// Who is at the other end of a Unix socket, as the kernel says: what `SO_PEERCRED` gives, in its layout (unix(7)).
package struct PeerCredentials: Sendable, Hashable {
  package var pid: Int32
  package var uid: UInt32
  package var gid: UInt32

  package init(pid: Int32 = 0, uid: UInt32 = .max, gid: UInt32 = .max) {
    self.pid = pid
    self.uid = uid
    self.gid = gid
  }
}
