// Has another process make a system call that it would never make itself: Toolchain/test-board uses it
// on an emulated board, to see the kernel's filter end the process.
//
//   make-call PID
//
// It attaches to the process, points its first thread at a system call instruction of its own code with
// the number of mkdirat in the register for it, and lets it go on. It ends with 0 if the process is
// killed by SIGSYS for that, and says on standard output what happened. For aarch64 alone.
#include <elf.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

static const uint32_t system_call_instruction = 0xd4000001;  // svc #0

// The address of the first system call instruction in the process's program, or 0.
static uint64_t call_address(int process) {
  char path[64], line[512];
  uint64_t first = 0, end = 0;
  snprintf(path, sizeof path, "/proc/%d/maps", process);
  FILE *maps = fopen(path, "r");
  while (maps && fgets(line, sizeof line, maps)) {
    char mode[8];
    if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &first, &end, mode) == 3 && mode[2] == 'x') break;
    first = end = 0;
  }
  if (maps) fclose(maps);
  for (uint64_t address = first; address < end; address += 8) {
    uint64_t pair = (uint64_t)ptrace(PTRACE_PEEKTEXT, process, address, 0);
    if ((uint32_t)pair == system_call_instruction) return address;
    if ((uint32_t)(pair >> 32) == system_call_instruction) return address + 4;
  }
  return 0;
}

int main(int count, char **arguments) {
  int process = count == 2 ? atoi(arguments[1]) : 0, status = 0;
  if (process <= 0) return fprintf(stderr, "usage: make-call PID\n"), 64;
  if (ptrace(PTRACE_ATTACH, process, 0, 0) || waitpid(process, &status, 0) != process)
    return perror("attach"), 1;
  struct user_regs_struct registers;
  struct iovec whole = {&registers, sizeof registers};
  uint64_t address = call_address(process);
  if (!address || ptrace(PTRACE_GETREGSET, process, NT_PRSTATUS, &whole))
    return perror("registers"), 1;
  registers.pc = address;
  registers.regs[8] = SYS_mkdirat;
  registers.regs[1] = 0;  // no path: without a filter the call fails and does nothing
  if (ptrace(PTRACE_SETREGSET, process, NT_PRSTATUS, &whole) || ptrace(PTRACE_CONT, process, 0, 0))
    return perror("continue"), 1;
  if (waitpid(process, &status, 0) != process) return perror("wait"), 1;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  printf("killed by signal %d\n", signal);
  if (!signal) ptrace(PTRACE_DETACH, process, 0, 0);
  return signal == SIGSYS ? 0 : 1;
}
