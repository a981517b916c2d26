-- The database and the table that config/sql.file and config/sql2.file read.
CREATE DATABASE IF NOT EXISTS client_test CHARACTER SET utf8mb4;
USE client_test;

DROP TABLE IF EXISTS test;
CREATE TABLE test (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  test_id INT UNSIGNED NOT NULL DEFAULT 0
) ENGINE = InnoDB AUTO_INCREMENT = 1001 DEFAULT CHARSET = utf8mb4;

INSERT INTO test (test_id) VALUES (1), (2), (1234), (4321);
