// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/helper_processes.h"

#include <algorithm>
#include <chrono>

namespace imagemill {
namespace {

// Loading the libraries of a family, from a cold disk.
constexpr double kStartSeconds = 20;
constexpr uint64_t kMaxHelloBytes = 4096;
constexpr int kCallsBetweenLooks = 16;

}  // namespace

SpawnThread::SpawnThread() : thread_([this] { run(); }) {}

SpawnThread::~SpawnThread() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

Result<std::unique_ptr<HelperProcess>> SpawnThread::spawn(HelperCommand command) {
  Task task([command = std::move(command)] { return HelperProcess::spawn(command); });
  auto spawned = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return spawned.get();
}

void SpawnThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_closing_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

Result<HelperProcesses::Lease> HelperProcesses::acquire(std::string_view family,
                                                        std::string_view what) {
  std::unique_ptr<HelperProcess> found;
  Lane& lane = lane_of(family);
  {
    std::unique_lock lock(mutex_);
    // The timeout is for cancellation requested from a signal handler, which cannot notify.
    while (!freed_.wait_for(lock, std::chrono::milliseconds(100),
                            [&lane] { return lane.busy < lane.busy_max; }))
      if (options_.cancel != nullptr && options_.cancel->is_requested())
        return fail(Code::kCancelled, "{}: stopped on request", what);
    ++lane.busy;
    // The one that worked last: its memory is warm.
    const auto same = std::ranges::find(idle_.rbegin(), idle_.rend(), family,
                                        [](const auto& process) { return process->family(); });
    if (same != idle_.rend()) {
      found = std::move(*same);
      idle_.erase(std::next(same).base());
    }
  }
  if (!found) {
    auto started = start(family, what);
    if (!started) {
      {
        const std::lock_guard lock(mutex_);
        --lane.busy;
      }
      freed_.notify_all();
      return std::unexpected(std::move(started).error());
    }
    found = std::move(*started);
  }
  return Lease(*this, std::move(found));
}

Result<std::unique_ptr<HelperProcess>> HelperProcesses::start(std::string_view family,
                                                              std::string_view what) {
  const bool is_builtin = family == kBuiltinFamily;
  HelperCommand command{.binary = options_.binary,
                        .family = std::string(family),
                        .memory_limit_bytes = is_builtin ? options_.builtin_memory_limit_bytes
                                                         : options_.memory_limit_bytes,
                        .idle_shared_bytes = is_builtin ? options_.max_idle_shared_bytes : 0,
                        .environment = options_.environment,
                        .cancel = options_.cancel};
  IMAGEMILL_ASSIGN_OR_RETURN(auto process, spawner_.spawn(std::move(command)));
  process->start_clock(kStartSeconds);
  auto message = process->receive(kMaxHelloBytes);
  if (!message) return std::unexpected(process->bury(what, message.error()));
  if (message->kind == MessageKind::kFailed) {
    IMAGEMILL_ASSIGN_OR_RETURN(Status reason, status_from_wire(message->body));
    return std::unexpected(std::move(reason).with_context(what));
  }
  auto hello = hello_from_wire(message->body);
  if (message->kind != MessageKind::kHello || !hello)
    return std::unexpected(process->bury(
        what, hello ? Status(Code::kCorruptInput, "no hello") : std::move(hello).error()));
  if (!hello->confinement_gap.empty()) {
    const std::lock_guard lock(mutex_);
    if (!note_)
      note_ = fmt::format("codec helpers run without full confinement: {}", hello->confinement_gap);
  }
  return process;
}

void HelperProcesses::give_back(std::unique_ptr<HelperProcess> process, bool is_good) {
  ++process->calls;
  const bool is_builtin = process->family() == kBuiltinFamily;
  const int calls_max =
      is_builtin ? options_.calls_per_builtin_process : options_.calls_per_process;
  // Asking costs as much as reading a header.
  const bool is_looked_at = !is_builtin || process->calls % kCallsBetweenLooks == 0;
  const bool is_reusable =
      is_good && process->calls < calls_max &&
      (!is_looked_at || process->resident_bytes() <= options_.max_idle_resident_bytes);
  const size_t idle_max =
      static_cast<size_t>(options_.max_idle_processes + options_.max_builtin_processes);
  Lane& lane = lane_of(process->family());
  std::unique_ptr<HelperProcess> surplus;
  if (!is_reusable) process.reset();  // outside the lock: it waits for the child to end
  {
    const std::lock_guard lock(mutex_);
    --lane.busy;
    if (process) idle_.push_back(std::move(process));
    if (idle_.size() > idle_max) {
      surplus = std::move(idle_.front());
      idle_.erase(idle_.begin());
    }
  }
  freed_.notify_all();  // those of either lane may be waiting
}

std::optional<std::string> HelperProcesses::take_note() {
  const std::lock_guard lock(mutex_);
  if (!note_ || note_taken_) return std::nullopt;
  note_taken_ = true;
  return note_;
}

}  // namespace imagemill
