// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

// For bugs, not for bad input: a broken invariant ends the process with the place and the claim.
#define IMAGEMILL_CHECK(claim)                                                           \
  do {                                                                                   \
    if (!(claim)) [[unlikely]] {                                                         \
      std::fprintf(stderr, "%s:%d: broken invariant: %s\n", __FILE__, __LINE__, #claim); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

#ifdef IMAGEMILL_ASSERTIONS
#define IMAGEMILL_DCHECK(claim) IMAGEMILL_CHECK(claim)
#else
#define IMAGEMILL_DCHECK(claim) \
  do {                          \
  } while (false)
#endif
