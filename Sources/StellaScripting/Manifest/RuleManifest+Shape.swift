extension RuleManifest {
  /// What two versions of a rule must have in common for the state of the one to mean something to the other: how keys
  /// are made and what kind of detector keeps them. Numbers that only decide when it fires are no part of it.
  package var shape: String {
    let kind: String
    if let threshold {
      kind = "threshold " + (threshold.distinct.map { "distinct \($0)" } ?? threshold.window.rawValue)
    } else if sequence != nil {
      kind = "sequence"
    } else if absence != nil {
      kind = "absence"
    } else {
      kind = "script"
    }
    return kind + " by " + by.joined(separator: ", ")
  }

  /// What the windows that take events by themselves take, in the order of `state`.
  package var feeds: [RuleCondition] {
    state.compactMap { field in
      if case .primitive(_, let settings) = field.content { settings.feed } else { nil }
    }
  }

  /// Every entry of `state` with its kind and settings. Equal shapes mean that saved state fits.
  package var stateShapes: [String] {
    state.map { field in
      switch field.content {
      case .primitive(let name, let settings): "\(field.name) \(name) \(settings.shape)"
      case .initial: "\(field.name) plain"
      }
    }
  }

  /// The native ones among ``stateShapes``.
  package var primitiveShapes: [String] {
    zip(state, stateShapes).compactMap { field, shape in
      if case .primitive = field.content { shape } else { nil }
    }
  }
}

extension RuleManifest.PrimitiveSettings {
  fileprivate var shape: String { "\(within) \(offset) \(buckets) \(cap) \(size) \(options.shape)" }
}
