// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_actions.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/hash.h"
#include "engine/duplicate_journal.h"
#include "engine/item_stages.h"
#include "engine/trash_folder.h"

namespace imagemill {
namespace {

// A file that was looked at, found again.
struct KnownFile {
  std::string path;
  FileStat stat;
};

bool is_same_file(const FileStat& a, const FileStat& b) {
  return a.device == b.device && a.inode == b.inode;
}

bool is_unchanged(const FileStat& a, const FileStat& b) {
  return is_same_file(a, b) && a.bytes == b.bytes && a.mtime_ns == b.mtime_ns;
}

std::unexpected<Status> changed(const std::string& path) {
  return fail(Code::kInvalidArgument, "{}: has changed since it was looked at", path);
}

// Without links and "..": what is moved later must be found by it.
Result<std::string> real_path(const std::string& path) {
  std::error_code error;
  const std::string folder =
      std::filesystem::canonical(std::filesystem::absolute(path).parent_path(), error).string();
  if (error) return fail(Code::kIoError, "{}: {}", path, error.message());
  return join_path(folder, file_name(path));
}

class DuplicateActions {
 public:
  DuplicateActions(DuplicateAction action, bool apply, const RunInputs& inputs,
                   const DuplicatePlaces& places, FileSystem& fs)
      : action_(action),
        apply_(apply),
        inputs_(inputs),
        places_(places),
        fs_(fs),
        trash_(fs, places.trash_folder),
        journal_(fs, places.journal) {}

  Result<std::vector<DuplicateStep>> run(const DuplicateFindings& findings,
                                         const CancelToken& cancel) {
    for (const PictureGroup& group : findings.groups)
      for (const KeptPicture& kept : kept_pictures(group)) IMAGEMILL_TRY(act(kept, cancel));
    IMAGEMILL_TRY(journal_.close());
    return std::move(steps_);
  }

 private:
  // A picture that stays, and what is done away with for it.
  struct KeptPicture {
    const DuplicatePicture* kept = nullptr;
    std::vector<DuplicatePicture> copies;
  };

  // The best one; where links are made, one of every content, whatever it looks like.
  std::vector<KeptPicture> kept_pictures(const PictureGroup& group) const {
    std::vector<KeptPicture> out = {{&group.best(), {}}};
    for (const DuplicatePicture& copy : group.copies()) {
      if (!makes_links()) {
        out.front().copies.push_back(copy);
        continue;
      }
      const auto same = std::ranges::find_if(
          out, [&](const KeptPicture& other) { return other.kept->content == copy.content; });
      if (same == out.end()) {
        out.front().copies.push_back(copy);  // to say why it is left alone
        out.push_back({&copy, {}});
      } else {
        same->copies.push_back(copy);
        same->copies.back().kind = DuplicateKind::kExact;
      }
    }
    return out;
  }

  bool makes_links() const {
    return action_ == DuplicateAction::kHardlink || action_ == DuplicateAction::kSymlink;
  }

  Result<> act(const KeptPicture& group, const CancelToken& cancel) {
    if (group.copies.empty()) return {};
    auto kept = known_file(*group.kept);
    if (kept) kept = followed(*kept);
    Bytes kept_bytes;
    if (kept && apply_) {
      if (auto bytes = read_unchanged(*kept, *group.kept))
        kept_bytes = *std::move(bytes);
      else
        kept = std::unexpected(bytes.error());
    }
    for (const DuplicatePicture& copy : group.copies) {
      if (cancel.is_requested()) return fail(Code::kCancelled, "dedupe: cancelled");
      IMAGEMILL_TRY(add_step(copy, kept, kept_bytes));
    }
    return {};
  }

  // Errors of the journal only: nothing is done that it does not tell of.
  Result<> add_step(const DuplicatePicture& copy, const Result<KnownFile>& kept,
                    ByteSpan kept_bytes) {
    DuplicateStep step{.key = copy.key};
    auto planned = plan(copy, kept, step);
    if (planned && apply_) planned = check_bytes(*planned, copy, kept_bytes);
    if (!planned) {
      step.problem = planned.error().message();
    } else if (apply_) {
      IMAGEMILL_TRY(journal_.announce(action_, copy, step, kept->path));
      const auto done = take(*planned, *kept, step);
      step.is_done = done.has_value();
      if (!done) {
        step.problem = done.error().message();
        IMAGEMILL_TRY(journal_.note_failure(step));
      }
    }
    steps_.push_back(std::move(step));
    return {};
  }

  // The file of a picture, where size and time are those of the run.
  Result<KnownFile> known_file(const DuplicatePicture& picture) const {
    const RankedEntry* const entry = inputs_.find(picture.key);
    if (entry == nullptr) return fail(Code::kNotFound, "{}: is no input any more", picture.key);
    const auto path = inputs_.sources[entry->source]->file_of(entry->listed());
    if (!path) return fail(Code::kUnsupported, "{}: lies in an archive", picture.key);
    IMAGEMILL_ASSIGN_OR_RETURN(const std::string real, real_path(*path));
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat stat, fs_.stat(real));
    if (stat.kind != FileStat::Kind::kFile || stat.bytes != picture.bytes ||
        stat.mtime_ns != picture.mtime_ns)
      return changed(real);
    return KnownFile{real, stat};
  }

  // What a link is made to is the file itself, whatever links lead to it.
  static Result<KnownFile> followed(KnownFile file) {
    std::error_code error;
    std::string target = std::filesystem::canonical(file.path, error).string();
    if (error) return fail(Code::kIoError, "{}: {}", file.path, error.message());
    file.path = std::move(target);
    return file;
  }

  Result<Bytes> read_unchanged(const KnownFile& file, const DuplicatePicture& picture) const {
    IMAGEMILL_ASSIGN_OR_RETURN(Bytes bytes, fs_.read(file.path, places_.file_bytes_max));
    if (hash_content(bytes).hex() != picture.content) return changed(file.path);
    return bytes;
  }

  Result<KnownFile> plan(const DuplicatePicture& copy, const Result<KnownFile>& kept,
                         DuplicateStep& step) const {
    if (!kept) return std::unexpected(Status(kept.error()).with_context("the one to keep"));
    IMAGEMILL_ASSIGN_OR_RETURN(KnownFile file, known_file(copy));
    step.from = file.path;
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat link, fs_.stat_link(file.path));
    if (is_same_file(file.stat, kept->stat))
      return fail(Code::kUnsupported, "is {} by another name", kept->path);
    if (link.kind != FileStat::Kind::kFile)
      return fail(Code::kUnsupported, "is a symbolic link; links are left alone");
    if (makes_links() && copy.kind != DuplicateKind::kExact)
      return fail(Code::kUnsupported,
                  "only looks like {}; a link in its place would lose its bytes", kept->path);
    IMAGEMILL_ASSIGN_OR_RETURN(step.to, target_of(copy, file, *kept));
    return file;
  }

  Result<std::string> target_of(const DuplicatePicture& copy, const KnownFile& file,
                                const KnownFile& kept) const {
    switch (action_) {
      case DuplicateAction::kMove: {
        const auto is_free = [this](const std::string& path) { return !fs_.stat_link(path); };
        const std::string wanted = join_path(join_path(places_.output, "duplicates"),
                                             inputs_.path_of(*inputs_.find(copy.key)));
        return is_free(wanted) ? wanted : numbered_path(wanted, is_free);
      }
      case DuplicateAction::kTrash:
        return trash_.folder_for(file.path);
      case DuplicateAction::kHardlink:
        if (file.stat.device != kept.stat.device)
          return fail(Code::kUnsupported, "is on another file system than {}", kept.path);
        return kept.path;
      case DuplicateAction::kSymlink:
      case DuplicateAction::kReport:
        break;
    }
    return kept.path;
  }

  // That it is what it was; an exact copy, byte by byte, what is kept.
  Result<KnownFile> check_bytes(const KnownFile& file, const DuplicatePicture& copy,
                                ByteSpan kept_bytes) const {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, read_unchanged(file, copy));
    if (copy.kind == DuplicateKind::kExact && !std::ranges::equal(bytes, kept_bytes))
      return fail(Code::kInternal, "{}: has the hash of the one to keep and other bytes",
                  file.path);
    return file;
  }

  Result<> take(const KnownFile& file, const KnownFile& kept, DuplicateStep& step) {
    // Reading took its time.
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat now, fs_.stat_link(file.path));
    if (!is_unchanged(now, file.stat)) return changed(file.path);
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat kept_now, fs_.stat(kept.path));
    if (!is_unchanged(kept_now, kept.stat)) return changed(kept.path);
    switch (action_) {
      case DuplicateAction::kMove:
        return move(file, step.to);
      case DuplicateAction::kTrash: {
        IMAGEMILL_ASSIGN_OR_RETURN(step.to, trash_.put(file.path));
        return {};
      }
      case DuplicateAction::kHardlink:
        return replace(file,
                       [&](const std::string& link) { return fs_.hard_link(kept.path, link); });
      case DuplicateAction::kSymlink:
        return replace(file,
                       [&](const std::string& link) { return fs_.symbolic_link(kept.path, link); });
      case DuplicateAction::kReport:
        break;
    }
    return {};
  }

  Result<> move(const KnownFile& file, const std::string& to) {
    const std::string folder(parent_path(to));
    IMAGEMILL_TRY(fs_.create_folders(folder));
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat there, fs_.stat(folder));
    std::string from = file.path;
    if (there.device != file.stat.device) {
      IMAGEMILL_ASSIGN_OR_RETURN(from, copy_to(file, to + ".imagemill-partial"));
    }
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_moved, fs_.rename_if_free(from, to));
    if (!is_moved) return fail(Code::kIoError, "{}: exists meanwhile", to);
    // The bytes are durable under their new name.
    return from == file.path ? Result<>() : fs_.remove(file.path);
  }

  // To another file system, with its time.
  Result<std::string> copy_to(const KnownFile& file, const std::string& path) {
    IMAGEMILL_ASSIGN_OR_RETURN(const Bytes bytes, fs_.read(file.path, places_.file_bytes_max));
    IMAGEMILL_TRY(write_file_atomically(fs_, path, bytes));
    std::error_code ignored;
    const auto time = std::filesystem::last_write_time(file.path, ignored);
    if (!ignored) std::filesystem::last_write_time(path, time, ignored);
    return path;
  }

  // The name leads to the old bytes or to the new link, at any moment.
  template <typename MakeLink>
  Result<> replace(const KnownFile& file, const MakeLink& make_link) {
    const std::string link =
        join_path(parent_path(file.path), fmt::format(".imagemill-link-{}-{}", getpid(), ++links_));
    IMAGEMILL_TRY(make_link(link));
    const auto renamed = fs_.rename(link, file.path);
    if (!renamed) (void)fs_.remove(link);
    return renamed;
  }

  const DuplicateAction action_;
  const bool apply_;
  const RunInputs& inputs_;
  const DuplicatePlaces& places_;
  FileSystem& fs_;
  const TrashFolder trash_;
  DuplicateJournal journal_;
  int links_ = 0;
  std::vector<DuplicateStep> steps_;
};

}  // namespace

Result<std::vector<DuplicateStep>> act_on_duplicates(const DuplicateFindings& findings,
                                                     DuplicateAction action, bool apply,
                                                     const RunInputs& inputs,
                                                     const DuplicatePlaces& places, FileSystem& fs,
                                                     const CancelToken& cancel) {
  return DuplicateActions(action, apply, inputs, places, fs).run(findings, cancel);
}

}  // namespace imagemill
