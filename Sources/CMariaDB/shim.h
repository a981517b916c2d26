// libmariadb installs its headers under this folder, with or without pkg-config.
#include <mariadb/mysql.h>
#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>
