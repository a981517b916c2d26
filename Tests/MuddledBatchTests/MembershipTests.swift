import MuddledCore
import MuddledMariaDB
import MuddledTestKit
import Testing

@Suite(
  "Who may take part in a batch", .serialized, .timeLimit(.minutes(20)), .sandbox(Meeting.servers))
struct MembershipTests {
  private let pair = [["SELECT 1"], ["SELECT 2"]]

  /// Runs nodes of one batch and returns what each threw.
  private func failures(
    _ meeting: Meeting, _ nodes: [BatchConfiguration]
  ) async -> [MuddledError?] {
    await withTaskGroup(of: (Int, MuddledError?).self) { group in
      for (index, node) in nodes.enumerated() {
        group.addTask {
          do { try await meeting.node(node) } catch { return (index, error as? MuddledError) }
          return (index, nil)
        }
      }
      var failures: [MuddledError?] = nodes.map { _ in nil }
      for await (index, failure) in group { failures[index] = failure }
      return failures
    }
  }

  @Test("A partner that never comes ends the wait after register_ms", arguments: StoreKind.allCases)
  func absent(kind: StoreKind) async throws {
    try await Meeting.with(kind) { meeting in
      let node = Meeting.configuration("absent", pair, 0) {
        $0.registerTimeout = .milliseconds(300)
      }
      let failure = await failures(meeting, [node])[0]
      #expect(failure?.code == .unavailable)
      #expect(
        failure?.message.contains(#"partner "2" did not come to batch "absent" within 300 ms"#)
          == true)
      // The id is free again at once, and the batch can still be run.
      let recorders = try await meeting.batch("absent", pair)
      #expect(recorders[0].summary?.isComplete == true)
    }
  }

  @Test("Partner lists that disagree stop every node, with both sides named")
  func disagreeing() async throws {
    try await Meeting.with { meeting in
      var first = Meeting.configuration("odd", pair, 0)
      first.partners = ["2", "3"]
      let second = Meeting.configuration("odd", pair, 1)
      for failure in await failures(meeting, [first, second]) {
        #expect(failure?.code == .usage)
        #expect(failure?.message.contains(#""1", "2", "3""#) == true)
        #expect(failure?.message.contains(#"node "2""#) == true)
      }
    }
  }

  @Test(
    "The same id started twice is refused, and the first goes on", arguments: StoreKind.allCases)
  func twice(kind: StoreKind) async throws {
    // Whether the other lives is seen when it renews its lease.
    let nodes = (0..<2).map { index in
      Meeting.configuration("twice", pair, index) { $0.lease = .seconds(2) }
    }
    try await Meeting.with(kind) { meeting in
      async let first = meeting.node(nodes[0])
      try await meeting.untilSomebodyIsThere("twice")
      let failure = await failures(meeting, [nodes[0]])[0]
      #expect(failure?.code == .usage)
      #expect(failure?.message.contains("a live process already takes part") == true)
      async let second = meeting.node(nodes[1])
      #expect(try await first.isComplete)
      #expect(try await second.isComplete)
    }
  }

  @Test(
    "A batch id that ended is refused, but where nothing is left of it",
    arguments: StoreKind.allCases.filter { $0 != .sharedMemory })
  func ended(kind: StoreKind) async throws {
    try await Meeting.with(kind) { meeting in
      _ = try await meeting.batch("over", pair)
      let failure = await failures(meeting, [Meeting.configuration("over", pair, 0)])[0]
      #expect(failure?.code == .usage)
      #expect(
        failure?.message.contains(#"batch "over" has already ended: all its 2 orders"#) == true)
    }
  }

  @Test("SQL, reset or checks that differ from what the node registered before are refused")
  func changed() async throws {
    try await Meeting.with { meeting in
      let first = Meeting.configuration("changed", pair, 0) {
        $0.registerTimeout = .milliseconds(200)
        $0.reset = ["DO 1"]
      }
      #expect(await failures(meeting, [first])[0]?.code == .unavailable)
      var otherSQL = first
      otherSQL.steps = [Step("SELECT 3")]
      var otherReset = first
      otherReset.reset = ["DO 2"]
      var otherCheck = first
      otherCheck.checks = ["SELECT 1"]
      for (node, word) in [(otherSQL, "SQL"), (otherReset, "reset"), (otherCheck, "check")] {
        let failure = await failures(meeting, [node])[0]
        #expect(failure?.code == .unusableInput)
        #expect(failure?.message.contains("its \(word) differs") == true)
      }
    }
  }

  @Test("A node that nobody expects is refused once the batch runs")
  func uninvited() async throws {
    try await Meeting.with { meeting in
      let slow = [["SELECT SLEEP(1)"], ["SELECT SLEEP(1)"]]
      async let run = meeting.batch("closed", slow)
      _ = try await meeting.sleeper()
      var third = Meeting.configuration("closed", slow, 0)
      third.node = "3"
      third.partners = ["1", "2"]
      let failure = await failures(meeting, [third])[0]
      #expect(failure?.code == .usage)
      #expect(failure?.message.contains("is none of them") == true)
      _ = try await run
    }
  }

  @Test("A node that is stopped tells the others, who stop too; all can go on later")
  func interrupted() async throws {
    try await Meeting.with { meeting in
      let slow = [["SELECT SLEEP(0.2)", "SELECT 1"], ["SELECT SLEEP(0.2)", "SELECT 2"]]
      let recorders = [Recorder(), Recorder()]
      let first = Task { [slow] in
        try await meeting.node(Meeting.configuration("stopped", slow, 0), recorders[0])
      }
      let second = Task { [slow] in
        try await meeting.node(Meeting.configuration("stopped", slow, 1), recorders[1])
      }
      while recorders[0].orders.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
      first.cancel()
      let failures = [await first.result, await second.result].map { result -> MuddledError? in
        if case .failure(let error) = result { error as? MuddledError } else { nil }
      }
      #expect(failures.map(\.?.code) == [.interrupted, .unavailable])
      #expect(failures[1]?.message.contains(#"node "1" has left batch "stopped""#) == true)
      let run = try #require(recorders[1].summary).ordersRun
      #expect(run > 0 && run < 6)
      #expect(recorders[1].summary?.text(width: 100).contains("to go on") == true)
      let rest = try await meeting.batch("stopped", slow)
      #expect(rest[0].summary?.firstRank == recorders[0].summary?.ordersRun)
      #expect(rest[0].orders.map(\.rank) == Array(UInt128(run)..<6))
    }
  }

  @Test(
    "A node that is stopped reports the orders that were over before it left",
    arguments: StoreKind.allCases)
  func stoppedUnaware(kind: StoreKind) async throws {
    try await Meeting.with(kind) { meeting in
      let scripts = [["SELECT 1"], ["SELECT SLEEP(0.3)"]]
      let recorders = [Recorder(), Recorder()]
      let hold = ReadingHold()
      let first = Task { [scripts] in
        try await meeting.node(
          Meeting.configuration("unaware", scripts, 0), recorders[0], hold: hold)
      }
      let second = Task { [scripts] in
        try await meeting.node(Meeting.configuration("unaware", scripts, 1), recorders[1])
      }
      // The first has done its part of the order, and does not get to read that the second has too.
      _ = try await meeting.sleeper()
      hold.hold()
      while recorders[1].orders.isEmpty { try await Task.sleep(for: .milliseconds(2)) }
      #expect(recorders[0].orders.isEmpty)
      first.cancel()
      hold.release()
      for node in [first, second] {
        await #expect(throws: MuddledError.self) { try await node.value }
      }
      for recorder in recorders {
        #expect(recorder.orders.map(\.rank) == [0])
        #expect(recorder.summary?.ordersRun == 1)
      }
      for recorder in try await meeting.batch("unaware", scripts) {
        #expect(recorder.orders.map(\.rank) == [1])
      }
    }
  }

  @Test("Any id works, whatever it is made of", arguments: StoreKind.allCases)
  func awkwardIDs(kind: StoreKind) async throws {
    let ids = ["it's \"quoted\"; DROP TABLE x -- ", String(repeating: "ü", count: 100)]
    try await Meeting.with(kind) { meeting in
      try await withThrowingTaskGroup(of: BatchSummary.self) { group in
        for index in 0..<2 {
          let configuration = Meeting.configuration("{b}` % \\ 批次 '", pair, index) {
            $0.node = ids[index]
            $0.partners = [ids[1 - index]]
          }
          group.addTask { try await meeting.node(configuration) }
        }
        for try await summary in group {
          #expect(summary.isComplete)
          #expect(summary.clients == ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
      }
    }
  }

  @Test("Ids that cannot be are refused before anything is opened")
  func impossibleIDs() throws {
    for (node, partners, batch, words) in [
      ("1", [], "b", "has no partners"), ("1", ["1"], "b", "among its own partners"),
      ("", ["2"], "b", "node id is empty"), ("1", ["2"], "", "batch id is empty"),
      ("1", ["2", "2"], "b", "named twice"),
      ("1", ["2"], String(repeating: "x", count: 201), "has 201 bytes"),
    ] {
      let configuration = BatchConfiguration(
        node: node, partners: partners, batch: batch, steps: [Step("SELECT 1")])
      let failure = #expect(throws: MuddledError.self) { try configuration.validate() }
      #expect(failure?.code == .usage)
      #expect(failure?.message.contains(words) == true)
    }
  }
}
