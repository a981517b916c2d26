// The C client of NATS, 3.4 or newer.
#include <nats/nats.h>
