import Glibc
import StellaModel

/// The machine's clocks.
package struct SystemTime: TimeSource {
  package init() {}

  package func now() -> Int64 { WallTime.now() }

  package func steady() -> SteadyTime? {
    guard let boot = Self.boot else { return nil }
    var now = timespec()
    guard clock_gettime(CLOCK_BOOTTIME, &now) == 0 else { return nil }
    return SteadyTime(boot: boot, nanoseconds: Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec))
  }

  /// What the kernel calls this start of the machine.
  private static let boot: String? = {
    let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(file, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 > 0x20 }, as: UTF8.self)
    return text.isEmpty ? nil : text
  }()
}
