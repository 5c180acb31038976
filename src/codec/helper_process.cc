// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace imagemill {
namespace {

// The child's end of the socket, after standard input, output and error.
constexpr int kChildSocket = 3;
constexpr double kWallFactor = 3;
constexpr double kCancelMilliseconds = 100;

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Numbers below 10 are what the child's descriptors become: ours must not be among them, or one
// dup2 in the child would overwrite what the next one copies.
Result<FileDescriptor> out_of_the_way(int fd) {
  FileDescriptor low(fd);
  FileDescriptor high(::fcntl(fd, F_DUPFD_CLOEXEC, 10));
  if (!high.is_open()) return fail(Code::kIoError, "fcntl: {}", std::strerror(errno));
  return high;
}

struct Pair {
  FileDescriptor ours;
  FileDescriptor theirs;
};

Result<Pair> make_pair_of(int made, const std::array<int, 2>& fds, std::string_view what) {
  if (made != 0) return fail(Code::kIoError, "no {}: {}", what, std::strerror(errno));
  auto ours = out_of_the_way(fds[0]);
  auto theirs = out_of_the_way(fds[1]);
  if (!ours) return std::unexpected(ours.error());
  if (!theirs) return std::unexpected(theirs.error());
  return Pair{std::move(*ours), std::move(*theirs)};
}

// posix_spawn's two argument objects, released on every way out.
class SpawnPlan {
 public:
  SpawnPlan() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
};

// Ctrl-C goes to the whole process group of a terminal; the child must finish the items that the
// engine drains. Blocked signals stay blocked across exec.
void block_terminal_signals(SpawnPlan& plan) {
  sigset_t blocked, defaults;
  sigemptyset(&blocked);
  for (const int s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&blocked, s);
  sigfillset(&defaults);
  posix_spawnattr_setsigmask(&plan.attributes, &blocked);
  posix_spawnattr_setsigdefault(&plan.attributes, &defaults);
  posix_spawnattr_setflags(&plan.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

std::string signal_name(int number) {
  const char* abbreviation = ::sigabbrev_np(number);
  return abbreviation != nullptr ? std::string("SIG") + abbreviation
                                 : fmt::format("signal {}", number);
}

}  // namespace

HelperProcess::HelperProcess(pid_t pid, const HelperCommand& command, FileDescriptor socket,
                             FileDescriptor errors)
    : pid_(pid),
      family_(command.family),
      regions_(std::make_shared<SharedRegions>(command.idle_shared_bytes)),
      socket_(std::move(socket)),
      errors_(std::move(errors)),
      cancel_(command.cancel) {}

Result<std::unique_ptr<HelperProcess>> HelperProcess::spawn(const HelperCommand& command) {
  std::array<int, 2> fds{-1, -1};
  const int paired = ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data());
  IMAGEMILL_ASSIGN_OR_RETURN(Pair socket, make_pair_of(paired, fds, "socket pair"));
  // Neither end waits: a child that complains without end must not be stopped by a full pipe.
  const int piped = ::pipe2(fds.data(), O_CLOEXEC | O_NONBLOCK);
  IMAGEMILL_ASSIGN_OR_RETURN(Pair errors, make_pair_of(piped, fds, "pipe"));

  SpawnPlan plan;
  posix_spawn_file_actions_addopen(&plan.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&plan.actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&plan.actions, errors.theirs.get(), 2);
  posix_spawn_file_actions_adddup2(&plan.actions, socket.theirs.get(), kChildSocket);
  block_terminal_signals(plan);

  std::vector<std::string> arguments = {command.binary,
                                        "--family",
                                        command.family,
                                        "--memory",
                                        std::to_string(command.memory_limit_bytes),
                                        "--parent",
                                        std::to_string(::getpid())};
  std::vector<std::string> environment = command.environment;
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, command.binary.c_str(), &plan.actions, &plan.attributes,
                                  pointers(arguments).data(), pointers(environment).data());
  if (error != 0)
    return fail(error == ENOENT || error == EACCES ? Code::kNotFound : Code::kIoError,
                "cannot start the codec helper {}: {}", command.binary, std::strerror(error));
  return std::unique_ptr<HelperProcess>(
      new HelperProcess(pid, command, std::move(socket.ours), std::move(errors.ours)));
}

HelperProcess::~HelperProcess() { end(); }

int HelperProcess::end() {
  if (pid_ <= 0) return -1;
  ::kill(pid_, SIGKILL);  // no effect on one that has ended: its own status stays
  int status = -1;
  pid_t waited;
  do {
    waited = ::waitpid(pid_, &status, 0);
  } while (waited < 0 && errno == EINTR);
  pid_ = -1;
  return waited < 0 ? -1 : status;  // < 0: the program ignores SIGCHLD, or waited for us
}

double HelperProcess::processor_seconds() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void HelperProcess::start_clock(double seconds) {
  limit_seconds_ = seconds;
  started_processor_ = processor_seconds();
  started_wall_ = wall_seconds();
}

std::optional<int> HelperProcess::patience() const {
  const double processor = limit_seconds_ - (processor_seconds() - started_processor_);
  const double wall = kWallFactor * limit_seconds_ - (wall_seconds() - started_wall_);
  const double left = std::min(processor, wall);
  if (left <= 0 || is_cancelled()) return std::nullopt;
  // A signal handler can set the token, but not wake who waits.
  const double longest = cancel_ != nullptr ? kCancelMilliseconds : 60'000.0;
  return static_cast<int>(std::min(std::ceil(left * 1000), longest));
}

Result<> HelperProcess::send(MessageKind kind, ByteSpan body, const FileDescriptor* fd) {
  return send_message(socket_.get(), kind, body, fd, [this] { return patience(); });
}

Result<Message> HelperProcess::receive(uint64_t max_body_bytes) {
  return receive_message(socket_.get(), max_body_bytes, false, [this] { return patience(); });
}

std::string HelperProcess::last_words() const {
  std::string text;
  std::array<char, 4096> chunk;
  for (ssize_t n; (n = ::read(errors_.get(), chunk.data(), chunk.size())) > 0;)
    text = text.substr(text.size() > 2048 ? text.size() - 2048 : 0)
               .append(chunk.data(), static_cast<size_t>(n));
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  text = text.substr(text.rfind('\n') + 1);
  std::ranges::replace_if(text, [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.substr(0, 200);
}

Status HelperProcess::bury(std::string_view what, const Status& complaint) {
  const int status = end();
  if (is_cancelled()) return {Code::kCancelled, fmt::format("{}: stopped on request", what)};
  const std::string words = last_words();
  const std::string tail = words.empty() ? "" : ": " + words;
  if (complaint.code() == Code::kResourceExhausted)
    return {Code::kResourceExhausted,
            fmt::format("{}: took longer than the limit of {} s (--limit-seconds){}", what,
                        limit_seconds_, tail)};
  if (complaint.code() != Code::kNotFound)
    return {Code::kCorruptInput, fmt::format("{}: the codec helper gave a senseless answer ({}){}",
                                             what, complaint.message(), tail)};
  if (status >= 0 && WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    if (number == SIGKILL)
      return {
          Code::kResourceExhausted,
          fmt::format("{}: the codec helper was killed (SIGKILL), perhaps the system ran out of "
                      "memory{}",
                      what, tail)};
    return {Code::kCorruptInput,
            fmt::format("{}: the codec helper crashed ({}){}", what, signal_name(number), tail)};
  }
  return {Code::kCorruptInput, fmt::format("{}: the codec helper ended (exit status {}){}", what,
                                           status >= 0 ? WEXITSTATUS(status) : -1, tail)};
}

uint64_t HelperProcess::resident_bytes() const {
  std::FILE* file = std::fopen(fmt::format("/proc/{}/statm", pid_).c_str(), "re");
  if (file == nullptr) return 0;
  unsigned long long total = 0, resident = 0, shared = 0;
  const int fields = std::fscanf(file, "%llu %llu %llu", &total, &resident, &shared);
  std::fclose(file);
  return fields == 3 ? resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace imagemill
