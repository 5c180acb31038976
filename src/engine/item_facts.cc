// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "engine/item_facts.h"

#include "engine/job_plan.h"

namespace imagemill {

TableSchema item_schema() {
  return {std::string(kItemTable),
          {{"key", ColumnType::kText},
           {"format", ColumnType::kText},
           {"width", ColumnType::kInteger},
           {"height", ColumnType::kInteger},
           {"bytes", ColumnType::kInteger},
           {"pages", ColumnType::kInteger},
           {"has_alpha", ColumnType::kInteger}}};
}

Row item_row(const Item& item) {
  const ImageHeader& header = item.header;
  const Size seen = oriented({header.width, header.height}, header.orientation);
  return {std::string(kItemTable),
          "",
          {item.record.key, std::string(format_name(header.format)), int64_t{seen.width},
           int64_t{seen.height}, static_cast<int64_t>(item.record.bytes), int64_t{header.pages},
           int64_t{header.pixel_format.has_alpha}}};
}

}  // namespace imagemill
