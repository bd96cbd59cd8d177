import StellaDetection
import StellaModel

/// What a restart goes on from, and what is done beside the events.
extension WatchRun {
  func begin(resuming keys: [String]) {
    defer { checkpoint = Checkpoint() }
    if keys.isEmpty { return }
    for part in checkpoint.damaged { onNotice(.source("the saved state is damaged: \(part) can't be used")) }
    checkpointer?.restore {
      for reset in pipeline.rules.restore(checkpoint.parts) { note(reset) }
      pipeline.retired.restore(checkpoint.parts, without: Set(pipeline.rules.rules.map(\.manifest.id)))
    }
    do throws(StateError) {
      guard let stream = checkpoint.parts[Checkpointer.streamPart],
        let sources = checkpoint.parts[Checkpointer.sourcesPart]
      else { return }
      var reader = StateReader(stream.bytes)
      try pipeline.restoreStream(from: &reader)
      saved = try SavedSources(sources, positions: checkpoint.positions)
      steps = []
      for step in checkpoint.steps { steps.append(try ReadingStep(step.bytes)) }
    } catch {
      steps = []
      onNotice(.source("state reset: the reading goes on from the saved positions alone, because \(error.message)"))
    }
    numbers = saved.numbers
    for case .source(let number, let key) in steps { numbers[key] = number }
    // What was found since the checkpoint may be added in another order now, or be gone.
    nextNumber = max(pipeline.sourceNames.count, numbers.values.max().map { Int($0) + 1 } ?? 0)
    let taken = Set(numbers.values)
    freeNumbers = pipeline.endedSources.filter { !taken.contains($0) }.reversed()
  }

  /// Alerts may still have lines of sources that are gone, which are known by their numbers: they give them free only where so many
  /// have been that those lines are old.
  private static let numbersKept = 4096

  private func newNumber() -> UInt16? {
    if nextNumber >= Self.numbersKept, let free = freeNumbers.popLast() { return free }
    guard let number = UInt16(exactly: nextNumber) else { return nil }
    nextNumber += 1
    return number
  }

  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader? {
    guard let number = numbers[key] ?? newNumber() else { return nil }
    // What was found after the checkpoint has a number that may have been another's in it.
    let wasSaved = saved.numbers[key] == number && Int(number) < pipeline.sourceNames.count
    let isKnown = wasSaved || readers.readers[number] != nil
    numbers[key] = number
    let reader = reader(number)
    if isKnown { pipeline.resumeSource(number) } else { pipeline.addSource(reader.name, as: number) }
    if var state = saved.states[key] {
      // What was read of a log is gone: there is nothing to skip.
      if reader.splitter.source is LogBufferSource { state.skip = 0 }
      do throws(StateError) {
        try reader.resume(from: state)
      } catch {
        onNotice(.source("\(reader.name): its saved state can't be used: \(error.message)"))
      }
    }
    readers.readers[number] = reader
    damage.add(reader)
    if !isKnown { note(.source(number, key: key)) }
    return reader
  }

  func repeatSteps(_ body: ([ReadingStep]) throws -> Void) rethrows {
    isRepeating = true
    defer { isRepeating = false }
    try body(steps)
    steps = []
  }

  /// The order of files that are read to their ends needs no note: it follows from what they hold.
  func note(_ step: ReadingStep) {
    guard options.follow, !isRepeating else { return }
    checkpointer?.note(step, sources: readers.readers.count)
  }

  func housekeep(force: Bool) {
    for rule in pipeline.rules.failingRules where rule.rests > rests[rule.id] ?? 0 {
      rests[rule.id] = rule.rests
      onNotice(
        rule.isStopped
          ? .stopped(rule: rule.id, error: rule.error) : .quarantined(rule: rule.id, error: rule.error))
    }
    monitor?.board.note(pipeline.rules, latest: pipeline.latestTime)
    guard let reading else { return }
    // What ends is told of at its end.
    for reader in options.follow ? reading.readers : [] {
      for message in damage.news(of: reader) { onNotice(.damaged(source: reader.name, message: message)) }
    }
    onProgress?(
      RuleReplay.Progress(
        events: pipeline.events, bytes: reading.readers.reduce(0) { $0 + $1.splitter.counts.bytes }))
    let now = machineMonotonicTime()
    if let monitor { report(to: monitor, reading.readers, at: now) }
    options.traffic?.publish(at: now)
    if let onStanding {
      let grown = grown.take(pipeline.rules, at: now, force: force)
      if !grown.isEmpty { onStanding(grown) }
    }
    guard let checkpointer else { return }
    if force { checkpointer.wait() }
    if !force && !checkpointer.isDue(at: now) { return }
    guard isSettled(patience) else { return }
    checkpointer.pause {
      let (positions, sources) = SavedSources.save(reading.readers)
      checkpointer.save(pipeline, positions: positions, sources: sources, archive: archive, at: now)
    }
    if force { checkpointer.wait() }
  }

  /// Times the rules only while somebody asks.
  private func report(to monitor: EngineMonitor, _ readers: [SourceReader], at now: Int64) {
    guard monitor.isAsked(at: now) else {
      if let timed {
        timed.endProfile()
        monitor.forget()
      }
      timed = nil
      return
    }
    if timed !== pipeline.rules {
      // Others count anew.
      monitor.forget()
      pipeline.rules.profile(machineMonotonicTime)
      timed = pipeline.rules
    }
    if monitor.isDue(at: now) { monitor.add(EngineFigures(pipeline, readers, notLive: notLive, at: now)) }
  }
}
