import StellaDetection
import StellaModel

/// Which events a log source of Sigma means, and what its fields are called in them.
package struct FieldMapping: Sendable {
  /// One kind of events that a log source stands for.
  package struct Source: Sendable {
    package var category: String?
    package var product: String?
    package var service: String?
    package var condition: ImportedCondition
    package var fields: [String: [String]]
    package var template: [String]?

    package init(
      category: String? = nil, product: String? = nil, service: String? = nil, condition: ImportedCondition,
      fields: [String: [String]] = [:], template: [String]? = nil
    ) {
      self.category = category
      self.product = product
      self.service = service
      self.condition = condition
      self.fields = fields
      self.template = template
    }

    fileprivate var parts: Set<String> {
      Set([("category", category), ("product", product), ("service", service)].compactMap { $1 == nil ? nil : $0 })
    }

    fileprivate func fits(_ logSource: SigmaLogSource) -> Bool {
      (category == nil || category == logSource.category) && (product == nil || product == logSource.product)
        && (service == nil || service == logSource.service)
    }
  }

  package var name: String
  package var fields: [String: [String]] = [:]
  /// Event fields with `{}` for the name that a rule gives.
  package var template: [String] = ["{}"]
  /// Event fields that alerts are told apart by.
  package var by: [String] = []
  /// Event fields in which keywords are looked for.
  package var keywords: [String] = []
  /// Event fields in all of whose values a function looks for keywords, where there are no such fields.
  package var searched: [String] = []
  /// Fields of rules that are lists in some events, into which only a function looks.
  package var lists: [String] = []
  package var sources: [Source] = []

  package init(name: String) { self.name = name }

  /// One way to read a rule: the events it is about and the names of its fields.
  package struct View: Sendable {
    package var condition: ImportedCondition
    package var keywords: [String]
    package var searched: [String]
    package var lists: [String]
    fileprivate var fields: [[String: [String]]]
    fileprivate var template: [String]

    /// The event fields that a field of a rule may be, most wanted first.
    package func names(of field: String) -> [String] {
      for fields in fields { if let names = fields[field] { return names } }
      return template.map { $0.replacing("{}", with: field) }
    }
  }

  /// How the events of a log source are to be read; each view alone is one.
  ///
  /// Sources that name the same parts of the log source are alternatives. Sources that name different parts hold
  /// together, but one that names more stands in place of one that names only some of the same parts.
  ///
  /// - Returns: the parts of the log source that no source of the mapping speaks of, for people; those are not checked.
  package func views(of logSource: SigmaLogSource) -> (views: [View], unchecked: [String]) {
    let fitting = sources.filter { $0.fits(logSource) }
    let kinds = fitting.map(\.parts)
    let best = fitting.filter { source in !kinds.contains { source.parts.isStrictSubset(of: $0) } }
    var groups: [[Source]] = []
    for source in best {
      if let index = groups.firstIndex(where: { $0[0].parts == source.parts }) {
        groups[index].append(source)
      } else {
        groups.append([source])
      }
    }
    var views = [
      View(
        condition: .constant(true), keywords: keywords, searched: searched, lists: lists, fields: [fields],
        template: template)
    ]
    for group in groups {
      views = views.flatMap { view in
        group.map { source in
          var view = view
          view.condition = .conjunction(of: [view.condition, source.condition])
          view.fields.insert(source.fields, at: 0)
          view.template = source.template ?? view.template
          return view
        }
      }
    }
    let named = kinds.reduce(into: Set<String>()) { $0.formUnion($1) }
    let unchecked = [
      ("category", logSource.category), ("product", logSource.product), ("service", logSource.service),
    ].compactMap { name, value in value.flatMap { named.contains(name) ? nil : "\(name) \($0)" } }
    return (views, unchecked)
  }

  /// Whether the mapping knows events of that log source.
  package func knows(_ logSource: SigmaLogSource) -> Bool { sources.contains { $0.fits(logSource) } }
}
