extension BatchSummary {
  /// The most outcomes that ``text(width:)`` lists; the event stream has them all.
  static let listedOutcomes = 20

  /// The summary for people, over several lines, with a line break at its end.
  ///
  /// - Parameter width: how many columns a row of the outcome table may have; what is past them is cut off.
  public func text(width: Int) -> String {
    var lines = ["batch \(batch.escapedForDisplay), node \(node.escapedForDisplay)"]
    func add(_ name: String, _ value: String) {
      lines.append("  " + name.padded(toColumns: 12) + value)
    }
    guard let orders else {
      add("orders", "none were run")
      add("stopped", failure?.message ?? "")
      return lines.joined(separator: "\n") + "\n"
    }
    add("clients", clients.map(\.escapedForDisplay).joined(separator: ", "))
    add("orders", "\(tally.ordersRun) run of \(orders)" + resumption)
    add("statements", "\(tally.statements)")
    add("deferred", "\(tally.deferredOrders) orders could not run as written")
    add("lock waits", "\(tally.lockWaits)")
    add("deadlocks", "\(tally.deadlocks)")
    add("errors", "\(tally.errors)")
    if tally.cancelled > 0 {
      add("cancelled", "\(tally.cancelled) statements that nothing else would have ended")
    }
    if abandonedOrders > 0 {
      let times = abandonedOrders == 1 ? "once" : "\(abandonedOrders) times"
      add("abandoned", "\(times) an order was given up, to be run again whole")
    }
    add("time", time)
    add("outcomes", "\(tally.outcomes.count) distinct")
    lines += outcomeTable.map { $0.cut(toColumns: width) }
    lines += listedByOrders.errorTexts { step in
      "step \(step.step + 1) of client \(clients[step.client].escapedForDisplay)"
    }.map { "  " + $0 }
    for remark in remarks { add("note", remark) }
    if let failure {
      add("stopped", failure.message)
      if !isComplete {
        add(
          "to go on", "start every node again with the same ids, the same SQL and the same batch id"
        )
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var resumption: String {
    firstRank == 0 ? "" : " (the orders before rank \(firstRank) were run before this node joined)"
  }

  private var time: String {
    let milliseconds = max(1, duration.milliseconds)
    let rate = tally.ordersRun * 1000 / UInt128(milliseconds)
    return
      "\(milliseconds / 1000).\(String(milliseconds % 1000 + 1000).dropFirst()) s, \(rate) orders/s"
  }

  private var listedByOrders: ArraySlice<RunTally.Outcome> {
    tally.outcomes.sorted { ($0.orders, $1.witness.rank) > ($1.orders, $0.witness.rank) }
      .prefix(Self.listedOutcomes)
  }

  private var outcomeTable: [String] {
    guard !tally.outcomes.isEmpty else { return [] }
    let listed = listedByOrders
    let width = max(6, listed.map { String($0.orders).count }.max() ?? 0)
    var lines = ["", "  outcome       " + "orders".leftPadded(to: width) + "  witness"]
    for outcome in listed {
      let slots = outcome.witness.order.map { clients[Int($0)].escapedForDisplay }
      let marks = outcome.hasDeadlock ? " (deadlock)" : outcome.hasError ? " (error)" : ""
      lines.append(
        "  \(outcome.digest.short)  " + String(outcome.orders).leftPadded(to: width)
          + "  rank \(outcome.witness.rank): " + slots.joined(separator: " ") + marks)
    }
    if tally.outcomes.count > listed.count {
      lines.append("  and \(tally.outcomes.count - listed.count) more; --events FILE has them all")
    }
    return lines
  }
}

extension String {
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
