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

/// What waits look like.
let waitsSpec = #"""
  setup { CREATE TABLE t (id int primary key, n int); INSERT INTO t VALUES (1,0),(2,0); }
  teardown { DROP TABLE t; }
  session a
  setup { BEGIN; }
  step a1 { UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n; }
  step a2 { COMMIT; }
  session b
  step b1 { UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; }
  step b2 { SELECT * FROM t ORDER BY id; }
  session c
  step c1 { UPDATE t SET n = n + 100 WHERE id = 1 RETURNING n; }
  step c2 { SELECT n FROM t WHERE id = 1; }
  session d
  step d1 { SELECT 'd'; }
  permutation a1 b1 c1 a2 b2 c2
  permutation a1 b1(c1) c1 d1 a2 b2 c2
  permutation a1 b1 c1(b1) a2 d1 c2 b2
  permutation a1(*) d1 a2 b1 c1
  permutation a1 d1(b1) b1 a2 b2
  permutation a1 b1 d1(*) a2 b2
  permutation a1(d1) d1 a2
  permutation a1(*,d1) b1(*) a2 d1(*) b2 c2(*)

  """#

/// What was printed for ``waitsSpec``.
let waitsTranscript = #"""
  Parsed test spec with 4 sessions

  starting permutation: a1 b1 c1 a2 b2 c2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step c1: UPDATE t SET n = n + 100 WHERE id = 1 RETURNING n; <waiting ...>
  step a2: COMMIT;
  step b1: <... completed>
   n
  --
  11
  (1 row)

  step c1: <... completed>
    n
  ---
  111
  (1 row)

  step b2: SELECT * FROM t ORDER BY id;
  id|  n
  --+---
   1|111
   2|  0
  (2 rows)

  step c2: SELECT n FROM t WHERE id = 1;
    n
  ---
  111
  (1 row)


  starting permutation: a1 b1 c1 d1 a2 b2 c2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step c1: UPDATE t SET n = n + 100 WHERE id = 1 RETURNING n; <waiting ...>
  step d1: SELECT 'd';
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step a2: COMMIT;
  step c1: <... completed>
    n
  ---
  111
  (1 row)

  step b1: <... completed>
   n
  --
  11
  (1 row)

  step b2: SELECT * FROM t ORDER BY id;
  id|  n
  --+---
   1|111
   2|  0
  (2 rows)

  step c2: SELECT n FROM t WHERE id = 1;
    n
  ---
  111
  (1 row)


  starting permutation: a1 b1 c1 a2 d1 c2 b2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step c1: UPDATE t SET n = n + 100 WHERE id = 1 RETURNING n; <waiting ...>
  step a2: COMMIT;
  step b1: <... completed>
   n
  --
  11
  (1 row)

  step c1: <... completed>
    n
  ---
  111
  (1 row)

  step d1: SELECT 'd';
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step c2: SELECT n FROM t WHERE id = 1;
    n
  ---
  111
  (1 row)

  step b2: SELECT * FROM t ORDER BY id;
  id|  n
  --+---
   1|111
   2|  0
  (2 rows)


  starting permutation: a1 d1 a2 b1 c1
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n; <waiting ...>
  step d1: SELECT 'd';
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step a1: <... completed>
  n
  -
  1
  (1 row)

  step a2: COMMIT;
  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n;
   n
  --
  11
  (1 row)

  step c1: UPDATE t SET n = n + 100 WHERE id = 1 RETURNING n;
    n
  ---
  111
  (1 row)


  starting permutation: a1 d1 b1 a2 b2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step d1: SELECT 'd';
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step a2: COMMIT;
  step b1: <... completed>
   n
  --
  11
  (1 row)

  step b2: SELECT * FROM t ORDER BY id;
  id| n
  --+--
   1|11
   2| 0
  (2 rows)


  starting permutation: a1 b1 d1 a2 b2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step d1: SELECT 'd'; <waiting ...>
  step a2: COMMIT;
  step b1: <... completed>
   n
  --
  11
  (1 row)

  step d1: <... completed>
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step b2: SELECT * FROM t ORDER BY id;
  id| n
  --+--
   1|11
   2| 0
  (2 rows)


  starting permutation: a1 d1 a2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n;
  n
  -
  1
  (1 row)

  step d1: SELECT 'd';
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step a2: COMMIT;

  starting permutation: a1 b1 a2 d1 b2 c2
  step a1: UPDATE t SET n = n + 1 WHERE id = 1 RETURNING n; <waiting ...>
  step b1: UPDATE t SET n = n + 10 WHERE id = 1 RETURNING n; <waiting ...>
  step a1: <... completed>
   n
  --
  11
  (1 row)

  step a2: COMMIT;
  step b1: <... completed>
   n
  --
  10
  (1 row)

  step d1: SELECT 'd'; <waiting ...>
  step b2: SELECT * FROM t ORDER BY id;
  id| n
  --+--
   1|11
   2| 0
  (2 rows)

  step d1: <... completed>
  ?column?
  --------
  d      \#u{20}
  (1 row)

  step c2: SELECT n FROM t WHERE id = 1; <waiting ...>
  step c2: <... completed>
   n
  --
  11
  (1 row)


  """#

/// What notices look like.
let noticesSpec = #"""
  setup { CREATE FUNCTION say(m text) RETURNS void LANGUAGE plpgsql AS 'BEGIN RAISE NOTICE ''%'', m; END'; }
  teardown { DROP FUNCTION say(text); }
  session a
  setup { SET client_min_messages = notice; }
  step a1 { SELECT say('one'); }
  step a2 { SELECT say('two'), say('three'); }
  session b
  step b1 { SELECT 1 AS x; }
  step b2 { SELECT 2 AS y; }
  permutation b1(a1 notices 1) a1 a2 b2
  permutation b1(a2 notices 3) a1 a2 b2
  permutation b1(a2 notices 0) a1 a2 b2
  permutation b1(*, a2 notices 2) a1 a2

  """#

/// What was printed for ``noticesSpec``.
let noticesTranscript = #"""
  Parsed test spec with 2 sessions

  starting permutation: b1 a1 a2 b2
  step b1: SELECT 1 AS x; <waiting ...>
  a: NOTICE:  one
  step a1: SELECT say('one');
  say
  ---
    \#u{20}
  (1 row)

  step b1: <... completed>
  x
  -
  1
  (1 row)

  a: NOTICE:  two
  a: NOTICE:  three
  step a2: SELECT say('two'), say('three');
  say|say
  ---+---
     |  \#u{20}
  (1 row)

  step b2: SELECT 2 AS y;
  y
  -
  2
  (1 row)


  starting permutation: b1 a1 a2 b2
  step b1: SELECT 1 AS x; <waiting ...>
  a: NOTICE:  one
  step a1: SELECT say('one');
  say
  ---
    \#u{20}
  (1 row)

  a: NOTICE:  two
  a: NOTICE:  three
  step a2: SELECT say('two'), say('three');
  say|say
  ---+---
     |  \#u{20}
  (1 row)

  step b1: <... completed>
  x
  -
  1
  (1 row)

  step b2: SELECT 2 AS y;
  y
  -
  2
  (1 row)


  starting permutation: b1 a1 a2 b2
  step b1: SELECT 1 AS x;
  x
  -
  1
  (1 row)

  a: NOTICE:  one
  step a1: SELECT say('one');
  say
  ---
    \#u{20}
  (1 row)

  a: NOTICE:  two
  a: NOTICE:  three
  step a2: SELECT say('two'), say('three');
  say|say
  ---+---
     |  \#u{20}
  (1 row)

  step b2: SELECT 2 AS y;
  y
  -
  2
  (1 row)


  starting permutation: b1 a1 a2
  step b1: SELECT 1 AS x; <waiting ...>
  a: NOTICE:  one
  step a1: SELECT say('one');
  say
  ---
    \#u{20}
  (1 row)

  a: NOTICE:  two
  a: NOTICE:  three
  step a2: SELECT say('two'), say('three');
  say|say
  ---+---
     |  \#u{20}
  (1 row)

  step b1: <... completed>
  x
  -
  1
  (1 row)


  """#
