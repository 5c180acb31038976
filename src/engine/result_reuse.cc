// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/result_reuse.h"

#include <algorithm>

#include "imagemill/version.h"
#include "store/row_bytes.h"

namespace imagemill {
namespace {

// The decode's scale goes with the rows as a row of its own, the first.
constexpr std::string_view kScaleTable = "decode_scale";

Bytes pack(const ItemRecord& record, std::string_view table) {
  std::vector<Row> rows = {{std::string(kScaleTable), {}, {record.decode_scale}}};
  std::ranges::copy_if(record.rows, std::back_inserter(rows),
                       [table](const Row& row) { return row.table == table; });
  return pack_rows(rows);
}

struct KeptResult {
  std::string decode_scale;
  std::vector<Row> rows;
};

std::optional<KeptResult> unpack(ByteSpan bytes, const TableSchema& schema) {
  auto rows = unpack_rows(bytes, schema.name);
  if (!rows || rows->empty() || rows->front().values.size() != 1) return std::nullopt;
  const auto* const scale = std::get_if<std::string>(&rows->front().values.front());
  if (scale == nullptr) return std::nullopt;
  KeptResult kept{.decode_scale = *scale, .rows = {}};
  for (Row& row : std::span(*rows).subspan(1)) {
    if (row.values.size() != schema.columns.size()) return std::nullopt;
    kept.rows.push_back(std::move(row));
  }
  return kept;
}

// Whether the rows follow from the file and the job alone, and nobody needs the job to work.
bool stands_alone(std::span<const PlannedJob> jobs, size_t index) {
  const PlannedJob& job = jobs[index];
  return job.picture_of == PlannedJob::kNone && job.rows_of.empty() && job.job->table() &&
         std::ranges::find(jobs, index, &PlannedJob::picture_of) == jobs.end();
}

bool left_out(const Item& item, std::string_view job) {
  return std::ranges::find(item.record.job_skips, job, &JobSkip::job) !=
         item.record.job_skips.end();
}

bool wrote_files(const Item& item, std::string_view job) {
  return std::ranges::find(item.record.outputs, job, &OutputRecord::job) !=
         item.record.outputs.end();
}

}  // namespace

ResultReuse::ResultReuse(std::string folder, uint64_t bytes_max, std::span<const PlannedJob> jobs,
                         Tell tell)
    : folder_(std::move(folder)), bytes_max_(bytes_max), jobs_(jobs), tell_(std::move(tell)) {}

ResultCache* ResultReuse::cache() {
  std::call_once(opened_, [this] {
    auto opened = ResultCache::open(folder_, bytes_max_);
    if (opened)
      cache_ = std::move(*opened);
    else
      give_up(opened.error());
  });
  return is_broken_ ? nullptr : cache_.get();
}

std::optional<ContentHash> ResultReuse::key_of(size_t job, const Item& item) const {
  const PlannedJob& planned = jobs_[job];
  if (!stands_alone(jobs_, job) || item.record.hash.empty()) return std::nullopt;
  if (!planned.job->late_views(item.header).empty()) return std::nullopt;
  const auto own = planned.job->cache_key();
  if (!own) return std::nullopt;
  const Size size = item.decode_at_least.value_or(Size{});
  const std::string text = fmt::format("{}\n{}\n{}\n{}x{}\n{}", IMAGEMILL_VERSION, item.record.hash,
                                       planned.name(), size.width, size.height, *own);
  return hash_content(as_byte_span(text));
}

void ResultReuse::find(Item& item, const ItemPlan& plan) {
  item.decode_at_least = plan.decode_at_least;
  if (is_broken_ || plan.thumbnail_will_do) return;
  for (size_t i = 0; i < jobs_.size(); ++i) {
    const auto key = plan.jobs[i].runs ? key_of(i, item) : std::nullopt;
    if (!key) continue;
    ResultCache* const kept_results = cache();
    if (kept_results == nullptr) return;
    const auto bytes = kept_results->find(*key);
    if (!bytes) return give_up(bytes.error());
    auto kept = *bytes ? unpack(**bytes, *jobs_[i].job->table()) : std::nullopt;
    if (!kept) continue;
    item.known_rows.resize(jobs_.size());
    item.known_rows[i] = std::move(kept->rows);
    item.record.decode_scale = std::move(kept->decode_scale);
    ++found_;
  }
}

void ResultReuse::keep(const Item& item) {
  // Of a file with damage or complaints more is recorded than a job's rows.
  const ItemRecord& record = item.record;
  if (is_broken_ || record.state != ItemState::kDone || record.is_damaged || item.is_thumbnail ||
      !record.warnings.empty())
    return;
  for (size_t i = 0; i < jobs_.size(); ++i) {
    const std::string_view name = jobs_[i].name();
    if (item.knows_rows_of(i) || left_out(item, name) || wrote_files(item, name)) continue;
    const auto key = key_of(i, item);
    if (!key) continue;
    ResultCache* const kept_results = cache();
    if (kept_results == nullptr) return;
    if (const auto kept = kept_results->keep(*key, pack(record, name)); !kept)
      return give_up(kept.error());
  }
}

void ResultReuse::finish() {
  if (is_broken_ || cache_ == nullptr) return;
  if (const auto written = cache_->flush(); !written) give_up(written.error());
}

void ResultReuse::give_up(const Status& status) {
  if (is_broken_.exchange(true)) return;
  tell_(fmt::format("results are not kept for later runs any more: {}", status.message()));
  // Damage that opening did not show: the next run begins anew.
  if (status.code() == Code::kCorruptInput) (void)ResultCache::remove(folder_);
}

}  // namespace imagemill
