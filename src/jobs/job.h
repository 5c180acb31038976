// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// A job is one file in this folder and one line in registry.cc. It declares what it wants to see of
// a picture and which rows it writes; the engine reads, decodes once for all jobs, makes the views
// and stores what comes out.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "imagemill/cancel.h"
#include "imagemill/job.h"
#include "infer/batcher.h"
#include "jobs/item.h"
#include "jobs/view.h"

namespace imagemill {

// What a job may use while it works on one item. Valid until process() has returned, or what it
// passed to when_answered() has.
class ItemContext {
 public:
  // Goes on with what a network says of a picture.
  using Continuation = std::function<Result<>(const BatchRow& row)>;

  virtual ~ItemContext() = default;

  virtual const Item& item() const = 0;
  // Of the picture that the job looks at: the file's, or the one of Job::picture_of().
  virtual const ImageHeader& header() const = 0;

  // One of the views the job declared for this header.
  virtual Result<Image> view(const ViewRequest& request) = 0;

  // The same into memory of the job's own; see make_view_into(). Not shared with other jobs.
  virtual Result<> view_into(const ViewRequest& request, Image& out) = 0;

  // A view that only process() could know of (a face, a tile), no more demanding than those of
  // Job::late_views(). Costs a second decode of the file, once for as many as it serves, where no
  // picture that is there is large enough.
  virtual Result<Image> late_view(const ViewRequest& request) = 0;

  // Hands the picture of Job::picture() over to the jobs that look at it.
  virtual Result<> emit_picture(Image image) = 0;

  // Bytes of one of item().captions.
  virtual Result<Bytes> read_caption(const SourceEntry& caption) = 0;

  // The path of this item's output: below `folder` (of the output, "" for its root), named as the
  // run names files, with the extension of `format`. Unique within a folder.
  virtual std::string output_path(std::string_view folder, FileFormat format) = 0;

  // Stores a file. kCancelled with a message when the run's conflict rule says to leave what is
  // there: the job returns it, the item counts as skipped.
  virtual Result<> emit_file(const std::string& path, ByteSpan bytes) = 0;

  // Stores a row of the job's own table; one value a column.
  virtual void emit_row(std::vector<Value> values, std::string sub = {}) = 0;

  virtual void warn(std::string text) = 0;

  // Another job's first row of this item, when this job declared needs_rows_of() it. Null when that
  // job wrote none.
  virtual const Row* row_of(std::string_view job) const = 0;

  virtual const DecodeLimits& limits() const = 0;

  // This job asks for no more views: what no later one wants is let go of while it goes on.
  virtual void release_pictures() = 0;

  // Hands a filled slot over to its network. process() returns what this does, and the job goes on
  // in `then`, on any thread, once the batch has run; `then` may do the same again. It is not
  // called where the network fails on the picture: the item fails with the network's words.
  virtual Result<> when_answered(BatchSlot slot, Continuation then) = 0;

  // What process() returns when not the item is at fault but nothing can go on: a model that cannot
  // be run.
  virtual std::unexpected<Status> end_run(Status status) = 0;
};

// What a job may use after the last item.
class FinishContext {
 public:
  virtual ~FinishContext() = default;
  virtual RunStore& store() = 0;
  // False for archives.
  virtual bool can_read_outputs() const = 0;
  // Bytes of a file that this run published; kNotFound when the sink gives no files back.
  virtual Result<Bytes> read_output(const std::string& path) = 0;
  // Stores a file that belongs to no single item; a later try of the run makes it anew. What is in
  // the way and not this run's own is dealt with as the run's conflict rule says.
  virtual Result<> write_output(const std::string& path, ByteSpan bytes) = 0;
  // The same for what is too large for memory: `make` writes the file that it is told.
  virtual Result<> write_output(const std::string& path,
                                const std::function<Result<>(const std::string& file)>& make) = 0;
  // Takes away what an earlier try of the run stored so, where it did; other files stay.
  virtual Result<> remove_output(const std::string& path) = 0;
  virtual void warn(std::string text) = 0;
  // Whether the picture of an item in the store is among the run's inputs now: others were there at
  // an earlier try. What is made of all items leaves them out. May be asked while the store is
  // read.
  virtual bool is_input(std::string_view key) const = 0;
  // The file that an input is, as the run was given it; "": it lies in an archive, or is not known.
  virtual std::string file_of(std::string_view key) const = 0;
  // An input as a JPEG of at most `side` pixels, upright, for people. It is read and decoded again:
  // kUnsupported where a source cannot do that (a compressed tar).
  virtual Result<Bytes> preview_of(std::string_view key, int side) = 0;
  // Whoever goes through all rows asks on the way: finish() may take minutes.
  virtual const CancelToken& cancel() const = 0;
  // kCancelled once the run is to end.
  Result<> check_cancelled() const {
    if (!cancel().is_requested()) return {};
    return fail(Code::kCancelled, "stopped before its files were written");
  }
};

// A file that a job writes of an item: as for ItemContext::output_path().
struct NamedOutput {
  std::string folder;  // "": the output's root
  FileFormat format = FileFormat::kUnknown;
};

// Const methods are called from many threads at once.
class Job {
 public:
  virtual ~Job() = default;
  virtual const JobInfo& info() const = 0;

  virtual std::optional<TableSchema> table() const { return std::nullopt; }

  // Of the network that it runs, as content_hash() has it; "": it runs none. A run is gone on with
  // by the same network only.
  virtual std::string model_hash() const { return {}; }

  // Names all that the rows of an item depend on beside its file and how that is decoded, first of
  // all a number that changes whenever the job's own results do. Rows are kept from run to run
  // under it. nullopt: they are not, or it is not known yet. Of jobs that write files, look at the
  // picture or rows of another or at late views, or whose picture another looks at, nothing is
  // kept.
  virtual std::optional<std::string> cache_key() const { return std::nullopt; }

  // The files that it would write of an input of this format, as far as the format tells: what a
  // dry run says. Jobs that make rows alone, or files of all items together, have none.
  virtual std::vector<NamedOutput> named_outputs(FileFormat input) const {
    (void)input;
    return {};
  }

  // Names of jobs whose rows of an item must exist before this one sees it. An item that one of
  // them skips is skipped.
  virtual std::vector<std::string> needs_rows_of() const { return {}; }

  // The job whose picture this one looks at instead of the file's; "": the file's. An item that it
  // skips is skipped.
  virtual std::string picture_of() const { return {}; }

  // Everything below is asked with the header of that picture, and must follow from it alone.

  // Which views the job will ask for. None: it needs no pixels of this item.
  virtual std::vector<ViewRequest> views(const ImageHeader& header) const = 0;

  // The most demanding late views that it may ask for, one held at a time. None: it never does, and
  // the file's bytes are let go of.
  virtual std::vector<ViewRequest> late_views(const ImageHeader& header) const {
    (void)header;
    return {};
  }

  // Whether the thumbnail that a camera put into the file may stand for the picture in its views.
  // It does only where no other job wants to see the picture itself; Item::is_thumbnail tells.
  virtual bool accepts_thumbnail() const { return false; }

  // Whether it reads item().bytes.
  virtual bool keeps_file(const ImageHeader& header) const {
    (void)header;
    return false;
  }

  // The picture that process() will emit for others to look at: upright, of this size, with no more
  // bits and channels than this. nullopt: it leaves the picture as it is.
  virtual std::optional<ImageHeader> picture(const ImageHeader& header) const {
    (void)header;
    return std::nullopt;
  }

  // Bytes process() takes for itself beyond its views (an encoder's output and buffers).
  virtual uint64_t working_bytes(const ImageHeader& header) const {
    (void)header;
    return 0;
  }

  virtual Result<> process(ItemContext& context) const = 0;

  // After the last item of a run that was not cancelled.
  virtual Result<> finish(FinishContext& context) {
    (void)context;
    return {};
  }
};

}  // namespace imagemill
