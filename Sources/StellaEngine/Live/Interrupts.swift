import Glibc

/// The write end of the pipe that signals go to; a signal handler may touch nothing else.
nonisolated(unsafe) private var signalPipe: Int32 = -1

/// SIGINT, SIGTERM and SIGHUP as something to poll.
///
/// The first interrupt asks for an orderly end. A second one of the same kind ends the process at once: the handler is
/// removed when it ran. One instance per process at a time.
package final class Interrupts {
  package enum Signal: Int32, Sendable, CaseIterable {
    case hangup = 1
    case interrupt = 2
    case terminate = 15
  }

  private let pipe: Waker
  private var before: [(Signal, sigaction)] = []
  /// The first signal taken that asked for the end.
  package private(set) var ending: Signal?

  /// Installs the handlers. They stay until this object goes away.
  package init() throws(LiveError) {
    pipe = try Waker()
    signalPipe = pipe.writeEnd
    for signal in Signal.allCases {
      var action = sigaction()
      var old = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(signalPipe, &byte, 1)
        errno = saved
      }
      // Hangup means reload, any number of times.
      action.sa_flags = signal == .hangup ? SA_RESTART : Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(signal.rawValue, &action, &old)
      before.append((signal, old))
    }
  }

  deinit {
    for (signal, old) in before {
      var old = old
      sigaction(signal.rawValue, &old, nil)
    }
    signalPipe = -1
  }

  /// Becomes readable when a signal came; for ``LiveWaiter``.
  package var descriptor: Int32 { pipe.readEnd }

  /// The signals that came since the last call, in order. Never waits; one system call.
  package func take() -> [Signal] {
    let signals = pipe.take().compactMap { Signal(rawValue: Int32($0)) }
    ending = ending ?? signals.first { $0 != .hangup }
    return signals
  }
}
