/// An execution, read with the names of its scenario.
///
/// ```swift
/// for outcome in report.outcomes {
///   let run = outcome.witness
///   print(outcome.orders, run.token, run[step: "read"].rows?[0, "balance"].int ?? 0, run.finalState)
/// }
/// ```
public struct NamedExecution: Sendable, CustomStringConvertible {
  /// The scenario that it is of.
  public let scenario: Scenario
  /// What happened.
  public let execution: Execution

  init(_ execution: Execution, of scenario: Scenario) {
    self.execution = execution
    self.scenario = scenario
  }

  /// The token that names the order.
  public var token: Token {
    Token(execution.permutation.map { .permutation($0) } ?? .rank(execution.rank), of: scenario)
  }

  /// The names of the steps in the sequence in which they were dispatched, such as `a1 b1 a2 b2`.
  public var order: String { summary.orderText(execution) }

  /// The order step by step, as ``TranscriptPrinter`` prints it, and what the checks returned.
  public var transcript: String { summary.text(of: execution) }

  /// What the checks returned, as the outcome table shows it: `(1, 60) (2, 0)`; with `; ` between several.
  public var finalState: String {
    execution.checks.map(\.results.shortText).joined(separator: "; ")
  }

  /// What the checks returned: their rows, in the checks' sequence, without those that gave no rows but an error.
  public var finalRows: [ResultRows] { execution.checks.compactMap(\.rows) }

  /// How the step of this name went, the first time if a permutation line has it several times.
  ///
  /// A name that no step of the scenario has, and a step that a permutation line leaves out, are the caller's bug and
  /// trap with a sentence.
  public subscript(step name: String) -> ExecutedStep {
    guard let place = scenario.stepPlaces[name] else {
      let names = scenario.sessions.flatMap(\.steps).map(\.name).joined(separator: ", ")
      fatalError("The scenario \(scenario.name) has no step \(name.quoted); it has \(names).")
    }
    guard
      let step = execution.steps.first(where: {
        $0.client == place.session && $0.step == place.step
      })
    else {
      fatalError("The step \(name.quoted) of \(scenario.name) was not run in this order: \(order).")
    }
    return step
  }

  /// The token and the order.
  public var description: String { "\(token)  \(order)" }

  /// Texts of an execution need the scenario alone.
  private var summary: ExploreSummary { ExploreSummary(scenario: scenario, orders: 0) }
}

extension Scenario {
  /// An execution of this scenario, such as that of a ``RunEvent/order(_:)``, with the scenario's names.
  public func naming(_ execution: Execution) -> NamedExecution {
    NamedExecution(execution, of: self)
  }
}
