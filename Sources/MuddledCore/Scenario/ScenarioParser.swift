/// Reads scenario files in the grammar of the isolation tester of PostgreSQL 15.
///
/// ```
/// setup { … }                          any number of them
/// teardown { … }                       at most one
/// session NAME                         one or more
///   setup { … }                        at most one
///   step NAME { … }                    one or more
///   teardown { … }                     at most one
/// permutation STEP STEP(MARKER, …) …   any number of them
/// ```
///
/// A marker is `*`, the name of a step, or `STEP notices N`. How names, blocks and comments are
/// written, see SpecScanner. Every file that PostgreSQL takes is taken, so that there may be
/// things here that ``Scenario/validate()`` refuses to run: blocks that cannot be split into
/// statements, sessions of one name.
struct ScenarioParser {
  /// A name that is to be looked up once the whole file was read.
  private struct Name {
    let text: String
    let place: SpecPlace
  }

  private enum ParsedMarker {
    case always
    case step(Name)
    case notices(Name, Int)
  }

  private typealias ParsedPermutation = [(step: Name, markers: [ParsedMarker])]

  private let file: String
  private var scanner: SpecScanner
  private var token: SpecToken
  private var scenario: Scenario
  private var stepPlaces: [String: StepReference] = [:]

  /// Starts to read a file.
  ///
  /// - Parameters:
  ///   - bytes: the file in UTF-8.
  ///   - file: what messages call the file, such as its path.
  ///   - name: the name of the scenario.
  init(_ bytes: [UInt8], file: String, name: String) throws {
    self.file = file
    scanner = try SpecScanner(bytes, name: file)
    token = try scanner.next()
    scenario = Scenario(name: name, sessions: [])
  }

  /// Reads the whole file.
  mutating func parse() throws -> Scenario {
    while let block = try block(after: .setup) { scenario.setup.append(block) }
    scenario.teardown = try block(after: .teardown)
    guard token.kind == .keyword(.session) else {
      throw unexpected(
        scenario.teardown == nil ? "`setup`, `teardown` or `session`" : "`session`")
    }
    while try accept(.session) { try parseSession() }
    var permutations: [ParsedPermutation] = []
    while try accept(.permutation) { permutations.append(try parsePermutation()) }
    guard token.kind == .end else { throw unexpected(expectedAtEnd(permutations.last)) }
    scenario.permutations = try permutations.map { try resolve($0) }
    return scenario
  }

  private func expectedAtEnd(_ permutation: ParsedPermutation?) -> String {
    if let step = permutation?.last {
      return (step.markers.isEmpty ? "`(`, " : "")
        + "a step's name, `permutation` or the end of the file"
    }
    let own = scenario.sessions.last?.teardown == nil ? "`step`, `teardown`, " : ""
    return own + "`session`, `permutation` or the end of the file"
  }

  private mutating func parseSession() throws {
    let name = try parseName("the session's name").text
    var session = ScenarioSession(name: name, setup: try block(after: .setup), steps: [])
    guard token.kind == .keyword(.step) else {
      throw unexpected(session.setup == nil ? "`setup` or `step`" : "`step`")
    }
    while try accept(.step) {
      let name = try parseName("the step's name")
      let place = StepReference(session: scenario.sessions.count, step: session.steps.count)
      guard stepPlaces.updateValue(place, forKey: name.text) == nil else {
        throw scanner.error(
          name.place,
          "expected a step's name that no other step has, found \"\(name.text)\" again")
      }
      session.steps.append(ScenarioStep(name: name.text, block: try parseBlock()))
    }
    session.teardown = try block(after: .teardown)
    scenario.sessions.append(session)
  }

  private mutating func parsePermutation() throws -> ParsedPermutation {
    var steps: ParsedPermutation = []
    repeat {
      let name = try parseName("a step's name")
      steps.append((name, try accept("(") ? try parseMarkers() : []))
    } while isName
    return steps
  }

  private mutating func parseMarkers() throws -> [ParsedMarker] {
    var markers: [ParsedMarker] = []
    repeat {
      if try accept("*") {
        markers.append(.always)
        continue
      }
      let name = try parseName("* or a step's name")
      markers.append(try accept(.notices) ? .notices(name, try parseCount()) : .step(name))
    } while try accept(",")
    guard try accept(")") else {
      if case .step = markers.last { throw unexpected("`notices`, , or )") }
      throw unexpected(", or )")
    }
    return markers
  }

  private mutating func parseCount() throws -> Int {
    guard case .number(let digits) = token.kind else { throw unexpected("a number of notices") }
    try advance()
    // More than can be counted is as good as the most.
    return Int(digits) ?? Int.max
  }
}

extension ScenarioParser {
  private func resolve(_ permutation: ParsedPermutation) throws -> Permutation {
    let steps = try permutation.map { step in
      guard let place = stepPlaces[step.step.text] else {
        throw scanner.error(
          step.step.place,
          "expected the name of a step, found \"\(step.step.text)\", which no step has")
      }
      return place
    }
    let present = Set(steps)
    return Permutation(
      steps: try zip(steps, permutation).map { place, parsed in
        PermutationStep(
          place,
          markers: try parsed.markers.map { marker in
            switch marker {
            case .always: .always
            case .step(let name): .step(try resolve(name, for: place, among: present))
            case .notices(let name, let count):
              .notices(try resolve(name, for: place, among: present), count: count)
            }
          })
      })
  }

  /// The step that a marker names.
  private func resolve(
    _ name: Name, for marked: StepReference, among present: Set<StepReference>
  ) throws -> StepReference {
    guard let place = stepPlaces[name.text], present.contains(place) else {
      throw scanner.error(
        name.place,
        "expected a step of this permutation, found \"\(name.text)\", which is not in it")
    }
    guard place.session != marked.session else {
      throw scanner.error(
        name.place,
        "expected a step of another session, found \"\(name.text)\", "
          + "which belongs to the same session as \"\(scenario[marked].name)\"")
    }
    return place
  }
}

extension ScenarioParser {
  private var isName: Bool { if case .name = token.kind { true } else { false } }

  private mutating func advance() throws { token = try scanner.next() }

  private mutating func accept(_ keyword: SpecKeyword) throws -> Bool {
    guard token.kind == .keyword(keyword) else { return false }
    try advance()
    return true
  }

  private mutating func accept(_ sign: Unicode.Scalar) throws -> Bool {
    guard token.kind == .sign(UInt8(ascii: sign)) else { return false }
    try advance()
    return true
  }

  private mutating func parseName(_ expected: String) throws -> Name {
    guard case .name(let text) = token.kind else {
      if case .keyword(let keyword) = token.kind {
        throw unexpected(expected, found: "\(keyword.description), which is a name only in quotes")
      }
      throw unexpected(expected)
    }
    let name = Name(text: text, place: token.place)
    try advance()
    return name
  }

  /// The block behind a keyword, if the keyword stands here.
  private mutating func block(after keyword: SpecKeyword) throws -> SQLBlock? {
    try accept(keyword) ? try parseBlock() : nil
  }

  private mutating func parseBlock() throws -> SQLBlock {
    guard case .block(let text) = token.kind else { throw unexpected("an SQL block in { }") }
    let line = token.place.line
    try advance()
    return SQLBlock(text, name: file, line: line)
  }

  private func unexpected(_ expected: String, found: String? = nil) -> MuddledError {
    scanner.error(token.place, "expected \(expected), found \(found ?? token.description)")
  }
}
