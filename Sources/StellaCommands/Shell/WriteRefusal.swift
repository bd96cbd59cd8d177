import Glibc
import StellaModel

/// Why nothing can be written at a place, and what to do about it.
enum WriteRefusal {
  /// - Parameter code: what `errno` said.
  static func message(_ path: String, _ code: Int32) -> String {
    let (reason, remedy) =
      switch code {
      case EACCES, EPERM: ("you may not write there", "Give a place that is yours, or ask its owner.")
      case EROFS: ("that file system is read-only", "Give another place.")
      case ENOENT: ("there is no such place, and none can be made", "Give another one.")
      case ENOTDIR: ("a part of the path is a file and no directory", "Give another path.")
      case EISDIR: ("it is a directory", "Name a file.")
      case ENOSPC, EDQUOT: ("no space is left on its file system", "Free some, or give another place.")
      case ENAMETOOLONG: ("the name is too long", "Give a shorter one.")
      case EEXIST: ("something is in its way", "Look at what is there, and take it away or give another place.")
      default: (String(cString: strerror(code)), "Give another place, or look into what is wrong with this one.")
      }
    return TextEscaping.oneLine("\(path) can't be written: \(reason). \(remedy)")
  }

  static func failure(_ status: CommandStatus, _ path: String, _ code: Int32) -> CommandFailure {
    CommandFailure(status, message(path, code))
  }
}
