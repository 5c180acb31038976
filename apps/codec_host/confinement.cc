// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A system call that is not listed fails with EPERM instead of killing the process: libraries ask
// for much that they can do without (processor counts, time zones, debug settings).
#include "confinement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace imagemill::codec_host {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // their shadow memory counts as data, their reports need files
#else
constexpr bool kSanitized = false;
#endif

constexpr int kFirstFreeDescriptor = 4;
constexpr rlim_t kMaxDescriptors = 16;

// Private writable memory held now, libraries' data included: what RLIMIT_DATA counts.
uint64_t data_bytes() {
  std::FILE* file = std::fopen("/proc/self/status", "re");
  if (file == nullptr) return 0;
  unsigned long long kilobytes = 0;
  char line[256];
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "VmData: %llu kB", &kilobytes) == 1) break;
  std::fclose(file);
  return kilobytes * 1024;
}

void limit(decltype(RLIMIT_CORE) what, rlim_t value) {
  const rlimit both{value, value};
  ::setrlimit(what, &both);
}

// What computing on memory and talking over open descriptors takes. rseq and set_robust_list are a
// thread's first calls: one that a library started while it was loaded may only now get there.
constexpr int kAllowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvmsg),
    SCMP_SYS(poll),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),
    SCMP_SYS(set_robust_list),
};

int allow_memory(scmp_filter_ctx filter) {
  int failed = 0;
  // Private memory is counted by RLIMIT_DATA; shared memory only where a descriptor stands behind
  // it, and the engine has fixed the size of each. Nothing is ever executable.
  const scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, not_executable,
                             SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE, MAP_PRIVATE));
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2, not_executable,
                             SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_TYPE | MAP_ANONYMOUS, MAP_SHARED));
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, not_executable);
  return failed;
}

int allow_own_process(scmp_filter_ctx filter, bool needs_threads) {
  int failed = 0;
  // abort() and raise().
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                             SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid())));
  // Seals and flags of open descriptors may be read.
  for (const int command : {F_GET_SEALS, F_GETFL, F_GETFD})
    failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                               SCMP_A1(SCMP_CMP_EQ, static_cast<scmp_datum_t>(command)));
  // getrlimit, not setrlimit.
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2,
                             SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
  if (!needs_threads) return failed;
  // The flags of clone3 lie in memory where no filter sees them: "not there" makes glibc use clone.
  failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
  failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  return failed;
}

std::string filter_system_calls(bool needs_threads) {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return "no system call filter: seccomp_init failed";
  int failed = 0;
  for (const int call : kAllowed) failed |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  failed |= allow_memory(filter);
  failed |= allow_own_process(filter, needs_threads);
  // Threads that a library started while it was loaded get the filter as well.
  failed |= seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
  const int loaded = failed == 0 ? seccomp_load(filter) : -EINVAL;
  seccomp_release(filter);
  return loaded == 0 ? "" : fmt::format("no system call filter: {}", std::strerror(-loaded));
}

}  // namespace

bool leash(int parent_pid) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent_pid) return false;
  ::prctl(PR_SET_DUMPABLE, 0);
  limit(RLIMIT_CORE, 0);
  ::close_range(kFirstFreeDescriptor, ~0u, 0);
  // Read by the libraries of libraries when they are loaded: one thread, one heap.
  for (const char* name : {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}) ::setenv(name, "1", 1);
  ::mallopt(M_ARENA_MAX, 1);
  return true;
}

std::string confine(uint64_t memory_bytes, bool needs_threads) {
  limit(RLIMIT_NOFILE, kMaxDescriptors);
  limit(RLIMIT_FSIZE, 0);
  if (kSanitized) return "built with a sanitizer";
  if (memory_bytes > 0) limit(RLIMIT_DATA, data_bytes() + memory_bytes);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return fmt::format("no system call filter: {}", std::strerror(errno));
  return filter_system_calls(needs_threads);
}

}  // namespace imagemill::codec_host
