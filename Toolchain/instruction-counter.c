// A plugin for qemu-aarch64 that counts the instructions a program executes, on all its threads, and
// writes "instructions N" to standard error when the program ends. A count is the same in each run.
// With the argument bytes=on it counts the bytes that loads and stores move too, and writes
// "bytes B instructions N".
//
//   gcc -O2 -fPIC -shared -o instruction-counter.so Toolchain/instruction-counter.c
//   qemu-aarch64 -cpu cortex-a76 -plugin ./instruction-counter.so PROGRAM ...
//
// It declares the few functions of the interface (qemu-plugin.h of QEMU 4.2 to 8, version 1) that it
// calls, so that it compiles without QEMU's header.
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

typedef uint64_t plugin_id;
typedef struct translation_block translation_block;
typedef struct instruction instruction;
typedef uint32_t memory_access;
enum inline_operation { ADD_TO_U64 };
enum register_use { NO_REGISTERS };
enum memory_direction { READS_AND_WRITES = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, translation_block *));
void qemu_plugin_register_vcpu_tb_exec_inline(translation_block *, enum inline_operation, void *,
                                              uint64_t);
void qemu_plugin_register_atexit_cb(plugin_id, void (*)(plugin_id, void *), void *);
size_t qemu_plugin_tb_n_insns(const translation_block *);
instruction *qemu_plugin_tb_get_insn(const translation_block *, size_t);
void qemu_plugin_register_vcpu_mem_cb(instruction *,
                                      void (*)(unsigned, memory_access, uint64_t, void *),
                                      enum register_use, enum memory_direction, void *);
unsigned qemu_plugin_mem_size_shift(memory_access);

EXPORTED int qemu_plugin_version = 1;

static uint64_t executed, moved;
static int counts_bytes;

static void count_bytes(unsigned cpu, memory_access access, uint64_t address, void *unused) {
  (void)cpu, (void)address, (void)unused;
  moved += (uint64_t)1 << qemu_plugin_mem_size_shift(access);
}

// Called once for a block of instructions, when it is translated: has the block add its number of
// instructions each time it is executed. (With several threads the sum is not exact: the addition is
// not atomic.)
static void count_block(plugin_id plugin, translation_block *block) {
  (void)plugin;
  qemu_plugin_register_vcpu_tb_exec_inline(block, ADD_TO_U64, &executed,
                                           qemu_plugin_tb_n_insns(block));
  if (!counts_bytes) return;
  for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++)
    qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(block, i), count_bytes, NO_REGISTERS,
                                     READS_AND_WRITES, NULL);
}

static void report(plugin_id plugin, void *unused) {
  (void)plugin, (void)unused;
  if (counts_bytes) fprintf(stderr, "bytes %" PRIu64 " ", moved);
  fprintf(stderr, "instructions %" PRIu64 "\n", executed);
}

EXPORTED int qemu_plugin_install(plugin_id plugin, const void *info, int argument_count,
                                 char **arguments) {
  (void)info;
  counts_bytes = argument_count > 0 && strcmp(arguments[0], "bytes=on") == 0;
  qemu_plugin_register_vcpu_tb_trans_cb(plugin, count_block);
  qemu_plugin_register_atexit_cb(plugin, report, NULL);
  return 0;
}
