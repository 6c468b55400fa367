// System calls that Swift cannot name: variadic functions, macros, and pthread attributes.
// Each wrapper makes one call and returns its result, or the negated errno where it failed.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define EDGE_INLINE static inline __attribute__((always_inline))

EDGE_INLINE int64_t edge_result(int64_t r) { return r < 0 ? -(int64_t)errno : r; }

// Writes a byte back where it was read: the system gives the page. The compiler leaves out a plain
// store of what was just loaded.
EDGE_INLINE void edge_touch_page(void *at) {
  volatile unsigned char *byte = at;
  *byte = *byte;
}

EDGE_INLINE int32_t edge_open_read(const char *path) {
  return (int32_t)edge_result(open(path, O_RDONLY | O_CLOEXEC));
}
// For regular files: does not wait for a writer where the path is a named pipe.
EDGE_INLINE int32_t edge_open_file(const char *path) {
  return (int32_t)edge_result(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}
EDGE_INLINE int32_t edge_open_create(const char *path) {
  return (int32_t)edge_result(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
}
// What is there, such as a device, a pipe, or a file of /proc, for writing.
EDGE_INLINE int32_t edge_open_through(const char *path, int32_t flags) {
  return (int32_t)edge_result(open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | flags));
}
// A file that stays open for both; it need not be there. Does not wait for the other end of a pipe.
EDGE_INLINE int32_t edge_open_both(const char *path) {
  return (int32_t)edge_result(
      open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
}
// For this process alone, as long as it is open; -EWOULDBLOCK if another one has it.
EDGE_INLINE int32_t edge_lock_file(int32_t fd) {
  return (int32_t)edge_result(flock(fd, LOCK_EX | LOCK_NB));
}
// Of the file system that a file lies in, for this user.
EDGE_INLINE int64_t edge_free_bytes(int32_t fd) {
  struct statvfs s;
  return fstatvfs(fd, &s) == 0 ? (int64_t)(s.f_bavail * s.f_frsize) : INT64_MAX;
}
// Takes the space for so many bytes; the file is then at least as long.
EDGE_INLINE int32_t edge_allocate(int32_t fd, int64_t bytes) {
  return -posix_fallocate(fd, 0, bytes);
}
EDGE_INLINE int32_t edge_set_length(int32_t fd, int64_t bytes) {
  return (int32_t)edge_result(ftruncate(fd, bytes));
}
EDGE_INLINE int32_t edge_make_folder(const char *path) {
  return (int32_t)edge_result(mkdirat(AT_FDCWD, path, 0755));
}
// What a path leads to; links are followed. Nothing can be said of a path that cannot be looked up.
enum edge_kind {
  edge_kind_unknown,
  edge_kind_file,
  edge_kind_folder,
  edge_kind_pipe,
  edge_kind_special,
};
EDGE_INLINE enum edge_kind edge_file_kind(const char *path) {
  struct stat s;
  if (stat(path, &s) != 0) return edge_kind_unknown;
  if (S_ISREG(s.st_mode)) return edge_kind_file;
  if (S_ISDIR(s.st_mode)) return edge_kind_folder;
  return S_ISFIFO(s.st_mode) ? edge_kind_pipe : edge_kind_special;
}
EDGE_INLINE int32_t edge_is_same_file(const char *path, int32_t fd) {
  struct stat a, b;
  return stat(path, &a) == 0 && fstat(fd, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}
// The bytes of a link's target; negative if the path is no link.
EDGE_INLINE int32_t edge_read_link(const char *path, void *to, size_t bytes) {
  return (int32_t)edge_result(readlinkat(AT_FDCWD, path, to, bytes));
}
EDGE_INLINE int64_t edge_pread(int32_t fd, void *to, size_t bytes, int64_t at) {
  return edge_result(pread(fd, to, bytes, at));
}
// A descriptor of its own for an open file.
EDGE_INLINE int32_t edge_duplicate(int32_t fd) {
  return (int32_t)edge_result(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}
EDGE_INLINE int64_t edge_pwrite(int32_t fd, const void *from, size_t bytes, int64_t at) {
  return edge_result(pwrite(fd, from, bytes, at));
}
EDGE_INLINE int64_t edge_read(int32_t fd, void *to, size_t bytes) {
  return edge_result(read(fd, to, bytes));
}
EDGE_INLINE int64_t edge_write(int32_t fd, const void *from, size_t bytes) {
  return edge_result(write(fd, from, bytes));
}
EDGE_INLINE int32_t edge_close(int32_t fd) { return (int32_t)edge_result(close(fd)); }
EDGE_INLINE int32_t edge_sync(int32_t fd) { return (int32_t)edge_result(fsync(fd)); }
EDGE_INLINE int32_t edge_rename(const char *from, const char *to) {
  return (int32_t)edge_result(renameat(AT_FDCWD, from, AT_FDCWD, to));
}
EDGE_INLINE int32_t edge_unlink(const char *path) {
  return (int32_t)edge_result(unlinkat(AT_FDCWD, path, 0));
}
// The system may take back the memory in which it keeps what was read from a file.
EDGE_INLINE void edge_release_pages(int32_t fd) { posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); }
EDGE_INLINE int32_t edge_open_null(int32_t flags) {
  return (int32_t)edge_result(open("/dev/null", flags));
}
EDGE_INLINE int32_t edge_is_open(int32_t fd) { return fcntl(fd, F_GETFD) >= 0; }
// The size of a regular file; -EISDIR or -EINVAL for anything else.
EDGE_INLINE int64_t edge_regular_file_size(int32_t fd) {
  struct stat s;
  if (fstat(fd, &s) != 0) return -(int64_t)errno;
  if (S_ISDIR(s.st_mode)) return -EISDIR;
  return S_ISREG(s.st_mode) ? (int64_t)s.st_size : -EINVAL;
}
EDGE_INLINE int32_t edge_exists(const char *path) { return access(path, F_OK) == 0; }
// Environment variables; 0 where they are not set.
EDGE_INLINE const char *edge_models_folder(void) { return getenv("EDGE_INFER_MODELS"); }
EDGE_INLINE const char *edge_profiles_folder(void) { return getenv("EDGE_INFER_PROFILES"); }
EDGE_INLINE const char *edge_home_folder(void) { return getenv("HOME"); }
EDGE_INLINE int32_t edge_is_terminal(int32_t fd) { return isatty(fd); }
// A terminal's settings.
EDGE_INLINE int32_t edge_get_terminal(int32_t fd, struct termios *to) {
  return (int32_t)edge_result(tcgetattr(fd, to));
}
EDGE_INLINE int32_t edge_set_terminal(int32_t fd, const struct termios *from) {
  return (int32_t)edge_result(tcsetattr(fd, TCSANOW, from));
}
// Every key is given at once and as it is, and not shown; output stays as it was.
EDGE_INLINE void edge_make_raw(struct termios *t) {
  t->c_iflag &= ~(tcflag_t)(BRKINT | ICRNL | INLCR | IGNCR | INPCK | ISTRIP | IXON);
  t->c_lflag &= ~(tcflag_t)(ECHO | ICANON | IEXTEN | ISIG);
  t->c_cc[VMIN] = 1;
  t->c_cc[VTIME] = 0;
}
// 0 where the terminal does not say.
EDGE_INLINE int32_t edge_terminal_columns(int32_t fd) {
  struct winsize w;
  return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}
EDGE_INLINE int32_t edge_terminal_rows(int32_t fd) {
  struct winsize w;
  return ioctl(fd, TIOCGWINSZ, &w) == 0 ? w.ws_row : 0;
}
typedef void (*edge_signal_handler)(int32_t);
// Calls that the signal interrupts end with EINTR. With `once`, the default action comes back when the
// handler begins. The signal may have been blocked by
// whoever started the program; the calling thread takes it.
EDGE_INLINE int32_t edge_on_signal(int32_t number, edge_signal_handler handler, int32_t once) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = handler;
  a.sa_flags = once ? (int)SA_RESETHAND : 0;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  int r = sigaction(number, &a, 0);
  if (r == 0) pthread_sigmask(SIG_UNBLOCK, &set, 0);
  return (int32_t)edge_result(r);
}
// The C library's heap, from which it starts threads, then takes no more than it uses.
EDGE_INLINE void edge_keep_heap_small(void) { mallopt(M_TOP_PAD, 0); }
// Writing to a pipe without a reader then fails with EPIPE.
EDGE_INLINE void edge_ignore_signal(int32_t number) { signal(number, SIG_IGN); }
// Ends the process and runs nothing more of it; a signal handler may call it.
EDGE_INLINE _Noreturn void edge_exit_now(int32_t code) { _exit(code); }
// No program that this process could start gets more rights than it has.
EDGE_INLINE int32_t edge_forbid_new_privileges(void) {
  return (int32_t)edge_result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}
// Puts all threads under a filter of system calls. Positive: a thread that could not be put there.
EDGE_INLINE int32_t edge_install_filter(const struct sock_filter *from, uint16_t count) {
  struct sock_fprog program = {count, (struct sock_filter *)from};
  return (int32_t)edge_result(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program));
}
EDGE_INLINE int64_t edge_now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
EDGE_INLINE int64_t edge_peak_resident_bytes(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (int64_t)u.ru_maxrss * 1024;
}
// Anonymous private memory; 0 where the kernel refuses.
EDGE_INLINE void *edge_map(size_t bytes) {
  void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? (void *)0 : p;
}
// The same, of which most is never used: the kernel does not count it against what it may promise.
EDGE_INLINE void *edge_map_unreserved(size_t bytes) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *p = mmap(0, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return p == MAP_FAILED ? (void *)0 : p;
}
// Takes pages of a mapped file out of memory; they come back when they are next used.
EDGE_INLINE int32_t edge_drop_pages(void *p, size_t bytes) {
  return madvise(p, bytes, MADV_DONTNEED) == 0 ? 0 : -errno;
}
// In place of pages that were mapped before; only reading is allowed.
EDGE_INLINE int32_t edge_map_file(void *p, size_t bytes, int32_t fd, int64_t offset) {
  void *got = mmap(p, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, offset);
  return got == MAP_FAILED ? -errno : 0;
}
EDGE_INLINE int32_t edge_unmap(void *p, size_t bytes) { return munmap(p, bytes); }
EDGE_INLINE int32_t edge_advise_huge(void *p, size_t bytes) {
  return madvise(p, bytes, MADV_HUGEPAGE);
}
EDGE_INLINE int32_t edge_advise_small(void *p, size_t bytes) {
  return madvise(p, bytes, MADV_NOHUGEPAGE);
}
// Keeps pages from being swapped out or dropped; negative errno where the system refuses.
EDGE_INLINE int32_t edge_lock_memory(const void *p, size_t bytes) {
  return mlock(p, bytes) == 0 ? 0 : -errno;
}
EDGE_INLINE void edge_futex_wait(const void *word, uint32_t expected) {
  syscall(SYS_futex, word, 128 /* FUTEX_WAIT_PRIVATE */, expected, (void *)0, (void *)0, 0);
}
EDGE_INLINE void edge_futex_wake(const void *word, int32_t count) {
  syscall(SYS_futex, word, 129 /* FUTEX_WAKE_PRIVATE */, count, (void *)0, (void *)0, 0);
}
// Waits so long, or until a signal comes. (Of the calls that wait, a lockdown allows this one.)
EDGE_INLINE void edge_wait_ns(int64_t ns) {
  uint32_t word = 0;
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  syscall(SYS_futex, &word, 128 /* FUTEX_WAIT_PRIVATE */, 0, &t, (void *)0, 0);
}
typedef void *(*edge_thread_entry)(void *);
EDGE_INLINE int32_t edge_thread_start(pthread_t *thread, edge_thread_entry entry, void *argument,
                                      void *stack, size_t stack_bytes) {
  pthread_attr_t a;
  pthread_attr_init(&a);
  int r = pthread_attr_setstack(&a, stack, stack_bytes);
  if (r == 0) r = pthread_create(thread, &a, entry, argument);
  pthread_attr_destroy(&a);
  return r;
}
EDGE_INLINE int32_t edge_thread_join(pthread_t thread) { return pthread_join(thread, 0); }
// Binds the calling thread to one core (0 to 1023); negative errno where the core is not there.
EDGE_INLINE int32_t edge_pin_to_core(int32_t core) {
  uint64_t set[16] = {0};
  set[core / 64 & 15] = (uint64_t)1 << core % 64;
  return (int32_t)edge_result(syscall(SYS_sched_setaffinity, 0, sizeof set, set));
}
// The cores that a thread may run on, one bit each; thread 0 is the calling one. Negative errno where
// the kernel refuses.
EDGE_INLINE int32_t edge_thread_cores(int32_t thread, uint64_t set[16]) {
  return (int32_t)edge_result(syscall(SYS_sched_getaffinity, thread, 16 * sizeof *set, set));
}
EDGE_INLINE int32_t edge_set_thread_cores(int32_t thread, const uint64_t set[16]) {
  return (int32_t)edge_result(syscall(SYS_sched_setaffinity, thread, 16 * sizeof *set, set));
}
EDGE_INLINE int32_t edge_thread_id(void) { return (int32_t)syscall(SYS_gettid); }
EDGE_INLINE void edge_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

// Sockets of services. All are closed when another program begins, and none waits.

// An address with a port in the numbers of IPv4 or IPv6; the count of its bytes, 0 for other texts.
EDGE_INLINE uint32_t edge_internet_address(const char *host, uint16_t port,
                                           struct sockaddr_storage *to) {
  struct sockaddr_in *four = (struct sockaddr_in *)to;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)to;
  memset(to, 0, sizeof *to);
  if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1) return 0;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  return sizeof *six;
}
// The address of a socket in the file system; 0 where the path is too long.
EDGE_INLINE uint32_t edge_local_address(const char *path, struct sockaddr_storage *to) {
  struct sockaddr_un *local = (struct sockaddr_un *)to;
  memset(to, 0, sizeof *to);
  if (strlen(path) >= sizeof local->sun_path) return 0;
  local->sun_family = AF_UNIX;
  strcpy(local->sun_path, path);
  return sizeof *local;
}
EDGE_INLINE int32_t edge_is_loopback(const struct sockaddr_storage *address) {
  if (address->ss_family == AF_INET6)
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
  const struct sockaddr_in *four = (const struct sockaddr_in *)address;
  return address->ss_family == AF_INET && ntohl(four->sin_addr.s_addr) >> 24 == 127;
}
EDGE_INLINE int32_t edge_socket(const struct sockaddr_storage *address) {
  return (int32_t)edge_result(
      socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}
EDGE_INLINE int32_t edge_set_socket(int32_t fd, int32_t level, int32_t name) {
  int on = 1;
  return (int32_t)edge_result(setsockopt(fd, level, name, &on, sizeof on));
}
EDGE_INLINE int32_t edge_connect(int32_t fd, const struct sockaddr_storage *to, uint32_t bytes) {
  return (int32_t)edge_result(connect(fd, (const struct sockaddr *)to, bytes));
}
// What it makes in the file system is for this user alone.
EDGE_INLINE int32_t edge_bind(int32_t fd, const struct sockaddr_storage *to, uint32_t bytes) {
  mode_t before = umask(0177);
  int32_t r = (int32_t)edge_result(bind(fd, (const struct sockaddr *)to, bytes));
  umask(before);
  return r;
}
EDGE_INLINE int32_t edge_listen(int32_t fd, int32_t waiting) {
  return (int32_t)edge_result(listen(fd, waiting));
}
// The port of a bound socket; 0 where it has none.
EDGE_INLINE uint16_t edge_bound_port(int32_t fd) {
  struct sockaddr_storage address;
  socklen_t bytes = sizeof address;
  if (getsockname(fd, (struct sockaddr *)&address, &bytes) != 0) return 0;
  if (address.ss_family == AF_INET6) return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
  return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) : 0;
}
EDGE_INLINE int32_t edge_is_socket(const char *path) {
  struct stat s;
  return lstat(path, &s) == 0 && S_ISSOCK(s.st_mode);
}
EDGE_INLINE int32_t edge_accept(int32_t fd) {
  return (int32_t)edge_result(syscall(SYS_accept4, fd, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK));
}
// The other side reads to the end of what was written.
EDGE_INLINE int32_t edge_end_writing(int32_t fd) {
  return (int32_t)edge_result(shutdown(fd, SHUT_WR));
}
// Both ends of a pipe that never waits.
EDGE_INLINE int32_t edge_make_pipe(int32_t ends[2]) {
  return (int32_t)edge_result(syscall(SYS_pipe2, ends, O_CLOEXEC | O_NONBLOCK));
}
// Waits until one of them is ready, for at most so many nanoseconds; without end where negative.
EDGE_INLINE int32_t edge_poll(struct pollfd *on, uint32_t count, int64_t ns) {
  struct timespec t = {ns / 1000000000, ns % 1000000000};
  return (int32_t)edge_result(
      syscall(SYS_ppoll, on, (unsigned long)count, ns < 0 ? (void *)0 : (void *)&t, (void *)0, 0L));
}
// Seconds since 1970.
EDGE_INLINE int64_t edge_unix_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec;
}
// A number that differs from one start of the program to the next.
EDGE_INLINE uint64_t edge_random_word(void) {
  const void *at = (const void *)getauxval(AT_RANDOM);
  uint64_t word = 0;
  if (at) memcpy(&word, at, sizeof word);
  return word;
}
