import Glibc
import StellaEngine
import StellaModel
import StellaServer
import Synchronization

/// Asks a server on a thread of its own, so that whoever waits for the answer can do something else meanwhile.
final class TopAsker: Sendable {
  struct Question: Sendable {
    var filter: OperatorRequest.TopFilter
    var layout: AnswerLayout
  }

  private struct State {
    var question: Question?
    var isBusy = false
    var answer: Result<OperatorAnswer, CommandFailure>?
  }

  private let state = Mutex(State())
  private let asked: Waker
  private let answered: Waker

  /// The thread ends with the process.
  init(_ makeClient: @escaping @Sendable () throws(CommandFailure) -> ServerClient) throws {
    asked = try Waker()
    answered = try Waker()
    let thread = try EngineThread.start { [self] in live(makeClient) }
    pthread_detach(thread)
  }

  /// Becomes readable when there is an answer.
  var descriptor: Int32 { answered.readEnd }

  var isBusy: Bool { state.withLock { $0.isBusy } }

  /// Asks this next, in the place of what was not asked yet.
  func ask(_ question: Question) {
    state.withLock { state in
      state.question = question
      state.isBusy = true
    }
    asked.wake()
  }

  /// The answer to the last question, once.
  func take() -> Result<OperatorAnswer, CommandFailure>? {
    answered.take()
    return state.withLock { state in
      defer { state.answer = nil }
      return state.answer
    }
  }

  private func live(_ makeClient: () throws(CommandFailure) -> ServerClient) {
    while true {
      var request = pollfd(fd: asked.readEnd, events: Int16(POLLIN), revents: 0)
      poll(&request, 1, -1)
      asked.take()
      guard let question = state.withLock({ $0.question.take() }) else { continue }
      let result = Result { () throws(CommandFailure) in
        try makeClient().answer(.top(question.filter), as: question.layout)
      }
      state.withLock { state in
        // A newer question is being asked already.
        guard state.question == nil else { return }
        state.answer = result
        state.isBusy = false
      }
      answered.wake()
    }
  }
}
