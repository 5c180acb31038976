// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Words to a command, its outcome to an exit code. No image code.
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

#include "command_parser.h"
#include "commands.h"
#include "exit_code.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

// Pictures come and go by the megabyte. Left alone, glibc maps and unmaps each of them, and a heap
// per thread keeps what the largest picture needed. Here blocks up to 4 MB are reused from few
// heaps, larger ones go back to the system.
void bound_allocator() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  mallopt(M_TRIM_THRESHOLD, 32 << 20);
  mallopt(M_ARENA_MAX, 1);
}

// What libraries can be told by the environment alone, unless the user has told them.
void set_environment_of_libraries() {
  // Rows must not depend on their batch: TensorRT has no option of its own against TF32.
  setenv("NVIDIA_TF32_OVERRIDE", "0", 0);
  // The first device is the one that NVIDIA's tools call the first, not the fastest.
  setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 0);
  // ONNX Runtime's makers collect what programs do with it. What it is asked for after it has begun
  // comes too late: by then it has made a folder for that and has sent what it could.
  setenv("ORT_DISABLE_TELEMETRY", "1", 0);
}

// In the order of --help.
void add_commands(CommandParser& parser) {
  add_job_commands(parser);
  add_dedupe_command(parser);
  add_inspect_command(parser);
  add_compare_command(parser);
  add_search_command(parser);
  add_stability_command(parser);
  add_merge_command(parser);
  add_report_command(parser);
  add_models_commands(parser);
  add_bench_model_command(parser);
  add_cache_commands(parser);
  add_doctor_command(parser);
  add_schema_command(parser);
}

int complain(const Status& status) {
  std::cerr << "imagemill: " << terminal_escape(status.message()) << '\n';
  if (status.code() == Code::kCancelled) return kExitCancelled;  // before the run could begin
  return status.code() == Code::kInvalidArgument ? kExitUsage : kExitRunFailed;
}

// Where one of them is closed, the first file that is opened would be given its number, and what is
// printed would end in a database.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // For reading: whoever writes is told.
      if (open("/dev/null", O_RDONLY) < 0) return;
    }
}

// What was printed is a result, too: a disk that is full or a reader that left is an error.
int finish_output(int code) {
  errno = 0;
  std::cout.flush();
  if (std::cout.good()) return code;
  const std::string why = errno == 0 ? "" : fmt::format(": {}", std::strerror(errno));
  std::cerr << "imagemill: what was printed is not whole, standard output takes no more" << why
            << '\n';
  return code == kExitDone || code == kExitSomeFailed ? kExitRunFailed : code;
}

int dispatch(int argc, char** argv) {
  CommandParser parser({argv, argv + argc});
  add_commands(parser);
  const Result<Command> command = parser.parse();
  if (!command) return complain(command.error());
  const Result<int> code = (*command)();
  return code ? *code : complain(code.error());
}

}  // namespace
}  // namespace imagemill::cli

int main(int argc, char** argv) {
  using namespace imagemill::cli;
  occupy_standard_streams();
  bound_allocator();
  set_environment_of_libraries();
  return finish_output(dispatch(argc, argv));
}
