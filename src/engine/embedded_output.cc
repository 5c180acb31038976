// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/embedded_output.h"

#include <algorithm>

#include "engine/recorded_run.h"
#include "jobs/vector_export.h"

namespace imagemill {
namespace {

constexpr std::string_view kTable = "embed";

Result<size_t> features_column(const std::vector<TableSchema>& tables) {
  const auto table = std::ranges::find(tables, kTable, &TableSchema::name);
  if (table == tables.end()) return fail(Code::kInvalidArgument, "no table {}", kTable);
  const auto column = std::ranges::find(table->columns, "features", &Column::name);
  if (column == table->columns.end())
    return fail(Code::kInvalidArgument, "no column features in the table {}", kTable);
  return static_cast<size_t>(column - table->columns.begin());
}

}  // namespace

Result<EmbeddedOutput> EmbeddedOutput::open(const std::string& output, FileSystem& fs) {
  EmbeddedOutput out;
  IMAGEMILL_ASSIGN_OR_RETURN(out.place, OutputPlace::open(output, "auto", fs));
  if (const auto there = out.place.expect_store(fs); !there)
    return fail(there.error().code(), "{}; \"imagemill embed IN OUT --model NAME\" makes one",
                there.error().message());
  IMAGEMILL_ASSIGN_OR_RETURN(out.store, RunStore::open_existing(out.place.store_path()));
  IMAGEMILL_ASSIGN_OR_RETURN(out.options, out.store->options());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tables, out.store->tables());
  if (!features_column(tables))
    return fail(Code::kInvalidArgument,
                "{}: holds no vectors, it was made by {}; \"imagemill embed IN OUT --model NAME\" "
                "makes some",
                output, out.option("jobs"));
  IMAGEMILL_ASSIGN_OR_RETURN(out.gone, out.store->gone());
  out.inputs = read_recorded_run(out.place, fs).inputs;
  return out;
}

std::string EmbeddedOutput::option(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::string() : found->second;
}

VectorType EmbeddedOutput::vector_type() const {
  return option("embed.dtype") == "f16" ? VectorType::kF16 : VectorType::kF32;
}

Result<std::optional<std::vector<float>>> features_of(const EmbeddedOutput& output,
                                                      const std::string& key) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto item, output.store->find_item(key));
  if (!item)
    return fail(Code::kNotFound,
                "{}: no picture of {} has this key; keys are those of features_index.csv", key,
                output.place.output());
  if (std::ranges::binary_search(output.gone, key))
    return fail(Code::kNotFound, "{}: it is not among the inputs of {} any more", key,
                output.place.output());
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tables, output.store->tables());
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t column, features_column(tables));
  const auto row = std::ranges::find_if(
      item->rows, [](const Row& r) { return r.table == kTable && r.sub.empty(); });
  const auto* const bytes =
      row == item->rows.end() ? nullptr : std::get_if<Bytes>(&row->values.at(column));
  if (bytes == nullptr) return std::nullopt;
  IMAGEMILL_ASSIGN_OR_RETURN(auto features, unpack_vector(*bytes, output.vector_type()));
  return features;
}

Result<> for_each_features(
    const EmbeddedOutput& output,
    const std::function<Result<>(const std::string& key, std::span<const float> features)>& visit) {
  IMAGEMILL_ASSIGN_OR_RETURN(const auto tables, output.store->tables());
  IMAGEMILL_ASSIGN_OR_RETURN(const size_t column, features_column(tables));
  return output.store->for_each_row(
      std::string(kTable), [&](const std::string& key, const Row& row) -> Result<> {
        const auto* const bytes = std::get_if<Bytes>(&row.values.at(column));
        if (bytes == nullptr || std::ranges::binary_search(output.gone, key)) return {};
        IMAGEMILL_ASSIGN_OR_RETURN(const auto features,
                                   unpack_vector(*bytes, output.vector_type()));
        return visit(key, features);
      });
}

}  // namespace imagemill
