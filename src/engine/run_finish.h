// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>

#include "base/hash_set.h"
#include "engine/item_stages.h"
#include "engine/originals.h"
#include "engine/output_place.h"
#include "jobs/job.h"

namespace imagemill {

// Gives jobs access to the finished run.
class RunFinishContext final : public FinishContext {
 public:
  // `gone` are the store's, sorted. `originals`: where the pictures are that `context` has not
  // listed; null: nowhere. `context` has a token.
  RunFinishContext(StageContext& context, RunStore& store, std::span<const std::string> gone,
                   Originals* originals, const OutputPlace& place, Listener& listener,
                   FileSystem& fs)
      : context_(context),
        store_(store),
        gone_(gone),
        originals_(originals),
        place_(place),
        listener_(listener),
        fs_(fs) {}
  RunStore& store() override { return store_; }
  bool can_read_outputs() const override { return place_.sink_kind() == SinkKind::kFolder; }
  Result<Bytes> read_output(const std::string& path) override;
  Result<> write_output(const std::string& path, ByteSpan bytes) override;
  Result<> write_output(const std::string& path,
                        const std::function<Result<>(const std::string& file)>& make) override;
  Result<> remove_output(const std::string& path) override;
  void warn(std::string text) override { listener_.on_warning({std::move(text)}); }
  bool is_input(std::string_view key) const override;
  std::string file_of(std::string_view key) const override;
  Result<Bytes> preview_of(std::string_view key, int side) override;
  const CancelToken& cancel() const override { return *context_.cancel; }

 private:
  Result<Bytes> read_input(std::string_view key);
  // Puts a file under `path`, or a name near it, as the conflict rule has it.
  Result<> publish(const std::string& path,
                   const std::function<Result<>(const std::string& target)>& put);
  Result<> move_made(const std::string& made, const std::string& target);
  // A tar shard holds samples; what is about all of them lies beside the shards.
  bool is_beside_sink() const;
  std::string place_of(const std::string& path) const;
  // Asked of the file system where the sink does not know of the file.
  bool is_there(const std::string& path) const;
  Result<> read_item_paths();
  bool is_of_item(const std::string& path) const;  // after read_item_paths()
  // Where the file may go: never over an item's output. nullopt when what is in the way stays.
  Result<std::optional<std::string>> free_path(const std::string& wanted);

  StageContext& context_;
  RunStore& store_;
  const std::span<const std::string> gone_;
  Originals* const originals_;
  const OutputPlace& place_;
  Listener& listener_;
  FileSystem& fs_;
  std::optional<HashSet<uint64_t>> item_paths_;  // hashes; read when first needed
};

}  // namespace imagemill
