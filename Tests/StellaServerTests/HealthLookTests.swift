import Dispatch
import Synchronization
import Testing

@testable import StellaServer

@Suite("Looks at health")
struct HealthLookTests {
  private final class Scene: Sendable {
    let time = Mutex<Int64>(0)
    let looks = Mutex(0)

    @Sendable func now() -> Int64 { time.withLock { $0 } }

    func set(_ time: Int64) { self.time.withLock { $0 = time } }
  }

  @Test("However many ask, one look a second answers them")
  func once() async {
    let scene = Scene()
    let look = HealthLook(now: scene.now) {
      let number = scene.looks.withLock { looks in
        looks += 1
        return looks
      }
      return [Health.Part("store", isWell: true, detail: "\(number)")]
    }
    await withTaskGroup(of: [Health.Part].self) { group in
      for _ in 0..<500 { group.addTask { await look.parts() } }
      for await parts in group { #expect(parts.map(\.detail) == ["1"]) }
    }
    scene.set(999_999_999)
    let same = await look.parts()
    scene.set(1_000_000_000)
    let next = await look.parts()
    #expect(same.map(\.detail) == ["1"] && next.map(\.detail) == ["2"])
    await look.end()
    scene.set(2_000_000_000)
    let ended = await look.parts()
    #expect(ended.map(\.name) == ["store"] && ended.allSatisfy { !$0.isWell })
  }

  @Test("Who waits for a look that hangs is told so, also who asked first, and the look's answer counts when it comes")
  func hangs() async {
    let (scene, gate) = (Scene(), DispatchSemaphore(value: 0))
    let look = HealthLook(now: scene.now, patience: .milliseconds(1)) {
      scene.looks.withLock { $0 += 1 }
      gate.wait()
      return [Health.Part("store", isWell: true)]
    }
    await withTaskGroup(of: [Health.Part].self) { group in
      for _ in 0..<100 { group.addTask { await look.parts() } }
      for await parts in group {
        #expect(parts.count == 1 && parts.allSatisfy { !$0.isWell && $0.detail.hasPrefix("it has not answered for") })
      }
    }
    let later = await look.parts()
    #expect(later.map(\.isWell) == [false])
    gate.signal()
    while await look.parts().contains(where: { !$0.isWell }) { await Task.yield() }
    #expect(scene.looks.withLock { $0 } == 1)
    scene.set(1_000_000_000)
    gate.signal()
    while await look.parts().contains(where: { !$0.isWell }) { await Task.yield() }
    #expect(scene.looks.withLock { $0 } == 2)
    await look.end()
  }
}
