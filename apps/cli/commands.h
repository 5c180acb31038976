// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands of the program. Each describes itself to the parser, and is carried out in the file
// of its name (those of the jobs, and `run`, in job_commands.cc).
#pragma once

namespace imagemill::cli {

class CommandParser;

void add_bench_model_command(CommandParser& parser);
void add_cache_commands(CommandParser& parser);
void add_compare_command(CommandParser& parser);
void add_dedupe_command(CommandParser& parser);
void add_doctor_command(CommandParser& parser);
void add_inspect_command(CommandParser& parser);
void add_job_commands(CommandParser& parser);
void add_merge_command(CommandParser& parser);
void add_models_commands(CommandParser& parser);
void add_report_command(CommandParser& parser);
void add_schema_command(CommandParser& parser);
void add_search_command(CommandParser& parser);
void add_stability_command(CommandParser& parser);

}  // namespace imagemill::cli
