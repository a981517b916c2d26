import Testing

@testable import MuddledMariaDB

@Suite("PollPace")
struct PollPaceTests {
  @Test("Looks are close for 2 ms, then a quarter of the silence apart, then 100 ms")
  func pace() {
    #expect(PollPace.pause(after: .zero) < .microseconds(100))
    #expect(PollPace.pause(after: .microseconds(1999)) < .microseconds(100))
    #expect(PollPace.pause(after: .milliseconds(40)) == .milliseconds(10))
    #expect(PollPace.pause(after: .seconds(60)) == .milliseconds(100))
  }

  @Test("Ten seconds of silence need at most 200 looks, at 60 us a look")
  func looks() {
    var silence = Duration.zero
    var looks = 0
    while silence < .seconds(10) {
      silence += .microseconds(60) + PollPace.pause(after: silence)
      looks += 1
    }
    #expect(looks <= 200)
  }
}
