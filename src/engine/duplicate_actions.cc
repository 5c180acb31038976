// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/duplicate_actions.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <unordered_map>

#include "base/hash.h"
#include "engine/duplicate_journal.h"
#include "engine/item_stages.h"
#include "engine/put_aside.h"
#include "engine/trash_folder.h"

namespace imagemill {
namespace {

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

  DuplicateWork run(const DuplicateFindings& findings, const CancelToken& cancel) {
    auto acted = act_on_all(findings, cancel);
    work_.has_journal = journal_.has_lines();
    if (const auto closed = journal_.close(); acted) acted = closed;
    if (!acted) work_.stopped = acted.error();
    return std::move(work_);
  }

 private:
  // A picture that stays, and what is done away with for it.
  struct KeptPicture {
    const DuplicatePicture* kept = nullptr;
    std::vector<DuplicatePicture> copies;
  };

  // A file to be put aside, read and compared.
  struct Candidate {
    KnownFile file;
    Bytes bytes;
    bool is_linked = false;  // to the one that is kept; there is nothing to do
  };

  Result<> act_on_all(const DuplicateFindings& findings, const CancelToken& cancel) {
    if (findings.groups.empty()) return {};
    std::error_code error;
    output_ = std::filesystem::canonical(places_.output, error).string();
    if (error) return fail(Code::kIoError, "{}: {}", places_.output, error.message());
    if (!makes_links()) find_input_links();
    for (const PictureGroup& group : findings.groups)
      for (const KeptPicture& kept : kept_pictures(group)) IMAGEMILL_TRY(act(kept, cancel));
    return {};
  }

  // The best one; where links are made, one of every content, whatever it looks like.
  std::vector<KeptPicture> kept_pictures(const PictureGroup& group) const {
    std::vector<KeptPicture> out = {{&group.best(), {}}};
    std::unordered_map<std::string_view, size_t> place_of = {{group.best().content, 0}};
    for (const DuplicatePicture& copy : group.copies()) {
      if (!makes_links()) {
        out.front().copies.push_back(copy);
        continue;
      }
      const auto [same, is_new] = place_of.try_emplace(copy.content, out.size());
      if (is_new) {
        out.front().copies.push_back(copy);  // to say why it is left alone
        out.push_back({&copy, {}});
      } else {
        std::vector<DuplicatePicture>& copies = out[same->second].copies;
        copies.push_back(copy);
        copies.back().kind = DuplicateKind::kExact;
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
      if (auto bytes = read_kept(*kept, *group.kept))
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
    work_.steps.push_back({.key = copy.key});
    DuplicateStep& step = work_.steps.back();
    auto planned = plan(copy, kept, step);
    if (planned && planned->is_linked) {
      step.state = DuplicateStep::State::kThere;
      return {};
    }
    if (planned && apply_) planned = prepared(*std::move(planned), copy, kept_bytes, step);
    if (!planned) {
      leave(step, planned.error());
      return {};
    }
    return apply_ ? carry_out(*planned, copy, *kept, step) : Result<>();
  }

  static void leave(DuplicateStep& step, const Status& why) {
    step.problem = why.message();
    step.state = DuplicateStep::State::kLeft;
  }

  Result<> carry_out(const Candidate& candidate, const DuplicatePicture& copy,
                     const KnownFile& kept, DuplicateStep& step) {
    const bool has_aside = action_ != DuplicateAction::kTrash;
    const auto aside = has_aside ? free_name_beside(fs_, step.from) : Result<std::string>("");
    if (!aside) {
      leave(step, aside.error());
      return {};
    }
    const auto announced =
        journal_.announce(copy, {.action = std::string(duplicate_action_name(action_)),
                                 .from = step.from,
                                 .to = step.to,
                                 .kept = kept.path,
                                 .aside = *aside});
    auto taken = announced;
    if (announced) taken = take({candidate.file, kept, *aside}, candidate.bytes, step);
    if (taken) {
      step.state = DuplicateStep::State::kDone;
      return {};
    }
    leave(step, taken.error());
    return announced ? journal_.note_failure(step) : announced;
  }

  bool is_free(const std::string& path) const {
    const auto there = fs_.stat_link(path);
    return !there && there.error().code() == Code::kNotFound;
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

  // Where links are made to it, it is all that will be left: its bytes have to be on the disk.
  Result<Bytes> read_kept(const KnownFile& kept, const DuplicatePicture& picture) const {
    if (makes_links()) IMAGEMILL_TRY(fs_.sync(kept.path));
    return read_unchanged(kept, picture);
  }

  Result<Candidate> plan(const DuplicatePicture& copy, const Result<KnownFile>& kept,
                         DuplicateStep& step) const {
    if (!kept) return std::unexpected(Status(kept.error()).with_context("the one to keep"));
    IMAGEMILL_ASSIGN_OR_RETURN(KnownFile file, known_file(copy));
    step.from = file.path;
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat link, fs_.stat_link(file.path));
    if (is_same_file(file.stat, kept->stat) && makes_links()) {
      step.to = kept->path;
      return Candidate{.file = std::move(file), .bytes = {}, .is_linked = true};
    }
    if (is_same_file(file.stat, kept->stat))
      return fail(Code::kUnsupported, "is {} by another name", kept->path);
    if (link.kind != FileStat::Kind::kFile)
      return fail(Code::kUnsupported, "is a symbolic link; links are left alone");
    if (makes_links() && copy.kind != DuplicateKind::kExact)
      return fail(Code::kUnsupported,
                  "only looks like {}; a link in its place would lose its bytes", kept->path);
    // One file behind two mounts has two device numbers, and what a mount remembers of it (FUSE,
    // NFS) would show it under both names even when a link has taken its place.
    if (makes_links() && file.stat.device != kept->stat.device)
      return fail(Code::kUnsupported,
                  "is on another file system than {}, which could be the same file seen once more; "
                  "links are made within one",
                  kept->path);
    if (const auto leads = input_links_.find(file.path); leads != input_links_.end())
      return fail(Code::kUnsupported, "{} is a link to it and would lead nowhere", leads->second);
    IMAGEMILL_ASSIGN_OR_RETURN(step.to, target_of(copy, file, *kept));
    return Candidate{.file = std::move(file), .bytes = {}};
  }

  // Inputs that are links, by what they lead to.
  void find_input_links() {
    for (const RankedEntry& entry : inputs_.entries) {
      const auto path = inputs_.sources[entry.source]->file_of(entry.listed());
      if (!path) continue;
      const auto stat = fs_.stat_link(*path);
      if (!stat || stat->kind != FileStat::Kind::kSymlink) continue;
      std::error_code error;
      std::string target = std::filesystem::canonical(*path, error).string();
      if (!error) input_links_.emplace(std::move(target), *path);
    }
  }

  Result<std::string> target_of(const DuplicatePicture& copy, const KnownFile& file,
                                const KnownFile& kept) const {
    switch (action_) {
      case DuplicateAction::kMove: {
        const std::string wanted =
            join_path(join_path(output_, "duplicates"), inputs_.path_of(*inputs_.find(copy.key)));
        return is_free(wanted) ? wanted : numbered_path(wanted, [this](const std::string& path) {
          return is_free(path);
        });
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
  Result<Candidate> prepared(Candidate candidate, const DuplicatePicture& copy, ByteSpan kept_bytes,
                             DuplicateStep& step) const {
    const KnownFile& file = candidate.file;
    IMAGEMILL_ASSIGN_OR_RETURN(candidate.bytes, read_unchanged(file, copy));
    if (copy.kind == DuplicateKind::kExact && !std::ranges::equal(candidate.bytes, kept_bytes))
      return fail(Code::kInternal, "{}: has the hash of the one to keep and other bytes",
                  file.path);
    // Reading took its time.
    IMAGEMILL_ASSIGN_OR_RETURN(const FileStat now, fs_.stat_link(file.path));
    if (!is_unchanged(now, file.stat) || now.ctime_ns != file.stat.ctime_ns)
      return changed(file.path);
    if (action_ == DuplicateAction::kTrash) {
      IMAGEMILL_ASSIGN_OR_RETURN(step.to, trash_.free_name_for(file.path));
    }
    return candidate;
  }

  Result<> take(const Departure& departure, ByteSpan bytes, const DuplicateStep& step) {
    const std::string& kept = departure.kept.path;
    switch (action_) {
      case DuplicateAction::kMove:
        return move(departure, bytes, step.to);
      case DuplicateAction::kTrash:
        return put_into_trash(departure, step.to);
      case DuplicateAction::kHardlink:
        return replace_by_link(fs_, departure, bytes,
                               [&](const std::string& link) { return fs_.hard_link(kept, link); });
      case DuplicateAction::kSymlink:
        return replace_by_link(fs_, departure, bytes, [&](const std::string& link) {
          return fs_.symbolic_link(kept, link);
        });
      case DuplicateAction::kReport:
        break;
    }
    return {};
  }

  Result<> move(const Departure& departure, ByteSpan bytes, const std::string& to) {
    IMAGEMILL_TRY(fs_.create_folders(std::string(parent_path(to))));
    IMAGEMILL_ASSIGN_OR_RETURN(const bool is_moved, rename_away(fs_, departure, to));
    return is_moved ? Result<>() : copy_away(fs_, departure, bytes, to, output_);
  }

  Result<> put_into_trash(const Departure& departure, const std::string& to) {
    IMAGEMILL_TRY(trash_.describe(departure.file.path, to));
    const auto is_moved = rename_away(fs_, departure, to);
    if (is_moved && *is_moved) return {};
    if (is_free(to)) trash_.forget(to);
    if (!is_moved) return std::unexpected(is_moved.error());
    return fail(Code::kUnsupported, "{}: on another file system than its trash",
                departure.file.path);
  }

  const DuplicateAction action_;
  const bool apply_;
  const RunInputs& inputs_;
  const DuplicatePlaces& places_;
  FileSystem& fs_;
  const TrashFolder trash_;
  DuplicateJournal journal_;
  std::string output_;                              // absolute
  std::map<std::string, std::string> input_links_;  // target -> link
  DuplicateWork work_;
};

}  // namespace

DuplicateWork act_on_duplicates(const DuplicateFindings& findings, DuplicateAction action,
                                bool apply, const RunInputs& inputs, const DuplicatePlaces& places,
                                FileSystem& fs, const CancelToken& cancel) {
  return DuplicateActions(action, apply, inputs, places, fs).run(findings, cancel);
}

}  // namespace imagemill
