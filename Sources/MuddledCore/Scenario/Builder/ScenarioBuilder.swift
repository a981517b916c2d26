/// Something that stands in the braces of a scenario: a ``Setup``, a ``Client``, a ``Check`` …
///
/// Implement it to give a name to what several scenarios have in common.
public protocol ScenarioPart: Sendable {
  /// Puts this into a scenario, behind what is there.
  func add(to scenario: inout Scenario)
}

/// Something that stands in the braces of a ``Client``: a ``Step``, or what its session runs around them.
public protocol ClientPart: Sendable {
  /// Puts this into a client's session, behind what is there.
  func add(to session: inout ScenarioSession)
}

/// Collects what stands in the braces of ``Scenario/init(_:file:line:parts:)``, `if` and `for` included.
@resultBuilder
public enum ScenarioBuilder {
  /// Takes one part.
  public static func buildExpression(_ part: some ScenarioPart) -> [any ScenarioPart] { [part] }

  /// Puts parts behind each other.
  public static func buildBlock(_ parts: [any ScenarioPart]...) -> [any ScenarioPart] {
    parts.flatMap(\.self)
  }

  /// Takes the parts of an `if`, or none.
  public static func buildOptional(_ parts: [any ScenarioPart]?) -> [any ScenarioPart] {
    parts ?? []
  }

  /// Takes the parts of an `if` with an `else`.
  public static func buildEither(first parts: [any ScenarioPart]) -> [any ScenarioPart] { parts }

  /// Takes the parts of an `else`.
  public static func buildEither(second parts: [any ScenarioPart]) -> [any ScenarioPart] { parts }

  /// Takes the parts of a loop.
  public static func buildArray(_ parts: [[any ScenarioPart]]) -> [any ScenarioPart] {
    parts.flatMap(\.self)
  }
}

/// Collects what stands in the braces of a ``Client``: statements as texts, ``Step``s, `if` and `for`.
@resultBuilder
public enum ClientBuilder {
  /// Takes a text as a step without a name of its own.
  public static func buildExpression(_ sql: String) -> [any ClientPart] { [Step(sql)] }

  /// Takes one part.
  public static func buildExpression(_ part: some ClientPart) -> [any ClientPart] { [part] }

  /// Takes steps that are there already, such as those of a ``Loader``.
  public static func buildExpression(_ steps: [Step]) -> [any ClientPart] { steps }

  /// Puts parts behind each other.
  public static func buildBlock(_ parts: [any ClientPart]...) -> [any ClientPart] {
    parts.flatMap(\.self)
  }

  /// Takes the parts of an `if`, or none.
  public static func buildOptional(_ parts: [any ClientPart]?) -> [any ClientPart] { parts ?? [] }

  /// Takes the parts of an `if` with an `else`.
  public static func buildEither(first parts: [any ClientPart]) -> [any ClientPart] { parts }

  /// Takes the parts of an `else`.
  public static func buildEither(second parts: [any ClientPart]) -> [any ClientPart] { parts }

  /// Takes the parts of a loop.
  public static func buildArray(_ parts: [[any ClientPart]]) -> [any ClientPart] {
    parts.flatMap(\.self)
  }
}
