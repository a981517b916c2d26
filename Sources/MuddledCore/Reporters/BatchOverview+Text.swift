extension BatchOverview {
  /// The state in a word.
  public var stateName: String {
    switch state {
    case .registering: "registering"
    case .running: "running"
    case .stopped: "stopped"
    case .refused: "refused"
    case .ended: "ended"
    case .unreadable: "unreadable"
    }
  }

  /// A table of batches, one a line under a line of headings; a sentence if there are none.
  public static func table(of batches: [BatchOverview]) -> String {
    guard !batches.isEmpty else { return "no batches\n" }
    let rows = batches.map { batch in
      [
        batch.id.plainOrQuoted, batch.stateName, batch.progress,
        batch.nodes.isEmpty ? "-" : batch.nodes.map(\.id.plainOrQuoted).joined(separator: ", "),
        ago(batch.nodes.compactMap(\.lastSeen).min()), ago(batch.age),
      ]
    }
    return aligned([["batch", "state", "orders run", "nodes", "last seen", "since"]] + rows)
  }

  /// All that is known of the batch, over several lines.
  public var text: String {
    var facts = [["state", stateName], ["orders run", progress], ["since", Self.ago(age)]]
    if case .refused(let reason) = state { facts.insert(["because", reason], at: 1) }
    if state == .unreadable {
      facts.insert(["because", "another version of muddled wrote its records"], at: 1)
    }
    var text = "batch \(id.plainOrQuoted)\n" + Self.indented(Self.aligned(facts))
    if !nodes.isEmpty {
      let rows = nodes.map { node in
        [
          node.id.plainOrQuoted, node.presence.rawValue, Self.ago(node.lastSeen),
          node.steps.map(String.init) ?? "-",
        ]
      }
      text +=
        "\n" + Self.indented(Self.aligned([["node", "state", "last seen", "steps"]] + rows))
    }
    return text
  }

  /// One line of JSON: ids as texts, times in milliseconds, what is not known as `null`.
  public var json: String {
    var line = JSONLine()
    line.object { line in
      line.key("batch")
      line.string(id)
      line.key("state")
      line.string(stateName)
      if case .refused(let reason) = state {
        line.key("reason")
        line.string(reason)
      }
      line.key("orders_run")
      line.number(ordersRun)
      line.key("orders")
      if let orders { line.number(orders) } else { line.null() }
      line.key("age_ms")
      line.number(age.milliseconds)
      line.key("nodes")
      line.array(nodes) { $0.node($1) }
    }
    return String(decoding: line.bytes, as: UTF8.self)
  }

  private var progress: String {
    state == .unreadable ? "-" : orders.map { "\(ordersRun) of \($0)" } ?? "-"
  }

  /// How long ago something was, in the two units that matter.
  private static func ago(_ age: Duration?) -> String {
    guard let age else { return "-" }
    let seconds = age.milliseconds / 1000
    switch seconds {
    case ..<60: return "\(seconds).\(age.milliseconds % 1000 / 100) s ago"
    case ..<3600: return "\(seconds / 60) min \(seconds % 60) s ago"
    case ..<86_400: return "\(seconds / 3600) h \(seconds % 3600 / 60) min ago"
    default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h ago"
    }
  }

  /// Rows with their columns under each other, two blanks between them.
  private static func aligned(_ rows: [[String]]) -> String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row.dropLast(), widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return cells.joined() + (row.last ?? "") + "\n"
    }.joined()
  }

  private static func indented(_ text: String) -> String {
    text.split(separator: "\n").map { "  \($0)\n" }.joined()
  }
}

extension JSONLine {
  fileprivate mutating func node(_ node: BatchOverview.Node) {
    object { line in
      line.key("node")
      line.string(node.id)
      line.key("state")
      line.string(node.presence.rawValue)
      line.key("last_seen_ms")
      if let lastSeen = node.lastSeen { line.number(lastSeen.milliseconds) } else { line.null() }
      line.key("steps")
      if let steps = node.steps { line.number(steps) } else { line.null() }
    }
  }
}

extension String {
  /// The text itself if it is one word, and in quotes if not.
  fileprivate var plainOrQuoted: String {
    let isPlain = unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || "-_.:/+@#".unicodeScalars.contains(scalar)
    }
    return isPlain ? self : quoted
  }
}
