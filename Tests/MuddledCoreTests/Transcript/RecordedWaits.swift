// Scenarios of our own, and what the isolation tester of PostgreSQL 15.18 printed for them against a
// server of that version.

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
