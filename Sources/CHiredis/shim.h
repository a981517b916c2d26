// No pkg-config is named for hiredis: its flags make every build warn.
#include <hiredis/hiredis.h>
