#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""Wrong usage of every command: one line that says what is wrong, the exit code for it, and nothing left behind."""

from harness import *

# Words -> what the complaint has to name. IN is a folder of pictures, FILE a text, OUT is not there.
WRONG_USAGE = {
    "": "a command is missing",
    "prepar IN OUT": "'prepar': no such command (did you mean prepare?)",
    "--nosuch": "--nosuch: no such option",
    "prepare": "prepare: IN... OUT: missing",
    "prepare IN": "prepare: IN... OUT: 1 given, expected at least 2",
    "prepare IN OUT --sise 3": "prepare: --sise: no such option (did you mean --size?)",
    "prepare IN OUT --threads": "--threads: expected a value",
    "prepare IN OUT --threads x": "--threads: 'x', expected a whole number",
    "prepare IN OUT --size 64 --size 65": "prepare: --size: given twice, expected once",
    "prepare IN OUT --cache= --threads 2": "--cache=: expected a value after it",
    "prepare IN OUT --isolate=maybe": "--isolate: 'maybe', expected true or false",
    "inspect IN --json=maybe": "inspect: --json: 'maybe', expected true or false",
    "prepare IN OUT --progress x": "--progress: 'x', expected one of",
    "prepare IN OUT --recipe IN": "IN: is a folder, expected a file",
    "prepare IN FILE": "FILE: is a file",
    "prepare IN OUT --device abacus": "--device: 'abacus', expected auto, cpu, cuda",
    "embed IN OUT --model GONE --device cpu:1": "--device: 'cpu:1', but cpu has no numbers",
    "run IN OUT --jobs prepar": "no job named 'prepar'",
    "run IN OUT --jobs quality --prepare.size 3": "--prepare.size: prepare is not among the jobs",
    "prepare IN OUT.tar.gz": "OUT.tar.gz: a tar archive is no output; a .zip is one, and --layout webdataset",
    "prepare IN OUT --recipe RECIPE": "RECIPE: jobs: prepare, thumbs, but this is imagemill prepare",
    "dedupe IN OUT --recipe RECIPE": "a recipe with other jobs is for imagemill run",
    "prepare IN OUT --position x": "prepare: --position: 'x', expected",
    "embed IN OUT --model GONE.onnx --provider-library x": "--provider-library: 'x', expected NAME=PATH",
    "inspect": "inspect: IN...: missing",
    "inspect IN --threads x": "--threads: 'x'",
    "dedupe": "dedupe: IN... [OUT]: missing",
    "dedupe IN OUT --action x": "--action: 'x', expected one of",
    "dedupe IN OUT --radius 99": "--radius: '99', expected",
    "dedupe IN OUT --apply": "--action",
    "dedupe IN --progress x": "--progress: 'x', expected one of",
    "dedupe IN --json-events": "--json-events: needs an output folder",
    "dedupe IN OUT --json --json-events": "--json, --json-events: both are for standard output",
    "search": "search: OUT: missing",
    "search IN --key x": "IN: is not the output of a run",
    "search IN --key x -k x": "-k: 'x', expected a whole number",
    "search IN --key x -k -1": "-k: '-1', expected a whole number",
    "search IN --key x --metric x": "--metric: 'x', expected one of",
    "compare FILE": "compare: B: missing",
    "compare FILE FILE FILE": "compare: 'FILE': not expected",
    "stability IN --sample -3": "--sample: '-3', expected a whole number",
    "stability IN --sample 0": "--sample: '0', expected a whole number",
    "bench-model": "bench-model: MODEL: missing",
    "bench-model x --seconds 0": "--seconds: '0', expected a number",
    "doctor x": "doctor: 'x': not expected",
    "models": "models: a command is missing",
    "models ad": "models: 'ad': no such command (did you mean add?)",
    "models info": "models info: NAME: missing",
    "cache clera": "cache: 'clera': no such command (did you mean clear?)",
    "cache stats --cache FILE": "FILE: is a file, expected a folder",
    "cache clear --cache FILE": "FILE: is a file, expected a folder",
    "merge OUT": "merge: OUT SHARD_OUT...: 1 given, expected at least 2",
    "merge OUT IN": "IN: is not the output of a run",
    "report": "report: OUT: missing",
    "report IN": "IN: is not the output of a run",
    "schema prepar": "no job named 'prepar'",
}
# What is not there, or not as it should be: no mistake in the words.
NOT_THERE = {
    "prepare GONE OUT": "GONE: cannot stat",
    "prepare IN OUT --recipe GONE": "GONE: cannot open",
    "dedupe GONE": "GONE: cannot stat",
    "compare GONE GONE": "GONE: cannot open",
    "bench-model GONE": "no model named",
    "models info GONE": "no model named",
    "search GONE --key x": "GONE: is not the output of a run",
    "report GONE": "GONE: is not the output of a run",
    "merge OUT GONE": "GONE: is not the output of a run",
}
COMMANDS = ("prepare thumbs quality embed run dedupe inspect compare search stability merge report bench-model doctor "
            "schema models cache").split()


def test_complaints(args, folder):
    for cases, code in ((WRONG_USAGE, EXIT_USAGE), (NOT_THERE, EXIT_FAILED)):
        for words, expected in cases.items():
            out, err = printed([args.bin, *words.split()], code, cwd=folder)
            check(err.startswith("imagemill: ") and err.count("\n") == 1 and not out,
                  f"{words}: not one line: {out}{err}")
            check(expected in err, f"{words}: {err!r} does not say {expected!r}")
            check(sorted(p.name for p in folder.iterdir()) == ["FILE", "IN", "RECIPE"], f"{words}: left something behind")


def test_flags(args, folder):
    for words, has_sheet in (([], True), (["--sheet=false"], False), (["--no-sheet"], False),
                             (["--no-sheet", "--sheet"], True)):
        printed([args.bin, "thumbs", "IN", "OUT", *words, "--progress", "none"], EXIT_DONE, cwd=folder)
        check(bool(list((folder / "OUT").glob("*sheet*"))) == has_sheet, f"{words}: {files_below(folder / 'OUT')}")
        shutil.rmtree(folder / "OUT")


def test_words_as_typed(args, folder):
    """A name in brackets is that name, with its commas and spaces, for every command that takes several."""
    names = ["[a]", "[a, b]", "a,b", "{}", "%%"]
    for name in ["a", "b", *names]:
        (folder / name).mkdir()
    (folder / "a/p.png").write_bytes(b"none")  # where two of them would lead without brackets
    for name in names:
        (folder / name / "p.png").write_bytes(png(20, 20, 1))
        report = printed_json([args.bin, "inspect", name], EXIT_DONE, cwd=folder)
        check(report["pictures"] == 1, f"inspect {name}: {report}")
        printed([args.bin, "prepare", name, f"[{name}]", "--progress", "none"], EXIT_DONE, cwd=folder)
        check((folder / f"[{name}]/p.png").exists(), f"prepare {name}: wrote elsewhere than [{name}]")
    for copy in ("[a]/q.png", "a/p.png", "a/q.png"):
        (folder / copy).write_bytes((folder / "[a]/p.png").read_bytes())
    printed([args.bin, "dedupe", "[a]", "[d]", "--action", "move", "--apply", "--progress", "none"], EXIT_DONE,
            cwd=folder)
    check(len(files_below(folder / "a")) == 2 and len(files_below(folder / "[a]")) == 1,
          "dedupe: files were moved that nobody named")
    _, err = printed([args.bin, "merge", "[m]", "[a]"], EXIT_USAGE, cwd=folder)
    check(" [a]: is not the output of a run" in err, err)


def test_help(args, folder):
    out, _ = printed([args.bin, "--help"], EXIT_DONE)
    for name in COMMANDS:
        check(f"\n  {name} " in out, f"--help does not list {name}")
        out_of, err = printed([args.bin, name, "--help"], EXIT_DONE, cwd=folder)
        check(f"\nUsage: imagemill {name} [OPTIONS]" in out_of and not err, f"{name} --help: {out_of[:300]}{err}")
    out, _ = printed([args.bin, "prepare", "--help"], EXIT_DONE)
    check("Usage: imagemill prepare [OPTIONS] IN... OUT\n" in out, out[:300])
    out, _ = printed([args.bin, "thumbs", "--help"], EXIT_DONE)
    check("--[no-]sheet " in out and "--quality N " in out and "(1 to 100) [80]" in out, out)
    out, _ = printed([args.bin, "run", "--help"], EXIT_DONE)
    check("--jobs NAMES " in out and ": prepare, thumbs" in out and "--thumbs.[no-]sheet" in out, out)
    out, _ = printed([args.bin, "--version"], EXIT_DONE)
    check(out.startswith("imagemill "), out)


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        (folder / "IN").mkdir()
        (folder / "IN/a.png").write_bytes(png(20, 20, 1))
        (folder / "FILE").write_bytes(b"no picture\n")
        (folder / "RECIPE").write_text("jobs: [prepare, thumbs]\n")
        run_tests((test_complaints, test_help, test_flags, test_words_as_typed), args, folder)


if __name__ == "__main__":
    main()
