// What Swift cannot say of memory that processes share: the layout of a mapped file, a robust mutex in it, and the
// system calls that are variadic (syscall, fcntl) or hidden without _GNU_SOURCE (fallocate).

#ifndef MUDDLED_SHARED_MEMORY_H
#define MUDDLED_SHARED_MEMORY_H

#include <pthread.h>
#include <stdint.h>

/// Where the log begins and ends. Offsets count bytes from the first record ever, so they only grow.
struct muddled_extent {
  uint64_t first_position;
  uint64_t head;
  uint64_t end_position;
  uint64_t tail;
};

/// The begin of a batch's file.
struct muddled_header {
  /// Written last, so that a file whose maker died is known by its absence.
  uint64_t magic;
  uint64_t capacity;
  /// Up to where the file has memory, and up to where memory was given back.
  uint64_t reserved_end;
  uint64_t released_end;
  /// When the batch was last used, in nanoseconds of CLOCK_BOOTTIME.
  uint64_t used_at;
  /// When the file was made, by the same clock.
  uint64_t made_at;
  /// Grows with every record: the futex that waiters sleep on, and how many do.
  uint32_t sequence;
  uint32_t sleepers;
  /// Which of the two extents counts.
  uint32_t current;
  /// Whether the file stays although nobody holds a lease.
  uint32_t is_kept;
  uint32_t boot_length;
  uint32_t batch_length;
  uint8_t boot[40];
  uint8_t batch[200];
  struct muddled_extent extents[2];
  pthread_mutex_t mutex;
};

/// A place for one node's lease.
struct muddled_lease {
  /// In nanoseconds of CLOCK_BOOTTIME.
  uint64_t renewed_at;
  /// Written last.
  uint32_t is_held;
  uint32_t length;
  uint8_t id[200];
};

/// Prepares the mutex, once. Returns 0 or an error number.
int muddled_mutex_init(struct muddled_header *header);

/// Takes the mutex. Returns 0; EOWNERDEAD if its last owner died with it, in which case it is taken and usable; or the
/// error number of pthread_mutex_timedlock(3).
int muddled_mutex_lock(struct muddled_header *header, uint32_t timeout_ms);

void muddled_mutex_unlock(struct muddled_header *header);

uint32_t muddled_load(const uint32_t *word);
void muddled_store(uint32_t *word, uint32_t value);
void muddled_store_wide(uint64_t *word, uint64_t value);
void muddled_increment(uint32_t *word);

/// Sleeps while the word has this value, at most for the time; may return early.
void muddled_wait(uint32_t *word, uint32_t value, uint32_t *sleepers, uint32_t timeout_ms);

/// Wakes all who sleep on the word, if there are any.
void muddled_wake(uint32_t *word, const uint32_t *sleepers);

/// Locks one byte of an open file without waiting: 'x' exclusive, 's' shared, 'u' unlocks. The lock belongs to the open
/// file, not the process, and ends with it (fcntl(2), "Open file description locks"). Returns 0 or an error number.
int muddled_lock_byte(int descriptor, int64_t byte, char kind);

/// Gives a range of the file memory. Returns 0 or an error number; ENOSPC if there is no more.
int muddled_reserve(int descriptor, uint64_t offset, uint64_t length);

/// Takes a range's memory back where the file system can; it reads as zeros then.
void muddled_release(int descriptor, uint64_t offset, uint64_t length);

#endif
