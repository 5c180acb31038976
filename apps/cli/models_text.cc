// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "models_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {
namespace {

constexpr size_t kColumns = 5;
using Row = std::array<std::string, kColumns>;

std::string size_text(uint64_t bytes) { return bytes == 0 ? "?" : human_bytes(bytes); }

std::string license_name(const ModelDescription& model) {
  return model.license.empty() ? "not known" : terminal_escape(model.license);
}

Row row_of(const ModelDescription& model) {
  const std::string name = terminal_escape(model.name);
  if (!model.problem.empty())
    return {name, "?", "?", "?", "broken: " + terminal_escape(model.problem)};
  return {name, terminal_escape(model.family), size_text(model.bytes()),
          license_name(model) + (model.license_is_permissive ? "" : " (!)"),
          model.is_in_store ? "in the store" : "not here: models pull " + name};
}

std::string line(std::string_view name, std::string_view text) {
  return text.empty() ? "" : fmt::format("{:<12}{}\n", name, text);
}

std::string batch_text(const ModelDescription& model) {
  if (model.batch == 0) return "";
  if (model.batch > 1)
    return fmt::format("{}, says the file: smaller ones are filled up", model.batch);
  if (model.batch_trials.empty()) return "1, says the file; runs find out whether larger ones do";
  std::string out = "1, says the file";
  for (const ModelBatchTrial& trial : model.batch_trials)
    out += fmt::format("; larger ones {} on {} (ONNX Runtime {})",
                       trial.takes_more ? "give the same" : "do not do",
                       terminal_escape(trial.provider), terminal_escape(trial.runtime_version));
  return out;
}

}  // namespace

std::string models_table(std::span<const ModelDescription> models) {
  std::vector<Row> rows = {{"NAME", "FAMILY", "SIZE", "LICENCE", "WHERE"}};
  for (const ModelDescription& model : models) rows.push_back(row_of(model));
  std::array<int, kColumns> widths{};
  for (const Row& row : rows)
    for (size_t i = 0; i < kColumns; ++i) widths[i] = std::max(widths[i], terminal_width(row[i]));
  std::string out;
  for (const Row& row : rows) {
    for (size_t i = 0; i + 1 < kColumns; ++i) {
      const std::string pad(static_cast<size_t>(widths[i] - terminal_width(row[i])), ' ');
      out += (i == 2 ? pad + row[i] : row[i] + pad) + "  ";  // sizes to the right
    }
    out += row.back() + '\n';
  }
  if (std::ranges::any_of(models, [](const auto& model) {
        return model.problem.empty() && !model.license_is_permissive;
      }))
    out += "(!) not permissive, or not known: 'models info NAME' says more\n";
  return out;
}

std::string model_text(const ModelDescription& model) {
  std::string out = line("name", terminal_escape(model.name));
  out += line("what", terminal_escape(model.description));
  out += line("family", terminal_escape(model.family));
  out += line("licence", license_name(model) + (model.license_is_permissive ? ", permissive" : ""));
  out += line("", terminal_escape(model.license_note));
  out += line("", terminal_escape(model.license_url));
  out += line("where", model.is_in_store ? terminal_escape(model.folder)
                       : model.is_known
                           ? "not in the store: models pull " + terminal_escape(model.name)
                           : terminal_escape(model.folder) + " (not in the store)");
  out += line("batch", batch_text(model));
  for (const ModelFileDescription& file : model.files) {
    out += line("file", fmt::format("{}, {}", terminal_escape(file.name), size_text(file.bytes)));
    out += line("  sha256", file.sha256.empty() ? "not known to this version" : file.sha256);
    for (const std::string& source : file.sources) out += line("  from", terminal_escape(source));
  }
  return out;
}

std::string verdicts_text(std::span<const ModelVerdict> verdicts) {
  std::string out;
  for (const ModelVerdict& verdict : verdicts)
    out += fmt::format("{:<8}{}/{}{}\n", verdict.problem.empty() ? "whole" : "DAMAGED",
                       terminal_escape(verdict.model), terminal_escape(verdict.file),
                       verdict.problem.empty() ? "" : ": " + terminal_escape(verdict.problem));
  return out;
}

}  // namespace imagemill::cli
