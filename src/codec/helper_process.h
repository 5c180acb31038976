// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/helper_protocol.h"
#include "codec/shared_regions.h"

namespace imagemill {

struct HelperCommand {
  std::string binary;
  std::string family;  // which libraries it loads
  uint64_t memory_limit_bytes = 0;
  uint64_t idle_shared_bytes = 0;        // see SharedRegions
  std::vector<std::string> environment;  // NAME=value, the whole of it
  const CancelToken* cancel = nullptr;   // ends every wait
};

// One child process. Used by one thread at a time. Destroying it kills the child.
class HelperProcess {
 public:
  // Returns when the child runs, not when it is ready: the first message is its hello.
  // Errors: kNotFound no such binary, kIoError.
  static Result<std::unique_ptr<HelperProcess>> spawn(const HelperCommand& command);
  HelperProcess(const HelperProcess&) = delete;
  HelperProcess& operator=(const HelperProcess&) = delete;
  ~HelperProcess();

  // From here on, send() and receive() give up when the child has used `seconds` of processor time,
  // or of the wall clock three times as much: a machine with more work than cores must not fail
  // items that a quiet one would finish, and a child that sleeps must not sleep for ever. They give
  // up, too, soon after the command's token was requested.
  void start_clock(double seconds);

  Result<> send(MessageKind kind, ByteSpan body, const FileDescriptor* fd = nullptr);
  Result<Message> receive(uint64_t max_body_bytes);

  // After send() or receive() failed, or after a reply that made no sense (`complaint`): ends the
  // child and says what happened, in words for the item's owner: "HEIC: the decoder crashed
  // (SIGSEGV)".
  Status bury(std::string_view what, const Status& complaint);

  const std::string& family() const { return family_; }
  // The memory that this process is handed, and no other.
  SharedRegions& regions() { return *regions_; }
  // As the system counts it, not as the child says. 0 when that cannot be told.
  uint64_t resident_bytes() const;

  int calls = 0;  // served so far

 private:
  HelperProcess(pid_t pid, const HelperCommand& command, FileDescriptor socket,
                FileDescriptor errors);

  std::optional<int> patience() const;
  bool is_cancelled() const { return cancel_ != nullptr && cancel_->is_requested(); }
  double processor_seconds() const;
  int end();  // kills, waits; the wait status, -1 unknown
  std::string last_words() const;

  pid_t pid_;
  std::string family_;
  std::shared_ptr<SharedRegions> regions_;
  FileDescriptor socket_;
  FileDescriptor errors_;  // what the child writes to its standard error
  const CancelToken* cancel_;
  double limit_seconds_ = 0;
  double started_processor_ = 0;
  double started_wall_ = 0;
};

}  // namespace imagemill
