// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds copies of pictures and, on demand, puts the copies aside. Nothing is ever deleted: files
// are moved, go to the trash, or give way to a link to a file with the same bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/engine.h"
#include "imagemill/events.h"
#include "imagemill/image.h"
#include "imagemill/status.h"

namespace imagemill {

// Why a picture is in its group.
enum class DuplicateKind : uint8_t {
  kBest,       // it is the one to keep
  kExact,      // the bytes of the best one, by their hash
  kNear,       // a hash that differs in few bits, and a picture that agrees
  kEmbedding,  // a feature vector that points the same way
};

std::string_view duplicate_kind_name(DuplicateKind kind);  // "best", "exact", "near", "embedding"

struct DuplicatePicture {
  std::string key;
  DuplicateKind kind = DuplicateKind::kBest;
  // kNear: what has to be done with the best one to look like this.
  Orientation turned = Orientation::kNormal;
  int distance = 0;     // kNear: bits of 64
  double cosine = 1;    // kEmbedding
  std::string content;  // hash of the file
  std::string format;   // "jpeg"
  Size size;            // as seen
  uint64_t bytes = 0;
  int64_t mtime_ns = 0;
  double sharpness = 0;
};

// "mirrored", "turned right" ...; "" for kNormal.
std::string_view orientation_words(Orientation orientation);

// "exact", "near, 3 bits, mirrored", "cosine 0.953"; "" for the best one.
std::string duplicate_reason(const DuplicatePicture& picture);

// Pictures that show the same, the best one first, then by key. Each is judged by its own distance
// to the best one: what is only like another copy is in another group.
struct PictureGroup {
  std::vector<DuplicatePicture> pictures;

  const DuplicatePicture& best() const { return pictures.front(); }
  std::span<const DuplicatePicture> copies() const { return std::span(pictures).subspan(1); }
};

struct DuplicateFindings {
  int64_t pictures = 0;              // that were compared
  int64_t blank = 0;                 // of one colour: compared by their bytes alone
  std::vector<PictureGroup> groups;  // by the key of the best one

  int64_t copies() const;
  uint64_t copy_bytes() const;  // what the copies take
};

std::string to_json(const DuplicateFindings& findings);

enum class DuplicateAction : uint8_t {
  kReport,
  kMove,      // to OUT/duplicates, below the names that they had
  kHardlink,  // only exact copies: the name stays and leads to the bytes of the best one
  kSymlink,   // likewise
  kTrash,     // as the desktop does
};

struct DedupeSpec {
  RunSpec run;  // with the job `dedupe`, and `embed` where vectors are compared
  DuplicateAction action = DuplicateAction::kReport;
  bool apply = false;        // false: only say what would be done
  std::string trash_folder;  // of the user, for files on its file system; "": only those of others
};

// What is, or would be, done with one copy.
struct DuplicateStep {
  enum class State : uint8_t {
    kPlanned,  // without `apply`
    kDone,
    kThere,  // links: it shares its bytes with the one that is kept already
    kLeft,   // left alone; `problem` says why
  };
  std::string key;
  std::string from;
  // kMove: where it is then; kTrash: likewise, or which trash when only planned; links: the file
  // that is kept. Absolute.
  std::string to;
  std::string problem;
  State state = State::kPlanned;
};

std::string_view step_state_name(DuplicateStep::State state);  // "planned", "done", "there", "left"

struct DedupeOutcome {
  RunFinished run;
  DuplicateFindings findings;        // none when the run did not come to its end
  std::vector<DuplicateStep> steps;  // those that came before the end, should that be an early one
  std::string journal;  // the file that says what was done; "" when nothing was to be done
};

// The findings with "steps", what became of each copy, "stopped", why not of all, and "journal".
std::string to_json(const DedupeOutcome& outcome);

// Runs, finds, acts. A file is left alone, and the step says why, when it or the picture that is
// kept has changed since it was looked at; one problem does not stop the others. With `apply` every
// step is in OUT/duplicates_journal.jsonl before it is taken, and what a run that was killed had
// begun is undone first. The run's lock is held while files are touched. The listener is told of
// findings and steps before it is told that the run has finished: `run` then says whether the
// actions, too, came to their end. Errors: as of Engine::run; kInvalidArgument for an action that
// needs an output that is a folder and has none.
Result<DedupeOutcome> dedupe(const DedupeSpec& spec, Listener& listener, const CancelToken& cancel);

}  // namespace imagemill
