#!/usr/bin/env python3
"""Measures chaosc at scale, with `kustomize build` and `helm template` as peers, all in one run.

    cargo build --release --bin chaosc --bench plan
    python3 benches/scale.py [--runs N] [--program PATH] [--kustomize PATH] [--helm PATH] [--json]

Prints the median of N runs of each line: wall seconds, CPU seconds, peak memory. `--limits` exits with 1 where a line
is over its limit: use it on an idle machine only.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measured import measured

ROOT = Path(__file__).resolve().parent.parent

AGAINST = "diff --against, 10000 experiments, ten changed"

WITH_OUT = "the same, where out/ is committed"

HELM = "helm template, 10000 experiments"

EXPERIMENT = """\
title: Does the shop answer while pods of part {number} are terminated?
description: The shop has two replicas, so that one may go.
tags: [kubernetes, http]
configuration:
  ns: go-app
steady-state-hypothesis:
  title: The shop answers
  probes:
    - type: probe
      name: shop-answers
      tolerance: 200
      provider:
        type: http
        url: http://go-app.go-app.svc/part/{number}
        timeout: 3
    - type: probe
      name: enough-pods
      tolerance: true
      provider:
        type: python
        module: chaosk8s.pod.probes
        func: count_min_pods
        arguments:
          label_selector: app=go-app,part=p{number}
          min_count: 2
          ns: ${{ns}}
method:
  - type: action
    name: terminate-pod
    provider:
      type: python
      module: chaosk8s.pod.actions
      func: terminate_pods
      arguments:
        label_selector: app=go-app,part=p{number}
        rand: true
        ns: ${{ns}}
    pauses:
      after: 10
"""


def generate(folder: Path, experiments: int) -> None:
    """Writes a chaos.toml with ten experiments a schedule."""
    (folder / "experiments").mkdir(parents=True)
    lines = ['name = "bench"', "[namespace]", 'name = "go-app"']
    for number in range(experiments):
        name = f"e{number:05}"
        (folder / "experiments" / f"{name}.yaml").write_text(EXPERIMENT.format(number=number))
        lines += ["[[experiments]]", f'file = "experiments/{name}.yaml"']
    for first in range(0, experiments, 10):
        names = ", ".join(f'"e{number:05}"' for number in range(first, first + 10))
        lines += ["[[schedules]]", f'name = "s{first // 10:04}"', f"experiments = [{names}]"]
        lines += [f'cron = "{first // 10 % 60} * * * *"']
    (folder / "chaos.toml").write_text("\n".join(lines) + "\n")


def measure(command: list, folder: Path, runs: int) -> dict:
    """Runs a command several times and returns the medians. `{run}` in it is the number of the run."""
    took = [measured([word.replace("{run}", str(run)) for word in command], folder) for run in range(runs)]
    return {key: statistics.median(one[key] for one in took) for key in ("wall", "cpu", "memory")}


def plan(target: Path, folder: Path) -> float:
    """Returns the median of the seconds that the stage `plan` takes, with the inference of the permissions."""
    built = [path for path in (target / "release" / "deps").glob("plan-*") if not path.suffix]
    if not built:
        sys.exit("the benchmark of the plan is missing: cargo build --release --bin chaosc --bench plan")
    newest = max(built, key=lambda path: path.stat().st_mtime)
    printed = subprocess.run([newest, folder / "chaos.toml"], check=True, capture_output=True, text=True).stdout
    return statistics.median(float(line) for line in printed.split())


def commit(folder: Path, files: list) -> None:
    """Commits files, in a pack, as a clone has them."""
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.com", "-C", str(folder)]
    for words in (["init", "-q"], ["config", "gc.auto", "0"], ["add", *files], ["commit", "-q", "-m", "as it was"], ["gc", "-q"]):
        subprocess.run([*git, *words], check=True)


def against(program: str, folder: Path, runs: int) -> dict:
    """Measures the comparison with what was committed."""
    command = [program, "diff", "--against", "HEAD"]
    said = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    if not said.endswith("\n10 to create, 10 to update, 10 to delete, 13982 unchanged\n") or "note:" in said:
        sys.exit(f"the diff of ten changes says something else: {said[-200:]}")
    return measure(command, folder, runs)


def main() -> None:
    """Measures and prints everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--program", default=None, help="the release build of chaosc")
    parser.add_argument("--kustomize", default=os.environ.get("CHAOSC_TEST_KUSTOMIZE"))
    parser.add_argument("--helm", default=os.environ.get("CHAOSC_TEST_HELM"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limits", action="store_true")
    arguments = parser.parse_args()
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = str(Path(arguments.program or target / "release" / "chaosc").resolve())
    rows = {}
    with tempfile.TemporaryDirectory(prefix="chaosc-bench-") as scratch:
        sizes = {1000: Path(scratch) / "thousand", 10000: Path(scratch) / "ten-thousand"}
        for experiments, folder in sizes.items():
            generate(folder, experiments)
            # Each run writes a folder of its own: ext4 looks for long for inodes where thousands were just deleted.
            first = [program, "render", "--out", "first-{run}"]
            rows[f"render, {experiments} experiments, first"] = measure(first, folder, arguments.runs)
            out = folder / "out"
            subprocess.run([program, "render", "--quiet"], cwd=folder, check=True)
            stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
            rows[f"render, {experiments} experiments, nothing changed"] = measure(
                [program, "render"], folder, arguments.runs
            )
            if {path: path.stat().st_mtime_ns for path in out.rglob("*")} != stamps:
                sys.exit("a render that changes nothing has written something")
            rows[f"check, {experiments} experiments"] = measure([program, "check"], folder, arguments.runs)
        if arguments.helm:
            # The peer of the render in the same minutes: it only fills the templates in, and reads no experiment.
            template = [arguments.helm, "template", "bench", "out/chart", "--namespace", "go-app"]
            rows[HELM] = measure(template, sizes[10000], min(arguments.runs, 3))
        ten_thousand = sizes[10000]
        commit(ten_thousand, ["chaos.toml", "experiments"])
        for path in sorted((ten_thousand / "experiments").iterdir())[::1000]:
            path.write_text(path.read_text().replace("after: 10", "after: 11"))
        rows[AGAINST] = against(program, ten_thousand, arguments.runs)
        commit(ten_thousand, ["out"])
        rows[WITH_OUT] = against(program, ten_thousand, arguments.runs)
        if arguments.kustomize:
            rows["kustomize build, 1000 experiments"] = measure(
                [arguments.kustomize, "build", "out"], sizes[1000], min(arguments.runs, 3)
            )
        rows["check, the example"] = measure([program, "check", "-f", "chaos.toml.example"], ROOT, 20)
        planned = plan(target, sizes[10000])
    if arguments.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
    else:
        width = max(map(len, rows))
        print(f"{'':{width}}  {'wall s':>8} {'cpu s':>8} {'MB':>6}")
        for name, row in rows.items():
            print(f"{name:{width}}  {row['wall']:8.3f} {row['cpu']:8.3f} {row['memory']:6.0f}")
    judge(rows, planned, os.path.getsize(program) / 1e6, arguments.limits)


def judge(rows: dict, planned: float, size: float, exits: bool) -> None:
    """Prints each limit beside what was measured."""
    thousand, ten = rows["render, 1000 experiments, first"], rows["render, 10000 experiments, first"]
    limits = [
        ("render of 10,000, seconds", ten["wall"], 2.0),
        ("render of 10,000, MB", ten["memory"], 400),
        ("ten times the work, times the CPU time", ten["cpu"] / thousand["cpu"], 11),
        ("plan of 10,000 with its permissions, seconds", planned, 0.3),
        (f"{AGAINST}, seconds", rows[AGAINST]["wall"], 1.5),
        ("check of the example, seconds", rows["check, the example"]["wall"], 0.030),
        ("the program, MB", size, 12),
    ]
    if HELM in rows:
        limits.append(("render of 10,000 as a part of helm template of its chart", ten["wall"] / rows[HELM]["wall"], 1.0))
    peer = rows.get("kustomize build, 1000 experiments")
    if peer:
        limits.append(("render of 1,000 as a part of kustomize build", thousand["wall"] / peer["wall"], 0.1))
    failed = False
    for name, found, limit in limits:
        failed |= found > limit
        print(f"{'over  ' if found > limit else 'within'}  {name}: {found:.3f}, limit {limit}")
    if failed and exits:
        sys.exit(1)


if __name__ == "__main__":
    main()
