import StellaModel

/// What came of a ``OperatorRequest``, in the form that was asked for.
package struct OperatorAnswer: Sendable, Hashable {
  /// Something for standard error.
  package struct Note: Sendable, Hashable {
    package var text: String
    /// Good to know, and left out by `--quiet`.
    package var isHint: Bool

    package init(_ text: String, isHint: Bool = false) {
      self.text = text
      self.isHint = isHint
    }
  }

  /// Where the run is that the request was about, or that it made.
  package struct Place: Sendable, Hashable {
    package var id: String
    package var state: RunState

    package init(id: String, state: RunState) {
      self.id = id
      self.state = state
    }
  }

  /// For standard output: lines, each with its line feed.
  package var body = ""
  /// Whether the body has any number of JSON objects, one a line, when it is JSON.
  package var isList = false
  package var notes: [Note] = []
  /// How a command ends with it.
  package var status = CommandStatus.done
  package var run: Place?
  /// Of a page: the number that the next one goes on with; nil when nothing is left.
  package var next: Int64?

  package init() {}
}

/// In which form an answer is wanted.
package enum AnswerLayout: Sendable, Hashable {
  /// One JSON object a line.
  case json
  /// For people.
  ///
  /// - Parameters:
  ///   - columns: of the terminal; nil when nothing bounds a line.
  ///   - hasColor: whether styles may be in it.
  case text(columns: Int?, hasColor: Bool)

  /// The same without line ends and styles in the middle of a value: in its pieces nobody finds personal data.
  package var unbroken: AnswerLayout {
    switch self {
    case .json: .json
    case .text: .text(columns: AnswerField.widest, hasColor: false)
    }
  }
}
