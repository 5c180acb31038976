// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "imagemill/text.h"
#include "terminal_text.h"

namespace imagemill::cli {

std::string doctor_text(const Diagnosis& d, const std::string& codec_host,
                        const std::string& settings) {
  const auto line = [](std::string_view name, std::string_view text) {
    return fmt::format("{:<16}{}\n", name, text);
  };
  const auto list = [](const std::vector<std::string>& names) {
    return fmt::format("{}", fmt::join(names, " "));
  };
  std::string out = line("imagemill", d.version);
  out += line("cores", fmt::format("{} usable", d.cores));
  out +=
      line("memory", d.memory_bytes == 0 ? "not known" : human_bytes(d.memory_bytes) + " usable");
  out += line("settings", terminal_escape(settings));
  out += line("reads", list(d.reads));
  out += line("writes", list(d.writes));
  out += line("helper", fmt::format("{}, {}", terminal_escape(codec_host),
                                    d.has_helper ? "found" : "not found: without it there is no"));
  out += line("  reads", list(d.helper_reads));
  out += line("  writes", list(d.helper_writes));
  out += line("  --isolate", d.helper_isolates.empty() ? "not possible" : list(d.helper_isolates));
  for (size_t i = 0; i < d.libraries.size(); ++i)
    out += line(i == 0 ? "libraries" : "", d.libraries[i]);
  return out;
}

}  // namespace imagemill::cli
