// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The pixels of one item while its jobs work on it: the decoded picture, its views, a second decode
// for late views, the pictures that jobs made. What no later job may ask for is let go.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/item_plan.h"

namespace imagemill {

class ItemPictures {
 public:
  // `decode` with the run's limits; its size is not looked at. All must outlive this.
  ItemPictures(const ItemPlan& plan, Item& item, const CodecSet& codecs, ViewTools& tools,
               const DecodeRequest& decode)
      : plan_(plan), item_(item), codecs_(codecs), tools_(tools), decode_(decode) {}

  // A view that job number `job` declared; made when it is first asked for.
  Result<Image> view(size_t job, const ViewRequest& request);

  // The same into the job's own memory; not kept.
  Result<> view_into(size_t job, const ViewRequest& request, Image& out);

  // A view that depends on what the job has seen. Served from a picture that is there if one is
  // large enough, else the file is decoded again, which the item's record counts.
  Result<Image> late_view(size_t job, const ViewRequest& request);

  // The picture that the job made.
  Result<> keep(size_t job, Image image);

  // The job asks for no more views: lets go of those, and of the decoded picture, that no later job
  // asks for.
  void release_views(size_t job);

  // Lets go of what only jobs up to this one may ask for, the file's bytes included.
  void release_after(size_t job);

 private:
  struct MadeView {
    size_t source = PlannedJob::kNone;
    ViewRequest request;
    Image image;
  };

  // The decoded picture that the job looks at.
  Result<const Decoded*> source_of(size_t job) const;
  Result<const Decoded*> large_enough(size_t job, const ViewRequest& request);
  Result<Image> make(const Decoded& from, const ViewRequest& request);
  // Once, however many decodes and views say it.
  void warn(std::string text);

  const ItemPlan& plan_;
  Item& item_;
  const CodecSet& codecs_;
  ViewTools& tools_;
  const DecodeRequest& decode_;
  std::vector<MadeView> views_;
  std::map<size_t, Decoded> made_;  // by the job that made it
  std::optional<Decoded> late_;
};

}  // namespace imagemill
