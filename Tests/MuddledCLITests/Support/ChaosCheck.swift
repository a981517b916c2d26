import MuddledCore
import Testing

/// What must hold of a ``ChaosBatch`` after its end, whatever befell it.
struct ChaosCheck {
  /// What was sent in vain.
  struct Abandoned {
    /// Orders of which some statement was sent.
    var orders = 0
    /// Resets after which no client sent a statement.
    var resets = 0
  }

  private let stage: BatchStage
  private let size: ChaosBatch.Size
  /// Each order's line of the merged events, by its rank.
  private let merged: [Int: JSON]

  /// Merges the nodes' events; each node must have told each order at most once, and all the same of it.
  init(_ stage: BatchStage, _ size: ChaosBatch.Size) throws {
    self.stage = stage
    self.size = size
    var merged: [Int: JSON] = [:]
    for node in 1...3 {
      let story = try stage.story("chaos", node: node)
      #expect(Set(story.ranks).count == story.ranks.count, "node \(node) told orders twice")
      #expect(story.ranks == story.ranks.sorted(), "node \(node)")
      for (rank, order) in zip(story.ranks, story.timelessOrders) {
        if let known = merged[rank] { #expect(known == order, "order \(rank)") }
        merged[rank] = order
      }
    }
    self.merged = merged
  }

  /// Every order is there, ran every client's statements in sequence, and left what each of them leaves.
  func expectEveryOrder() {
    let merges = allMerges(size.scripts.map(\.count))
    #expect(Set(merged.keys) == Set(merges.indices))
    let expected: JSON = .array([
      .array([.number("1"), .number("103")]), .array([.number("2"), .number("203")]),
    ])
    for (rank, merge) in merges.enumerated() {
      guard let order = merged[rank] else { continue }
      #expect(order["order"]?.texts == merge, "order \(rank)")
      #expect(order["checks"]?[0]?["rows"] == expected, "order \(rank): \(order)")
      let steps = order["steps"]?.elements ?? []
      for (index, script) in size.scripts.enumerated() {
        let own = steps.filter { $0["client"]?.text == "\(index + 1)" }
        #expect(own.compactMap { $0["sql"]?.text } == script, "order \(rank)")
      }
    }
  }

  /// The server got each order's statements complete and in the sequence that the events tell, between one reset and the
  /// next; before it at most what was abandoned of it.
  ///
  /// - Returns: what was abandoned.
  func expectLog() throws -> Abandoned {
    let attempts = attempts(in: try stage.log())
    var next = attempts.startIndex
    for rank in 0..<size.orders {
      let clients = merged[rank]?["dispatched"]?.texts ?? []
      var counts: [String: Int] = [:]
      let wanted = clients.map { client in
        defer { counts[client, default: 0] += 1 }
        return Sent(
          client: client, sql: size.scripts[(Int(client) ?? 1) - 1][counts[client] ?? 0])
      }
      let start = next
      while next < attempts.endIndex, attempts[next] != wanted {
        // What was abandoned may be shorter or, as a wait ends otherwise when a client is gone, in another sequence.
        #expect(attempts[next].count <= wanted.count, "order \(rank): \(attempts[next])")
        next += 1
      }
      guard next < attempts.endIndex else {
        let found = attempts[start...].prefix(3).map { "\($0.map(\.description))" }
        Issue.record(
          """
          order \(rank) is not in the server's log as it was dispatched: \(wanted.map(\.description)); there stands:
          \(found.joined(separator: "\n"))
          """)
        return Abandoned()
      }
      next += 1
    }
    // Complete, and run again all the same: who was to say so in the coordinator was killed.
    while next < attempts.endIndex, attempts[next] == attempts[next - 1] { next += 1 }
    #expect(next == attempts.endIndex, "more was sent after the last order")
    let begun = attempts.count { !$0.isEmpty }
    return Abandoned(orders: begun - size.orders, resets: attempts.count - begun)
  }

  /// Nothing is left: no session, and in the store the batch's name at most, which can be removed.
  func expectNothingLeft(of kind: StoreKind) async throws {
    let areGone = try await waitUntil {
      let sessions = try await stage.sandbox.query(
        "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE USER LIKE 'node%'")
      return sessions == "0\n"
    }
    #expect(areGone, "sessions are left")
    let arguments = ["chaos", "-c", stage.folder + "/node1.toml", "--coordinator", kind.rawValue]
    if kind != .sharedMemory {
      let shown = try await stage.start(["batch", "show", "--json"] + arguments, node: 1).finish()
      #expect(shown.code == 0, "\(shown.errors)")
      let overview = try JSON(parsing: shown.output.dropLast())
      #expect(overview["state"]?.text == "ended" && overview["nodes"] == .array([]), "\(overview)")
      #expect(overview["orders_run"]?.int == size.orders, "\(overview)")
      let removed = try await stage.start(["batch", "remove"] + arguments, node: 1).finish()
      #expect(removed.code == 0, "\(removed.errors)")
    }
    #expect(try await stage.leftovers(of: kind) == [])
  }

  private struct Sent: Hashable, CustomStringConvertible {
    let client: String
    let sql: String
    var description: String { "\(client): \(sql)" }
  }

  /// The clients' statements, from each reset to the next.
  private func attempts(in log: GeneralLog) -> [[Sent]] {
    let known = Set(size.scripts.flatMap(\.self))
    // A server that was started again numbers its connections anew.
    var accounts: [UInt64: Substring] = [:]
    var attempts: [[Sent]] = []
    for entry in log.entries {
      if entry.command == "Connect" {
        accounts[entry.connection] = entry.argument.prefix { $0 != "@" }
      } else if entry.command == "Query", entry.argument == ChaosBatch.reset {
        attempts.append([])
      } else if entry.command == "Query", known.contains(entry.argument), !attempts.isEmpty,
        let account = accounts[entry.connection], account.hasPrefix("node")
      {
        attempts[attempts.count - 1].append(
          Sent(client: String(account.dropFirst(4)), sql: entry.argument))
      }
    }
    return attempts
  }
}
