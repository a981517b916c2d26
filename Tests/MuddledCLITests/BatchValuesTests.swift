import Testing

@Suite("Values in the events file", .timeLimit(.minutes(20)))
struct BatchValuesTests {
  private static let table = """
    CREATE TABLE kinds (
      id INT, tiny TINYINT, huge BIGINT UNSIGNED, price DECIMAL(10,2), ratio DOUBLE, small FLOAT,
      padded INT(5) ZEROFILL, word VARCHAR(100), fixed CHAR(3), bin VARBINARY(10), pixels BLOB,
      bits BIT(10), day DATE, moment DATETIME(3), hour TIME, year YEAR, doc JSON,
      choice ENUM('a', 'b'), choices SET('x', 'y')) CHARACTER SET utf8mb4;
    INSERT INTO kinds VALUES (
      -7, 1, 18446744073709551615, '1.50', 0.1, 0.5, 42,
      'it''s "quoted"\\\\ \\n\\t\\r 😀 Zoë \\0', 'abc', x'00ff0a', x'fffe', b'1000000001',
      '2026-02-28', '2026-02-28 01:02:03.450', '-12:30:00', 2026, '{"a": [1, null, "1"]}',
      'b', 'x,y'), (
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
      NULL, NULL, NULL, NULL);
    CREATE PROCEDURE twice() BEGIN SELECT 1 AS a; SELECT 'two' AS b; END;
    """

  /// The value of each column of the full row.
  private static let expected: [(String, JSON)] = [
    ("id", .number("-7")), ("tiny", .number("1")), ("huge", .number("18446744073709551615")),
    ("price", .number("1.50")), ("ratio", .number("0.1")), ("small", .number("0.5")),
    ("padded", .string("00042")), ("word", .string("it's \"quoted\"\\ \n\t\r 😀 Zoë \0")),
    ("fixed", .string("abc")), ("bin", .object(["base64": .string("AP8K")])),
    ("pixels", .object(["base64": .string("//4=")])),
    ("bits", .object(["base64": .string("AgE=")])), ("day", .string("2026-02-28")),
    ("moment", .string("2026-02-28 01:02:03.450")), ("hour", .string("-12:30:00")),
    // The server gives every YEAR the flag of ZEROFILL, because of the year 0000.
    ("year", .string("2026")), ("doc", .string("{\"a\": [1, null, \"1\"]}")),
    ("choice", .string("b")), ("choices", .string("x,y")),
  ]

  @Test("NULL, numbers, text and binary stay distinguishable, and numbers keep their digits")
  func values() async throws {
    let setup = Self.table.replacing("CREATE PROCEDURE", with: "DELIMITER //\nCREATE PROCEDURE")
      .replacing("END;", with: "END//\n")
    try await BatchStage.with(setup: setup) { stage in
      let first = [
        "SELECT * FROM kinds", "SELECT '1' AS a, 1 AS b, NULL AS c, 'NULL' AS d, '' AS e, x'' AS f",
        "CALL twice()", "SELECT 1 WHERE 1 = 0",
      ]
      let second = ["UPDATE kinds SET tiny = tiny WHERE id IS NULL OR id = -7", "SELEC 1"]
      let configs = [stage.config("one", first), stage.config("two", second)]
      for ending in try await stage.run(batch: "values", configs: configs) {
        #expect(ending.code == 0, "\(ending.errors)")
        #expect(ending.output.contains("errors      15"), "\(ending.output)")
      }
      for node in [1, 2] {
        let story = try stage.story("values", node: node)
        #expect(story.orders.count == 15)
        for order in story.orders { check(order["steps"]?.elements ?? []) }
      }
    }
  }

  private func check(_ steps: [JSON]) {
    func step(_ client: String, _ index: Int) -> JSON? {
      steps.first { $0["client"]?.text == client && $0["step"]?.int == index }
    }
    let all = step("1", 0)
    #expect(all?["result"]?.text == "rows")
    #expect(all?["columns"]?.texts == Self.expected.map(\.0))
    for (index, (name, value)) in Self.expected.enumerated() {
      #expect(all?["rows"]?[0]?[index] == value, "\(name)")
      #expect(all?["rows"]?[1]?[index] == .null, "\(name)")
    }
    #expect(
      step("1", 1)?["rows"]
        == .array([
          .array([
            .string("1"), .number("1"), .null, .string("NULL"), .string(""),
            .object(["base64": .string("")]),
          ])
        ]))
    let call = step("1", 2)
    #expect(call?["columns"]?.texts == ["a"] && call?["rows"] == .array([.array([.number("1")])]))
    let more = call?["more"]?.elements ?? []
    #expect(more.map { $0["result"]?.text } == ["rows", "ok"])
    #expect(more.first?["rows"] == .array([.array([.string("two")])]))
    let empty = step("1", 3)
    #expect(empty?["result"]?.text == "rows" && empty?["rows"] == .array([]))
    let update = step("2", 0)
    #expect(update?["result"]?.text == "ok" && update?["affected"]?.int == 0)
    let error = step("2", 1)
    #expect(error?["result"]?.text == "error" && error?["error"]?["code"]?.int == 1064)
    #expect(error?["error"]?["sqlstate"]?.text == "42000")
    #expect(error?["error"]?["message"]?.text?.contains("SELEC 1") == true)
  }
}
