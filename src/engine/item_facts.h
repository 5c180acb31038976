// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// What a file says of itself before it is decoded, as a row: `item.width` and so on in conditions.
#pragma once

#include "jobs/item.h"

namespace imagemill {

// Sizes are of the picture as the user sees it, after orientation.
TableSchema item_schema();
// One value a column of item_schema(). After the header was read.
Row item_row(const Item& item);

}  // namespace imagemill
