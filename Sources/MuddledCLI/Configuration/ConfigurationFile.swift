import MuddledCore
import TOMLKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A configuration file's text, read and checked against the known keys.
struct ConfigurationFile {
  private let path: String
  private let text: String

  /// Reads the file.
  ///
  /// - Throws: ``MuddledError/Code/configuration`` if it cannot be read or is not text.
  init(path: String) throws {
    self.path = path
    let bytes = try Self.read(path)
    guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
      throw MuddledError(
        .configuration, "The configuration file \(path) is not UTF-8 text; save it as UTF-8.")
    }
    self.text = text
  }

  /// The values in the file, by dotted name.
  ///
  /// - Throws: ``MuddledError/Code/configuration`` for the first thing that is wrong in the file.
  func settings() throws -> [String: Setting] {
    let root = try parse()
    let lines = TOMLKeyLines(text)
    var settings: [String: Setting] = [:]
    var problems: [(line: Int, words: String)] = []
    func check(_ table: TOMLTable, in prefix: [String]) {
      // Not `for … in table`: the keys are what is certain to be in order.
      for key in table.keys {
        guard let node = table[key] else { continue }
        let place = prefix + [key]
        let line = lines.line(of: place)
        let name = place.joined(separator: ".")
        if let problem = read(node, place, into: &settings, line: line) {
          problems.append((line, problem))
        } else if let inner = node.table, place.count == 1 {
          check(inner, in: [name])
        }
      }
    }
    check(root, in: [])
    if let first = problems.min(by: { $0.line < $1.line }) {
      throw MuddledError(.configuration, "\(path), line \(first.line): \(first.words)")
    }
    return settings
  }

  /// Takes one node.
  ///
  /// - Returns: what is wrong with it; `nil` also for a known table, which its caller goes into.
  private func read(
    _ node: any TOMLValueConvertible, _ place: [String], into settings: inout [String: Setting],
    line: Int
  ) -> String? {
    let name = place.joined(separator: ".")
    let shown = place.map(quotedIfNeeded).joined(separator: ".")
    let found = node.type
    if place.count == 1, ConfigurationKey.tables.contains(name) {
      return found == .table ? nil : "the key \(name) must be a table, not \(found.withArticle)."
    }
    guard place.count == 2, let key = ConfigurationKey.named(name) else {
      let nearest = ConfigurationKey.nearest(to: name, isTable: found == .table)
      return
        "unknown \(found == .table ? "table" : "key") \(shown); the nearest known one is \(nearest)."
    }
    switch key.kind {
    case .text:
      guard let text = node.string else {
        return "the key \(name) must be a string in quotes, not \(found.withArticle)."
      }
      settings[name] = Setting(value: .text(text), source: .file(line: line))
    case .number(_, let bounds):
      guard let number = node.int else {
        return "the key \(name) must be an integer, not \(found.withArticle)."
      }
      guard bounds.contains(number) else {
        return "the key \(name) is \(number); it must be from \(bounds.lowerBound)"
          + " to \(bounds.upperBound)."
      }
      settings[name] = Setting(value: .number(number), source: .file(line: line))
    }
    return nil
  }
}

extension ConfigurationFile {
  private func parse() throws -> TOMLTable {
    do { return try TOMLTable(string: text) } catch let error as TOMLParseError {
      let place = error.source.begin
      throw MuddledError(
        .configuration,
        "\(path), line \(place.line), column \(place.column): not valid TOML:"
          + " \(words(of: error)).")
    }
  }

  /// The parser's words, without what it quotes from the right of an equals sign, which may be a secret.
  private func words(of error: TOMLParseError) -> String {
    let lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }
    let index = error.source.begin.line - 1
    let line = lines.indices.contains(index) ? lines[index] : ""
    let value = line.firstIndex(of: "=").map { line[$0...] } ?? line
    let parts = error.description.split(separator: "'", omittingEmptySubsequences: false)
    // Every second part stands between quotes.
    let clean = parts.enumerated().map { index, part in
      index % 2 == 1 && part.count > 1 && value.contains(part) ? "…" : String(part)
    }
    let joined = clean.joined(separator: "'")
    return joined.hasSuffix(".") ? String(joined.dropLast()) : joined
  }

  private static func read(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "re") else { throw unreadable(path, errno) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    if ferror(file) != 0 { throw unreadable(path, errno) }
    return bytes
  }

  private static func unreadable(_ path: String, _ code: Int32) -> MuddledError {
    let words = String(cString: strerror(code))
    return MuddledError(
      .configuration,
      "The configuration file \(path) cannot be read: \(words); name one with -c.")
  }
}

/// A part of a key as it must be written.
private func quotedIfNeeded(_ part: String) -> String {
  let isBare = part.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
  return isBare && !part.isEmpty ? part : String(reflecting: part)
}

extension TOMLType {
  /// The type's name for a sentence.
  fileprivate var withArticle: String {
    switch self {
    case .array, .int: "an \(description)"
    case .bool: "a Boolean"
    default: "a \(description)"
    }
  }
}
