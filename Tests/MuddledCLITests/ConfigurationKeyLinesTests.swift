import TOMLKit
import Testing

@testable import MuddledCLI

@Suite("Lines of TOML keys")
struct ConfigurationKeyLinesTests {
  /// Every construct that can hide a key or look like one; the numbers are the lines of `here` keys.
  private static let text = #"""
    # here = 0
    here.a = 1  # here.z = 1
    text = "here = \" # no" # 'comment
    literal = 'C:\here\' # "comment
    long = """
    here.b = 1 \""" ""
    [table] # not one
    """
    literal_long = '''
    [here]
    b = 2
    it''s ''''
    array = [ # [here.c]
      "]", '[', { here = 1 },
      [ 1, 2 ], # ]
    ]
    date = 1979-05-27 07:32:00
    [ 'quo.ted' . "na\u006De" ]
    here = { b = { c = 1 }, "d e" = [ 2 ], f.g = 3 }
    [here.b]
    h = +1e6
    "i" = true
    [[here.list]]
    j = ""
    [last]
    k = ''
    """#

  @Test("Each key is found at the line where it stands")
  func lines() throws {
    // The scanner's contract begins with a text that the parser takes.
    _ = try TOMLTable(string: Self.text)
    let lines = TOMLKeyLines(Self.text)
    for (path, line) in [
      (["here"], 2), (["here", "a"], 2), (["text"], 3), (["literal"], 4), (["long"], 5),
      (["literal_long"], 9), (["array"], 13), (["date"], 17), (["quo.ted"], 18),
      (["quo.ted", "name"], 18), (["quo.ted", "name", "here"], 19),
      (["quo.ted", "name", "here", "b"], 19), (["quo.ted", "name", "here", "b", "c"], 19),
      (["quo.ted", "name", "here", "d e"], 19), (["quo.ted", "name", "here", "f", "g"], 19),
      (["here", "b"], 20), (["here", "b", "h"], 21), (["here", "b", "i"], 22),
      (["here", "list"], 23), (["last"], 25), (["last", "k"], 26),
    ] {
      #expect(lines.line(of: path) == line, "\(path)")
    }
    // Not found is 1: nothing of what only looks like a key was taken for one.
    for path in [["table"], ["here", "z"], ["here", "c"], ["b"], ["array", "here"]] {
      #expect(lines.line(of: path) == 1, "\(path)")
    }
  }

  @Test("Ends of lines may be of either kind, and a byte order mark may come first")
  func endsOfLines() {
    let lines = TOMLKeyLines("\u{FEFF}a = 1\r\n\r\n[b]\r\nc = '''x\r\n'''\r\nd = 2")
    #expect(lines.line(of: ["b"]) == 3)
    #expect(lines.line(of: ["b", "c"]) == 4)
    #expect(lines.line(of: ["b", "d"]) == 6)
  }

  @Test("The distance of two texts is the number of changes between them")
  func distance() {
    for (first, second, changes) in [
      ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("db.dns", "db.dsn", 2),
      ("kitten", "sitting", 3),
      ("same", "same", 0), ("flaw", "lawn", 2),
    ] {
      #expect(editDistance(first, second) == changes, "\(first) \(second)")
    }
  }
}
