#!/usr/bin/env python3
"""Measures `chaosc apply` and `chaosc delete` against a real API server, with their peers in the same run.

    cargo build --release --bin chaosc --bench bare
    ./test --cluster python3 benches/apply.py [--runs N] [--objects N] [--limits]

In each run the bundle is applied to a cluster that has nothing of it, applied again with nothing to do, and deleted. The
peer is a bare loop that sends the very writes of the apply, or the very requests of the delete, sixteen at a time, and
looks at nothing; beside the apply with nothing to do, the peer is `chaosc diff`. Each line is the median of N runs: wall
seconds, requests that the API server saw (its audit log), peak memory.
`--limits` exits with 1 where a line is over its limit: use it on an idle machine only.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from diff import Bench
from scale import generate

WRITES = {"patch": "PATCH", "create": "POST", "update": "PUT", "delete": "DELETE"}


class Writes(Bench):
    """One bundle that comes and goes."""

    def __init__(self, folder: Path, namespace: str, arguments: argparse.Namespace) -> None:
        super().__init__(folder, argparse.Namespace(**{**vars(arguments), "runs": 1}))
        self.namespace = namespace

    def command(self, *arguments: str) -> list:
        return [self.program, *arguments]

    def recorded(self, since: int, bodies: dict, is_wanted) -> None:
        """Writes down requests of chaosc for the bare loop."""
        lines = []
        for event in self.seen(since, "chaosc"):
            reference = event.get("objectRef", {})
            method = WRITES.get(event["verb"], "GET")
            if not is_wanted(event) or reference.get("resource") == "namespaces":
                continue
            body = bodies.get((reference.get("resource"), reference.get("name"))) if method == "PATCH" else None
            if method == "PATCH" and body is None:
                body = json.dumps({"spec": {"suspend": True}})
            lines.append(f"{method} {event['requestURI']} {body or ''}".strip())
        (self.folder / "requests.txt").write_text("\n".join(lines) + "\n")

    def empty(self) -> None:
        self.run([self.kubectl, "delete", "namespace", self.namespace, "--ignore-not-found"])

    def cycle(self) -> dict:
        """One run: everything comes, stays and goes, by chaosc and by the bare loop."""
        rows = {}
        shown = json.loads(self.run([self.program, "diff", "--quiet", "--format", "json"]))
        objects = [change["after"] for change in shown["changes"]]
        bodies = {(one["kind"].lower() + "s", one["metadata"]["name"]): json.dumps(one) for one in objects}
        apply = self.command("apply", "--quiet", "--yes", "--no-wait")
        before = self.lines()
        rows["apply, all new"] = self.measure(apply)
        self.recorded(before, bodies, lambda event: event["verb"] == "patch" and "dryRun" not in event["requestURI"])
        first = (self.folder / "requests.txt").read_text()
        rows["diff, nothing to do"] = self.measure([self.program, "diff", "--quiet"])
        before = self.lines()
        rows["apply, nothing to do"] = self.measure(apply)
        written = [event for event in self.seen(before, "chaosc") if event["verb"] in WRITES]
        if written:
            sys.exit(f"an apply with nothing to do has written: {written[0]}")
        before = self.lines()
        rows["delete"] = self.measure(self.command("delete", "--quiet", "--yes"))
        self.recorded(before, {}, lambda event: event["verb"] != "create")
        last = (self.folder / "requests.txt").read_text()
        self.empty()
        self.run([self.kubectl, "create", "namespace", self.namespace])
        (self.folder / "requests.txt").write_text(first)
        rows["bare loop of the same writes"] = self.measure([self.bare, "requests.txt"])
        (self.folder / "requests.txt").write_text(last)
        rows["bare loop of the same deletions"] = self.measure([self.bare, "requests.txt"])
        self.empty()
        rows["objects"] = len(objects)
        return rows


def main() -> None:
    """Measures and prints everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--program", default=None, help="the release build of chaosc")
    parser.add_argument("--limits", action="store_true")
    arguments = parser.parse_args()
    namespace = f"bench-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="chaosc-bench-") as scratch:
        folder = Path(scratch) / "bundle"
        # Ten experiments share a schedule, which is four objects: 1.4 objects an experiment.
        generate(folder, int(arguments.objects / 14) * 10)
        toml = folder / "chaos.toml"
        toml.write_text(toml.read_text().replace('name = "go-app"', f'name = "{namespace}"', 1))
        for experiment in (folder / "experiments").iterdir():
            experiment.write_text(experiment.read_text().replace("ns: go-app", f"ns: {namespace}"))
        bench = Writes(folder, namespace, arguments)
        try:
            cycles = [bench.cycle() for _ in range(arguments.runs)]
        finally:
            bench.empty()
    sys.exit(report(cycles, arguments))


def report(cycles: list, arguments: argparse.Namespace) -> int:
    """Prints the table and what is over its limit."""
    print(f"{cycles[0]['objects']} objects; median of {arguments.runs} runs")
    print(f"{'':40} {'wall s':>8} {'requests':>9} {'MB':>6}")
    names = [name for name in cycles[0] if name != "objects"]
    rows = {
        name: {key: statistics.median(cycle[name][key] for cycle in cycles) for key in ("wall", "requests", "memory")}
        for name in names
    }
    for name, row in rows.items():
        print(f"{name:40} {row['wall']:8.3f} {row['requests']:9.0f} {row['memory']:6.0f}")
    wall = {name: row["wall"] for name, row in rows.items()}
    limits = [
        ("apply, times the bare loop", wall["apply, all new"] / wall["bare loop of the same writes"], 1.3),
        ("apply with nothing to do, times the diff", wall["apply, nothing to do"] / wall["diff, nothing to do"], 1.1),
        ("delete, times the bare loop", wall["delete"] / wall["bare loop of the same deletions"], 1.3),
    ]
    over = [limit for limit in limits if limit[1] > limit[2]]
    for name, value, limit in limits:
        print(f"{'OVER  ' if value > limit else 'within'}  {name}: {value:.3f}, limit {limit:.3f}")
    return 1 if over and arguments.limits else 0


if __name__ == "__main__":
    main()
