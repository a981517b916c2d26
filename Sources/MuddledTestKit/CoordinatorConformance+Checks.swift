extension CoordinatorConformance {
  /// One thing that every coordinator does.
  public typealias Check = ConformanceCheck<CoordinatorConformance>

  /// Everything that a coordinator is checked for.
  public static let checks: [Check] = [
    Check("One of many handles wins each position") { try await $0.oneWinnerPerPosition() },
    Check("Concurrent writers leave no gap, and lose nothing") { try await $0.noGaps() },
    Check("A read from any position gives the records from there on") {
      try await $0.readsFromTheMiddle()
    },
    Check("An append past the end is not stored") { try await $0.noAppendPastTheEnd() },
    Check("Records of any bytes, of none and of 1 MiB come back unchanged") {
      try await $0.anyBytes()
    },
    Check("An append wakes all who wait for it") { try await $0.waitersWake() },
    Check("A wait ends at its deadline") { try await $0.deadlines() },
    Check("A wait that timed out is over: later ones are answered, each once") {
      try await $0.waitsAfterTimeouts()
    },
    Check("A cancelled wait ends early, and its handle goes on") { try await $0.cancellation() },
    Check("Several waits of one handle all get their records") {
      try await $0.manyWaitsOfOneHandle()
    },
    Check("A handle that waits can append") { try await $0.appendDuringWait() },
    Check("All nodes see the same leases in the order of the bytes") { try await $0.leases() },
    Check("A lease ages until its node renews it") { try await $0.leaseAges() },
    Check("A trimmed log goes on where it was") { try await $0.trim() },
    Check("A log trimmed to its end knows where that is") { try await $0.trimAll() },
    Check("Most of what was trimmed is gone, and nobody waits for it") { try await $0.trimMuch() },
    Check("Batches share nothing") { try await $0.separateBatches() },
    Check("Batch ids that are hard to tell apart are kept apart") {
      try await $0.awkwardBatchIDs()
    },
    Check("Node ids that are hard to tell apart are kept apart") { try await $0.awkwardNodeIDs() },
  ]
}
