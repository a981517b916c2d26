// Scenarios of our own, and what the isolation tester of PostgreSQL 15.18 printed for them against a
// server of that version.

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
