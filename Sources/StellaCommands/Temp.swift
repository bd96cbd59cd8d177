import StellaEngine
import StellaDetection
import StellaScripting
import StellaModel
import Glibc
nonisolated(unsafe) var outBytes = JSONText()
package func run(_ args: [String]) {
  // stella watch --no-follow --from start --rules DIR --output json FILE
  var o = WatchOptions()
  var files: [String] = []
  var i = 2
  while i < args.count {
    switch args[i] {
    case "--no-follow": o.follow = false
    case "--from", "--output": i += 1
    case "--rules": i += 1; o.rulePaths.append(args[i])
    default: files.append(args[i])
    }
    i += 1
  }
  o.inputs = [.init(paths: files, from: .start)]
  let (sources, unreadable) = RuleFiles.read(o.rulePaths)
  let opts = o
  do {
    let s = try EngineThread.run {
      let rules = RuleSet(sources: sources, fields: FieldRegister(), unreadable: unreadable)
      for r in rules.refusals { for e in r.errors { eprint("\(e)\n") } }
      let w = try WatchRun(options: opts, rules: rules, onAlerts: { a in
        outBytes.removeAll()
        for x in a { outBytes.alert(x); outBytes.raw("\n") }
        outBytes.bytes.withUnsafeBytes { var p = $0.baseAddress; var n = $0.count; while n > 0 { let k = write(1, p, n); if k <= 0 { return }; n -= k; p = p! + k } }
      }, onNotice: { eprint("\($0)\n") })
      return try w.run(interrupts: nil)
    }
    eprint("events \(s.events) fired \(s.fired) failed \(s.failedLines) \(s.decodeFailures) \(s.quarantined) \(s.evictions)\n")
  } catch { eprint("\(error)\n"); exit(3) }
}
func eprint(_ s: String) { var s = s; s.withUTF8 { _ = write(2, $0.baseAddress, $0.count) } }
