import Testing

@testable import MuddledCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

@Suite("EventLoop", .timeLimit(.minutes(20)))
struct EventLoopTests {
  @Test(
    "The loop's thread lets others go on (SCHED_BATCH), and a thread that it starts does not inherit that"
  )
  func turns() async {
    let loop = EventLoop()
    defer { loop.stop() }
    let policies = await Task(executorPreference: loop) {
      let own = sched_getscheduler(0)
      let started = await withCheckedContinuation { continuation in
        Thread { continuation.resume(returning: sched_getscheduler(0)) }.start()
      }
      return [own, started]
    }.value
    #expect(policies == [3, 0])
  }

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
