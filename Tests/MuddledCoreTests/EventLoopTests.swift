import MuddledCore
import Testing

@Suite("EventLoop", .timeLimit(.minutes(20)))
struct EventLoopTests {
  @Test("A sleep ends at its deadline, and a cancelled one at once")
  func sleep() async {
    let loop = EventLoop()
    defer { loop.stop() }
    let start = ContinuousClock.now
    await loop.sleep(for: .milliseconds(5))
    #expect(ContinuousClock.now - start >= .milliseconds(5))
    let sleeper = Task { await loop.sleep(for: .seconds(3600)) }
    sleeper.cancel()
    await sleeper.value
  }

  @Test("A task that prefers the loop runs on its thread")
  func preference() async {
    let loop = EventLoop()
    defer { loop.stop() }
    let sum = await withTaskExecutorPreference(loop) {
      await withTaskGroup(of: Int.self) { group in
        for number in 1...100 {
          group.addTask {
            await loop.sleep(for: .microseconds(number))
            return number
          }
        }
        return await group.reduce(0, +)
      }
    }
    #expect(sum == 5050)
  }
}
