// Preloaded into the program: each pread gives at most an odd part of what was asked, and every fifth
// one is interrupted.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_uint calls;

ssize_t pread(int fd, void *to, size_t count, off_t offset) {
  static ssize_t (*next)(int, void *, size_t, off_t);
  if (!next) next = (ssize_t(*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
  unsigned call = atomic_fetch_add(&calls, 1);
  if (call % 5 == 4) {
    errno = EINTR;
    return -1;
  }
  size_t part = count / 3 + call % 7 + 1;
  return next(fd, to, part < count ? part : count, offset);
}

ssize_t pread64(int fd, void *to, size_t count, off_t offset) { return pread(fd, to, count, offset); }
