#!/usr/bin/env python3
# Copyright 2026 The Imagemill Authors
# SPDX-License-Identifier: Apache-2.0
"""The program as a shell sees it: what it prints and where that cannot go, numbers that make no sense,
a cache folder with damage in it."""

import urllib.parse

from harness import *


def test_output_that_goes_nowhere(binary, folder):
    """However little a command prints, whoever reads it is not told that all is well."""
    commands = [["--version"], ["--help"], ["schema"], ["doctor"], ["compare", "a.png", "a.png"],
                ["dedupe", "a.png", "--json", "--progress", "none"]]
    with open("/dev/full", "w") as full:
        for words in commands:
            done = subprocess.run([str(binary), *words], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, cwd=folder)
            check(done.returncode == EXIT_FAILED, f"{words}, full: exit code {done.returncode}")
            check("standard output" in done.stderr, f"{words}, full: {done.stderr}")
    for words in commands:
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", str(binary), *words],
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=folder)
        check(done.returncode == EXIT_FAILED and "standard output" in done.stderr,
              f"{words}, closed: exit code {done.returncode}, {done.stderr}")
    # Nothing is printed there, nothing is missing. The store must not be file number 1.
    done = subprocess.run(["sh", "-c", 'exec "$@" >&- 2>&-', "sh", str(binary), "prepare", "--progress",
                           "plain", "a.png", "prepared"], stdin=subprocess.DEVNULL, cwd=folder)
    check(done.returncode == EXIT_DONE, f"closed streams: exit code {done.returncode}")
    check(store_rows(folder / "prepared")["items"], "closed streams: nothing in the store")


def test_counts(binary, folder):
    for words in (["search", "out", "-k"], ["stability", "out", "--sample"]):
        for count in ("-1", "0", "1.5", "99999999999999999999", "many"):
            said = run([str(binary), *words, count], EXIT_USAGE)
            check(f"'{count}', expected a whole number" in said, f"{words} {count}: {said}")


def test_recipe_that_is_none(binary, folder):
    recipe = [str(binary), "run", "a.png", "never", "--recipe"]
    said = run([*recipe, str(folder)], EXIT_USAGE)
    check(f"{folder}: is a folder, expected a file" in said, said)
    run([*recipe, str(folder / "absent.yaml")], EXIT_FAILED)


def test_flags_overrule_a_recipe(binary, folder):
    """Of jobs that only the recipe names, too."""
    recipe = folder / "recipe.yaml"
    recipe.write_text("jobs: [prepare, quality]\nprepare:\n  format: png\n  size: 16\n")
    out = folder / "by_recipe"
    run([str(binary), "run", str(folder / "a.png"), str(out), "--recipe", str(recipe), "--prepare.format", "jpeg"],
        EXIT_DONE)
    check(any((out / f"a.{end}").exists() for end in ("jpg", "jpeg")) and not (out / "a.png").exists(), f"{sorted(p.name for p in out.iterdir())}")
    said = run([str(binary), "run", "a.png", "never", "--recipe", str(recipe), "--embed.dtype", "f16"], EXIT_USAGE)
    check("--embed.dtype: embed is not among the jobs" in said, said)


def test_damaged_cache(binary, folder):
    cache = folder / "cache"
    cache.mkdir()
    for damage in (b"garbage " * 1000, b"SQLite format 3\0" + b"\xff" * 5000, b""):
        (cache / "results.sqlite").write_bytes(damage)
        for action in ("stats", "clear"):
            done = subprocess.run([str(binary), "cache", action, "--cache", str(cache)],
                                  capture_output=True, text=True)
            check(done.returncode == EXIT_DONE and "damaged" in done.stdout,
                  f"cache {action}: exit code {done.returncode}, {done.stdout}{done.stderr}")
        check(not (cache / "results.sqlite").exists(), "cache clear: the damaged file is still there")


def test_places(binary, folder):
    """Whatever command it is, flag, settings and environment say where things are."""
    config = folder / "config/imagemill/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text(f"cache: {folder}/by_settings\nonnxruntime: {folder}/no_runtime\n")
    env = {**os.environ, "IMAGEMILL_CACHE": str(folder / "by_variable")}
    with_settings = {**env, "XDG_CONFIG_HOME": str(folder / "config")}
    for words, expected, where in (([], "by_variable", env), ([], "by_settings", with_settings),
                                   (["--no-config"], "by_variable", with_settings),
                                   (["--cache", "by_flag"], "by_flag", with_settings)):
        out, _ = printed([binary, "cache", "stats", *words], EXIT_DONE, env=where, cwd=folder)
        check(out.splitlines()[0].endswith(expected), f"cache stats {words}: {out}")
    out, _ = printed([binary, "doctor"], EXIT_DONE, env=with_settings)
    check("by_settings" in out and "no_runtime" in out, out)
    for words, where in ((["--cache", "off"], env), ([], {**env, "IMAGEMILL_CACHE": "off"})):
        _, err = printed([binary, "cache", "stats", *words], EXIT_USAGE, env=where, cwd=folder)
        check("it is off" in err, err)
    printed(command(binary, ["a.png"], "kept"), EXIT_DONE, env={**env, "IMAGEMILL_CACHE": "off"}, cwd=folder)
    check(not (folder / "off").exists(), "a folder named off")
    for words in (["cache", "clear"], ["prepare", "a.png", "never"]):
        _, err = printed([binary, *words, "--cache", ""], EXIT_USAGE, env=env, cwd=folder)
        check("--cache: '', expected a folder, or off" in err, err)


def test_unreadable_input(binary, folder):
    """Standard input that cannot be read is no empty list."""
    for words in (["prepare", "-", "never"], ["inspect", "-"]):
        stdin = os.open(folder, os.O_RDONLY)
        done = subprocess.run([binary, *words], stdin=stdin, capture_output=True, text=True, cwd=folder)
        os.close(stdin)
        check(done.returncode == EXIT_FAILED and "cannot read standard input: Is a directory" in done.stderr,
              f"{words}: exit code {done.returncode}, {done.stderr}")
    done = subprocess.run([binary, "inspect", "-", "--json"], input="a.png\n", capture_output=True, text=True, cwd=folder)
    check(json.loads(done.stdout)["pictures"] == 1, done.stdout + done.stderr)
    _, err = printed([binary, "inspect", "a.png"], EXIT_FAILED, env={**os.environ, "TMPDIR": "/nonexistent"}, cwd=folder)
    check("/nonexistent: cannot make a temporary folder there ($TMPDIR): No such file" in err, err)


def test_output_of_other_jobs(binary, folder):
    """The last of dedupe's paths may be an output; of other jobs it is none, and one sentence says so."""
    for name in ("one", "two"):
        printed(command(binary, ["a.png"], name), EXIT_DONE, cwd=folder)
    _, err = printed([binary, "dedupe", "one", "two"], EXIT_USAGE, cwd=folder)
    check("belongs to a run of prepare, this one is of dedupe; name another output" in err and len(err) < 250, err)


def test_jobs_with_spaces(binary, folder):
    printed([binary, "run", "a.png", "spaced", "--jobs", " prepare, thumbs ", "--progress", "none"], EXIT_DONE,
            cwd=folder)


def test_no_telemetry(binary, folder):
    """ONNX Runtime makes an identity for its user as soon as it begins, unless it is told not to before."""
    if not Path(os.environ["IMAGEMILL_ONNXRUNTIME"]).exists():
        return print("test_no_telemetry: skipped, there is no ONNX Runtime")
    home = folder / "home"
    home.mkdir()
    keep = ("PATH", "IMAGEMILL_ONNXRUNTIME", "LD_LIBRARY_PATH")
    places = {name: os.environ[name] for name in keep if name in os.environ}
    out, _ = printed([binary, "doctor"], EXIT_DONE,
                     env={**places, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    check("ONNX Runtime 1." in out, out)
    check(not list(home.iterdir()), f"left in the user's folder: {files_below(home)}")


def test_merge_of_a_part(binary, folder):
    """The first of eight shards has the last input: only its number says that there is more."""
    out, merged = folder / "shard1", folder / "merged"
    run(command(binary, [folder / "a.png"], out, "--shard", "1/8"), EXIT_DONE)
    done = subprocess.run([str(binary), "merge", str(merged), str(out)], capture_output=True, text=True)
    check(done.returncode == EXIT_SOME_FAILED and "7 are missing: 2/8 3/8" in done.stdout,
          f"exit code {done.returncode}, {done.stdout}{done.stderr}")


def test_warnings_beside_failures(binary, folder):
    """However many files fail, and with every way to show progress, a warning is seen and kept."""
    heap = folder / "heap"
    heap.mkdir()
    (heap / "a.png").write_bytes(png(64, 48, 1))
    for i in range(30):
        (heap / f"{i}.jpg").write_bytes(b"\xff\xd8\xff no picture")
    for style in ("plain", "none"):
        out = folder / f"warned_{style}.zip"
        said = run([str(binary), "thumbs", str(heap), str(out), "--fail-on", "error", "--progress", style],
                   EXIT_SOME_FAILED)
        check("no contact sheet" in said, f"{style}: {said}")
        record = json.loads((state_folder(out) / "run.json").read_text())
        check([w["source"] for w in record["warnings"]] == [None] and
              "no contact sheet" in record["warnings"][0]["message"], f"{style}: {record['warnings']}")


def test_dry_run(binary, folder):
    """All of it on standard output, with the names of each job's files; nothing is written."""
    heap = folder / "many"
    heap.mkdir()
    for i in range(40):
        (heap / f"{i:02}.png").write_bytes(png(8, 8, i))
    never = folder / "never"

    def planned(*words):
        out, said = printed([binary, *words, heap, never, "--dry-run"], EXIT_DONE)
        check(not never.exists(), f"{words}: something was written")
        check("many/" not in said, f"{words}: {said}")
        return out.splitlines()

    lines = planned("prepare", "--format", "webp", "--progress", "none")
    check(lines == [f"many/{i:02}.png -> {i:02}.webp" for i in range(40)] +
          ["40 inputs, nothing was written"], lines)
    check(planned("thumbs")[7] == "many/07.png -> thumbs/07.png.jpg", "thumbs")
    check(planned("quality")[7] == "many/07.png", "quality")
    check("moved" in planned("dedupe", "--action", "move", "--apply")[-1], "dedupe")
    events = [json.loads(line) for line in planned("quality", "--json-events")]
    check([e["event"] for e in events] == ["started"] + 41 * ["planned"] + ["finished"], events)


def test_paths_in_json(binary, folder):
    """Whatever bytes a name has, a program that reads the result can open the file."""
    odd = os.fsencode(folder) + b"/caf\xe9 100%.png"
    with open(odd, "wb") as file:
        file.write(png(64, 48, 1))
    told = printed_json([binary, "compare", odd, folder / "a.png"], EXIT_DONE)
    check("encoded" not in told["b"], told)
    check(told["a"]["encoded"] == ["path"], told)
    check(urllib.parse.unquote_to_bytes(told["a"]["path"]) == odd, told)


def test_schemas(binary, folder):
    titles = [json.loads(printed([binary, "schema", *words], EXIT_DONE)[0])["title"]
              for words in ([], ["run"], ["recipe"], ["prepare"])]
    check(titles == ["run", "run", "recipe", "prepare"], titles)


def main():
    args = arguments(__doc__)
    with WorkFolder(args) as folder:
        (folder / "a.png").write_bytes(png(64, 48, 1))
        for test in (test_output_that_goes_nowhere, test_counts, test_recipe_that_is_none, test_flags_overrule_a_recipe,
                     test_damaged_cache, test_places, test_unreadable_input, test_output_of_other_jobs, test_jobs_with_spaces,
                     test_no_telemetry, test_merge_of_a_part, test_warnings_beside_failures, test_dry_run,
                     test_paths_in_json, test_schemas):
            test(args.bin, folder)


if __name__ == "__main__":
    main()
