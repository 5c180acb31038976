// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The run store's tables, as SQL. Text keys are compared bytewise (BINARY), so "ORDER BY key" is
// the order of the sorted listing. No time and no number that depends on the order of arrival is
// stored: the same run gives the same rows whatever its thread count.
#pragma once

#include <array>
#include <cstdint>

namespace imagemill {

constexpr int64_t kApplicationId = 0x494d4c31;  // "IML1", in the file's header: `file` shows it

// kMigrations[v] brings a store from user_version v to v + 1. Released texts never change; a new
// schema is a new text at the end.
constexpr std::array kMigrations = {
    R"sql(
CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE options (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
  key          TEXT PRIMARY KEY,
  sequence     INTEGER NOT NULL,
  state        TEXT NOT NULL CHECK (state IN ('done', 'failed', 'skipped')),
  bytes        INTEGER NOT NULL,
  mtime_ns     INTEGER NOT NULL,
  hash         TEXT NOT NULL,
  format       TEXT NOT NULL,
  width        INTEGER NOT NULL,
  height       INTEGER NOT NULL,
  orientation  INTEGER NOT NULL,
  decode_scale TEXT NOT NULL,
  is_damaged   INTEGER NOT NULL,
  warnings     TEXT NOT NULL,  -- JSON array of texts
  stage        TEXT NOT NULL,
  code         TEXT,
  message      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outputs (
  path  TEXT PRIMARY KEY,
  key   TEXT NOT NULL,
  job   TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  hash  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outputs_by_key ON outputs (key);

-- Paths that may exist because a try of this run meant to publish them, without an item that owns
-- them (any more).
CREATE TABLE announced (
  path TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE VIEW failures AS
  SELECT key, stage, code, message FROM items WHERE state = 'failed' ORDER BY key;
)sql",
    R"sql(
-- Jobs that did not look at an item, though the item is done.
CREATE TABLE job_skips (
  key    TEXT NOT NULL,
  job    TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (key, job)
) STRICT, WITHOUT ROWID;

ALTER TABLE items ADD COLUMN late_decodes INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
-- Items that the inputs no longer hold.
CREATE TABLE gone (
  key TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
)sql",
};

}  // namespace imagemill
