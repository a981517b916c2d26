#define _GNU_SOURCE
#include "CSharedMemory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int muddled_mutex_init(struct muddled_header *header) {
  pthread_mutexattr_t attributes;
  int error = pthread_mutexattr_init(&attributes);
  if (error != 0) return error;
  error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  if (error == 0) error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  if (error == 0) error = pthread_mutex_init(&header->mutex, &attributes);
  pthread_mutexattr_destroy(&attributes);
  return error;
}

int muddled_mutex_lock(struct muddled_header *header, uint32_t timeout_ms) {
  int error = pthread_mutex_trylock(&header->mutex);
  if (error == EBUSY) {
    // pthread_mutex_timedlock goes by this clock; a clock that is set meanwhile makes the wait longer or shorter once.
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    uint64_t nanoseconds = (uint64_t)limit.tv_nsec + (uint64_t)timeout_ms * 1000000;
    limit.tv_sec += (time_t)(nanoseconds / 1000000000);
    limit.tv_nsec = (long)(nanoseconds % 1000000000);
    error = pthread_mutex_timedlock(&header->mutex, &limit);
  }
  if (error == EOWNERDEAD) {
    int refused = pthread_mutex_consistent(&header->mutex);
    if (refused != 0) return refused;
  }
  return error;
}

void muddled_mutex_unlock(struct muddled_header *header) { pthread_mutex_unlock(&header->mutex); }

uint32_t muddled_load(const uint32_t *word) { return __atomic_load_n(word, __ATOMIC_SEQ_CST); }

void muddled_store(uint32_t *word, uint32_t value) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

void muddled_store_wide(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_SEQ_CST);
}

void muddled_increment(uint32_t *word) { __atomic_add_fetch(word, 1, __ATOMIC_SEQ_CST); }

void muddled_wait(uint32_t *word, uint32_t value, uint32_t *sleepers, uint32_t timeout_ms) {
  struct timespec limit = {timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000};
  // A sleeper that is killed stays counted; that costs needless wake-ups, and loses none.
  __atomic_add_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
  // Not FUTEX_PRIVATE_FLAG: other processes wake us. A relative time goes by CLOCK_MONOTONIC (futex(2)).
  syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, 0, 0);
  __atomic_sub_fetch(sleepers, 1, __ATOMIC_SEQ_CST);
}

void muddled_wake(uint32_t *word, const uint32_t *sleepers) {
  if (muddled_load(sleepers) != 0) syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, 0, 0, 0);
}

int muddled_lock_byte(int descriptor, int64_t byte, char kind) {
  struct flock lock = {0};
  lock.l_type = kind == 'x' ? F_WRLCK : kind == 's' ? F_RDLCK : F_UNLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = 1;
  return fcntl(descriptor, F_OFD_SETLK, &lock) == 0 ? 0 : errno;
}

int muddled_reserve(int descriptor, uint64_t offset, uint64_t length) {
  int error;
  do {
    error = posix_fallocate(descriptor, (off_t)offset, (off_t)length);
  } while (error == EINTR);
  return error;
}

void muddled_release(int descriptor, uint64_t offset, uint64_t length) {
  fallocate(
      descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length);
}
