// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/interrupted_step.h"

#include <filesystem>

#include "engine/duplicate_journal.h"
#include "engine/put_aside.h"
#include "engine/trash_folder.h"

namespace imagemill {
namespace {

class InterruptedStep {
 public:
  InterruptedStep(FileSystem& fs, AnnouncedStep step) : fs_(fs), step_(std::move(step)) {}

  Result<std::string> undo() {
    if (step_.action == "trash") return forget_description();
    if (!is_private(step_.aside) || parent_path(step_.aside) != parent_path(step_.from)) return "";
    if (step_.action == "move") {
      IMAGEMILL_TRY(remove_partial_copy());
    } else {
      IMAGEMILL_TRY(restore(second_name(step_.aside)));
    }
    IMAGEMILL_TRY(restore(step_.aside));
    return left_;
  }

 private:
  static bool is_private(const std::string& path) {
    return file_name(path).starts_with(kPrivatePrefix);
  }

  bool exists(const std::string& path) { return fs_.stat_link(path).has_value(); }

  // It is the link of that step: the bytes are those of the kept file, under its name.
  bool is_link(const std::string& path) {
    if (step_.action == "symlink") {
      std::error_code error;
      return std::filesystem::read_symlink(path, error) == step_.kept && !error;
    }
    if (step_.action != "hardlink") return false;
    const auto link = fs_.stat_link(path), kept = fs_.stat_link(step_.kept);
    return link && kept && is_same_file(*link, *kept);
  }

  Result<> restore(const std::string& name) {
    if (!exists(name)) return {};
    if (is_link(name)) return fs_.remove(name);
    // Either way the file is put back, not what it made way for: the next run looks at it anew.
    if (is_link(step_.from)) IMAGEMILL_TRY(fs_.remove(step_.from));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_back, fs_.rename_if_free(name, step_.from));
    if (!is_back)
      left_ =
          fmt::format("{}: what a run that was interrupted put aside; {} is another file by now",
                      name, step_.from);
    return {};
  }

  // Beside its target, in another folder than the file.
  Result<> remove_partial_copy() {
    if (parent_path(step_.to) == parent_path(step_.from)) return {};
    const std::string partial = join_path(parent_path(step_.to), file_name(step_.aside));
    return exists(partial) ? fs_.remove(partial) : Result<>();
  }

  // A description in the trash of a file that did not come there.
  Result<std::string> forget_description() {
    if (exists(step_.to) || !exists(step_.from)) return "";
    const std::string info = TrashFolder::info_path(step_.to);
    if (exists(info)) IMAGEMILL_TRY(fs_.remove(info));
    return "";
  }

  FileSystem& fs_;
  const AnnouncedStep step_;
  std::string left_;
};

}  // namespace

Result<std::string> undo_interrupted_step(FileSystem& fs, const std::string& journal) {
  IMAGEMILL_ASSIGN_OR_RETURN(auto step, DuplicateJournal::last_step(fs, journal));
  if (!step) return "";
  return InterruptedStep(fs, *std::move(step)).undo();
}

}  // namespace imagemill
