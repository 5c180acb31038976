// Copyright 2026 The Imagemill Authors
// SPDX-License-Identifier: Apache-2.0
#include "arguments.h"

#include <CLI/CLI.hpp>
#include <sstream>

#include "exit_code.h"
#include "imagemill/inspect.h"
#include "imagemill/version.h"
#include "option_flags.h"

namespace imagemill::cli {
namespace {

using Values = std::map<std::string, std::string>;

struct CommandLine {
  CLI::App app{"Imagemill: vision batch work over heaps of images"};
  Arguments out;
  std::vector<std::string> paths;      // IN... OUT
  std::string job_list;                // of `run`
  std::map<std::string, Values> jobs;  // by job name
  std::string progress = "auto";

  void add_config_flag(CLI::App& command) {
    command.add_flag("--no-config", out.no_config, "leave the user's settings file alone")
        ->group("Run");
  }

  void add_run_paths(CLI::App& command) {
    command
        .add_option("paths", paths,
                    "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-'), then the output")
        ->required()
        ->expected(2, 1 << 20)
        ->option_text("IN... OUT");
  }

  void add_run_flags(CLI::App& command) {
    command.add_option("--recipe", out.recipe, "YAML file with options; flags overrule it")
        ->group("Run");
    add_config_flag(command);
    command.add_option("--progress", progress, "auto|terminal|plain|none")
        ->check(CLI::IsMember({"auto", "terminal", "plain", "none"}))
        ->group("Run");
    command
        .add_flag("--json-events", out.json_events,
                  "one JSON object a line on standard output, for programs")
        ->group("Run");
    add_options(command, run_options(), "", "Run", out.run.options);
  }

  void build() {
    app.require_subcommand(1);
    app.set_version_flag("--version", std::string("imagemill " IMAGEMILL_VERSION));
    for (const JobInfo& job : list_jobs()) {
      const std::string name(job.name);
      if (name == "dedupe") continue;  // a command of its own
      CLI::App* command = app.add_subcommand(name, std::string(job.summary));
      add_run_paths(*command);
      add_run_flags(*command);
      add_options(*command, job.options, "", name, jobs[name]);
      command->callback([this, name] { set_jobs({name}); });
    }
    CLI::App* run = app.add_subcommand("run", "Several jobs, one decode of each picture");
    add_run_paths(*run);
    add_run_flags(*run);
    run->add_option("--jobs", job_list, "job names, separated by commas");
    for (const JobInfo& job : list_jobs()) {
      const std::string name(job.name);
      add_options(*run, job.options, name + ".", name, jobs[name]);
    }
    run->callback([this] {
      std::vector<std::string> names;
      std::stringstream list(job_list);
      for (std::string name; std::getline(list, name, ',');) names.push_back(name);
      set_jobs(names);
    });
    add_inspect();
    add_merge();
    add_dedupe();
    add_models_command(app, out.models, [this] { out.command = Arguments::Command::kModels; });
    add_cache_command(app, out.cache, [this] { out.command = Arguments::Command::kCache; });
    add_bench_model();
    CLI::App* report =
        app.add_subcommand("report", "Write the report of a finished run anew and say where it is");
    report->add_option("output", out.output, "output of the run")->required()->option_text("OUT");
    report->callback([this] { out.command = Arguments::Command::kReport; });
    CLI::App* doctor = app.add_subcommand("doctor", "What this build and this machine can do");
    doctor->callback([this] { out.command = Arguments::Command::kDoctor; });
    CLI::App* schema =
        app.add_subcommand("schema", "JSON Schema of a job's options, or of the run's");
    schema->add_option("job", out.schema_job, "job name");
    schema->callback([this] { out.command = Arguments::Command::kSchema; });
    add_search_command(app, out.search, [this] { out.command = Arguments::Command::kSearch; });
    add_compare_command(app, out.compare, [this] { out.command = Arguments::Command::kCompare; });
    add_stability_command(app, out.stability,
                          [this] { out.command = Arguments::Command::kStability; });
  }

  void add_inspect() {
    CLI::App* inspect = app.add_subcommand(
        "inspect", "What a heap of pictures is: formats, sizes, what is broken, blurred or double");
    inspect->add_option("paths", paths, "inputs (folder, .zip, .tar[.gz|.zst], list, picture, '-')")
        ->required()
        ->expected(1, 1 << 20)
        ->option_text("IN...");
    inspect->add_flag("--json", out.json, "the report as JSON, for programs");
    add_config_flag(*inspect);
    add_options(*inspect, inspect_options(), "", "Run", out.run.options);
    inspect->callback([this] {
      out.command = Arguments::Command::kInspect;
      out.run.inputs = paths;
    });
  }

  void add_merge() {
    CLI::App* merge = app.add_subcommand(
        "merge", "Make one output of those of --shard 1/n, 2/n ... of the same command");
    merge->add_option("paths", paths, "the output folder, then those of the shards")
        ->required()
        ->expected(2, 1 << 20)
        ->option_text("OUT SHARD_OUT...");
    merge->add_flag("--copy", out.merge.copy,
                    "copy the files and compare each with its hash; without it they are shared "
                    "with the shards (hard links) where the file system can do that");
    merge->callback([this] {
      out.command = Arguments::Command::kMerge;
      out.merge.output = paths.front();
      out.merge.shards.assign(paths.begin() + 1, paths.end());
    });
  }

  void add_bench_model() {
    CLI::App* bench = app.add_subcommand(
        "bench-model", "How fast a network is here, in batches of several sizes, without pictures");
    bench->add_option("model", out.bench.model, "a model's name, or the path of an .onnx file")
        ->required()
        ->option_text("MODEL");
    bench->add_flag("--json", out.json, "the figures as JSON, for programs");
    add_config_flag(*bench);
    add_options(*bench, bench_model_options(), "", "Run", out.bench.options);
    bench->callback([this] { out.command = Arguments::Command::kBenchModel; });
  }

  void add_dedupe() {
    const std::string name = "dedupe";
    CLI::App* dedupe = add_dedupe_command(app, paths, out.dedupe);
    add_run_flags(*dedupe);
    dedupe->add_flag("--json", out.json, "what was found as JSON, for programs");
    add_options(*dedupe, find_job(name)->options, "", name, jobs[name]);
    add_options(*dedupe, find_job("embed")->options, "embed.", "embed", jobs["embed"]);
    dedupe->callback([this, name] {
      out.command = Arguments::Command::kDedupe;
      out.run.output = take_output(paths);
      out.run.inputs = paths;
      out.run.jobs = {{"embed", jobs["embed"]}, {name, jobs[name]}};
    });
  }

  void set_jobs(const std::vector<std::string>& names) {
    out.command = Arguments::Command::kRun;
    out.run.output = paths.back();
    paths.pop_back();
    out.run.inputs = paths;
    for (const std::string& name : names) out.run.jobs.push_back({name, jobs[name]});
  }
};

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  CommandLine line;
  line.build();
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    std::ostringstream text;
    line.app.exit(e, text, text);
    line.out.exit_code = kExitDone;
    line.out.text = text.str();
  } catch (const CLI::Error& e) {
    std::ostringstream text;
    line.app.exit(e, text, text);
    line.out.exit_code = kExitUsage;
    line.out.text = text.str();
  }
  line.out.progress = line.progress == "plain"      ? ProgressWish::kPlain
                      : line.progress == "none"     ? ProgressWish::kNone
                      : line.progress == "terminal" ? ProgressWish::kTerminal
                                                    : ProgressWish::kAuto;
  line.out.run.command.assign(argv, argv + argc);
  line.out.merge.command = line.out.run.command;
  return std::move(line.out);
}

}  // namespace imagemill::cli
