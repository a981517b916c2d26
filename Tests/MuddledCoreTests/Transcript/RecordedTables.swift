// Scenarios of our own, and what the isolation tester of PostgreSQL 15.18 printed for them against a
// server of that version.

/// What tables look like.
let tablesSpec = #"""
  setup { CREATE TABLE item (id int, name text, price numeric); INSERT INTO item VALUES (1,'pen',1.50),(2,NULL,-20),(3,'größe',NULL); }
  setup { SELECT 1 AS one, 'x' AS "long header"; SELECT 2 AS two; }
  teardown { DROP TABLE item; SELECT 'bye' AS word; }
  session "first one"
  setup { SELECT now() = now() AS same; }
  step a1 { SELECT * FROM item ORDER BY id; }
  step a2 {
    SELECT name FROM item WHERE id > 9;
    SELECT id, id AS "id2" FROM item WHERE id = 1;
  }
  step a3 { }
  step a4 { SELECT 1/0; }
  step "a 5" { UPDATE item SET price = 0; SELECT '2020-01-01' AS d, '1e' AS e, 'e1' AS f, '' AS empty, '1 2' AS sp, 'a
  b' AS lines; }
  teardown { SELECT NULL AS nothing; }
  permutation a1 a2 a3 a4 "a 5"

  """#

/// What was printed for ``tablesSpec``.
let tablesTranscript = #"""
  Parsed test spec with 1 sessions

  starting permutation: a1 a2 a3 a4 a 5
  two
  ---
    2
  (1 row)

  same
  ----
  t  \#u{20}
  (1 row)

  step a1: SELECT * FROM item ORDER BY id;
  id|name   |price
  --+-------+-----
   1|pen    | 1.50
   2|       |  -20
   3|größe|    \#u{20}
  (3 rows)

  step a2:\#u{20}
    SELECT name FROM item WHERE id > 9;
    SELECT id, id AS "id2" FROM item WHERE id = 1;

  name
  ----
  (0 rows)

  id|id2
  --+---
   1|  1
  (1 row)

  step a3:\#u{20}
  step a4: SELECT 1/0;
  ERROR:  division by zero
  step a 5: UPDATE item SET price = 0; SELECT '2020-01-01' AS d, '1e' AS e, 'e1' AS f, '' AS empty, '1 2' AS sp, 'a
  b' AS lines;
           d|e |f |empty| sp|lines
  ----------+--+--+-----+---+-----
  2020-01-01|1e|e1|     |1 2|a
  b \#u{20}
  (1 row)

  nothing
  -------
        \#u{20}
  (1 row)

  word
  ----
  bye\#u{20}
  (1 row)


  """#
