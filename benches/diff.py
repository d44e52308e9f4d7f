#!/usr/bin/env python3
"""Measures `chaosc diff` against a real API server, with its peers in the same run.

    cargo build --release --bin chaosc --bench bare
    ./test --cluster python3 benches/diff.py [--runs N] [--objects N] [--latency MS] [--limits]

The bundle is applied once; then ten schedules are changed in chaos.toml, and each line is the median of N runs: wall
seconds, requests that the API server saw (its audit log), peak memory. The peers are `kubectl diff --server-side` over
the same objects, and a bare loop that sends the very requests of `chaosc diff --thorough` and looks at nothing.
With a latency, all requests go through a proxy on loopback that holds back each direction for half of it.
`--limits` exits with 1 where a line is over its limit: use it on an idle machine only.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from measured import measured
from scale import generate

ROOT = Path(__file__).resolve().parent.parent
CHANGED = 10


class Proxy:
    """Passes connections on to the API server, each direction late by half of the latency."""

    def __init__(self, host: str, port: int, latency: float) -> None:
        self.target, self.delay = (host, port), latency / 2
        self.loop, started = asyncio.new_event_loop(), threading.Event()

        def run() -> None:
            asyncio.set_event_loop(self.loop)
            server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0))
            self.port = server.sockets[0].getsockname()[1]
            started.set()
            self.loop.run_forever()

        threading.Thread(target=run, daemon=True).start()
        started.wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(*self.target)
        await asyncio.gather(self.pass_on(reader, there[1]), self.pass_on(there[0], writer))

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each piece leaves when its time has come; pieces that follow each other do not wait for one another."""
        due: asyncio.Queue = asyncio.Queue()

        async def leave() -> None:
            while (entry := await due.get()) is not None:
                at, piece = entry
                await asyncio.sleep(max(0, at - self.loop.time()))
                writer.write(piece)
                await writer.drain()
            writer.close()

        leaving = asyncio.ensure_future(leave())
        with contextlib.suppress(ConnectionError):
            while piece := await reader.read(1 << 16):
                due.put_nowait((self.loop.time() + self.delay, piece))
        due.put_nowait(None)
        with contextlib.suppress(ConnectionError):
            await leaving


class Bench:
    """One bundle in one cluster."""

    def __init__(self, folder: Path, namespace: str, arguments: argparse.Namespace) -> None:
        target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
        self.program = arguments.program or target / "release" / "chaosc"
        built = [path for path in (target / "release" / "deps").glob("bare-*") if not path.suffix]
        if not built:
            sys.exit("the bare loop is missing: cargo build --release --bin chaosc --bench bare")
        self.bare = max(built, key=lambda path: path.stat().st_mtime)
        self.kubectl = os.environ["CHAOSC_TEST_KUBECTL"]
        self.audit = Path(os.environ["CHAOSC_TEST_AUDIT_LOG"])
        self.kubeconfig = Path(os.environ["CHAOSC_TEST_KUBECONFIG"])
        self.folder, self.namespace, self.runs = folder, namespace, arguments.runs

    def run(self, command: list, codes: tuple = (0,)) -> str:
        """Runs a command and returns what it printed."""
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        done = subprocess.run([str(word) for word in command], cwd=self.folder, env=environment, capture_output=True, text=True)
        if done.returncode not in codes:
            sys.exit(f"{command} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def chaosc(self, *arguments: str) -> list:
        return [self.program, "diff", "--quiet", *arguments]

    def through(self, latency: float) -> None:
        """Lets all following requests take longer."""
        text = self.kubeconfig.read_text()
        host, port = re.search(r"server: https://([^:]+):(\d+)", text).groups()
        proxy = Proxy(host, int(port), latency / 1000)
        self.kubeconfig = self.folder / "through-proxy.kubeconfig"
        self.kubeconfig.write_text(text.replace(f"{host}:{port}", f"{host}:{proxy.port}"))

    def apply(self) -> None:
        """Applies what the diff shows, by kubectl, as chaosc."""
        changes = json.loads(self.run(self.chaosc("--format", "json")))
        documents = "".join(f"---\n{json.dumps(change['after'])}\n" for change in changes["changes"] if change.get("after"))
        (self.folder / "applied.yaml").write_text(documents)
        self.run([self.kubectl, "apply", "--server-side", "--field-manager=chaosc", "-f", "applied.yaml"])

    def change(self) -> None:
        """Changes ten schedules, in chaos.toml and in what kubectl compares."""
        toml = self.folder / "chaos.toml"
        toml.write_text(re.sub(r'cron = "(\d+) \* ', r'cron = "\1 1 ', toml.read_text(), count=CHANGED))
        applied = self.folder / "applied.yaml"
        applied.write_text(re.sub(r'"schedule": "(\d+) \* ', r'"schedule": "\1 1 ', applied.read_text(), count=CHANGED))

    def measure(self, command: list, codes: tuple = (0,)) -> dict:
        """Runs a command several times and returns the medians."""
        took, requests = [], []
        environment = {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
        for _ in range(self.runs):
            before = self.lines()
            took.append(measured(command, self.folder, codes, environment))
            requests.append(len(self.seen(before, Path(str(command[0])).name)))
        found = {key: statistics.median(one[key] for one in took) for key in ("wall", "memory")}
        return {**found, "requests": statistics.median(requests)}

    def side_by_side(self, *commands: list) -> list:
        """Runs commands in turns, so that an hour of a shared machine is the same to all, and returns the medians of each."""
        turns, self.runs = self.runs, 1
        measured_turns = [[self.measure(command) for command in commands] for _ in range(turns)]
        self.runs = turns
        return [{key: statistics.median(one[key] for one in row) for key in row[0]} for row in zip(*measured_turns)]

    def lines(self) -> int:
        with self.audit.open("rb") as log:
            return log.seek(0, os.SEEK_END)

    def seen(self, since: int, program: str) -> list:
        """Returns the requests that the API server has seen from a program."""
        with self.audit.open("rb") as log:
            log.seek(since)
            events = [json.loads(line) for line in log if line.endswith(b"\n")]
        agent = program.split("-")[0]
        return [event for event in events if event.get("userAgent", "").startswith(agent)]

    def record(self) -> int:
        """Writes down the requests of `diff --thorough` for the bare loop, and returns their number."""
        before = self.lines()
        self.run(self.chaosc("--thorough"))
        objects = {}
        for line in (self.folder / "now.yaml").read_text().split("---\n"):
            if line.strip():
                one = json.loads(line)
                objects[(one["kind"].lower() + "s", one["metadata"]["name"])] = line.strip()
        requests = []
        for event in self.seen(before, "chaosc"):
            verb = {"patch": "PATCH", "create": "POST"}.get(event["verb"], "GET")
            name = event["objectRef"].get("name", "") if "objectRef" in event else ""
            kinds = event.get("objectRef", {}).get("resource", "")
            body = objects.get((kinds, name), "")
            requests.append(f"{verb} {event['requestURI']} {body if verb == 'PATCH' else ''}")
        (self.folder / "requests.txt").write_text("\n".join(requests) + "\n")
        return len(requests)


def main() -> None:
    """Measures and prints everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--objects", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=50)
    parser.add_argument("--program", default=None, help="the release build of chaosc")
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--no-peers", action="store_true", help="for many objects: kubectl takes minutes there")
    arguments = parser.parse_args()
    rows, namespace = {}, f"bench-{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix="chaosc-bench-") as scratch:
        folder = Path(scratch) / "bundle"
        # Ten experiments share a schedule, which is four objects: 1.4 objects an experiment.
        generate(folder, int(arguments.objects / 14) * 10)
        toml = folder / "chaos.toml"
        toml.write_text(toml.read_text().replace('name = "go-app"', f'name = "{namespace}"', 1))
        for experiment in (folder / "experiments").iterdir():
            experiment.write_text(experiment.read_text().replace("ns: go-app", f"ns: {namespace}"))
        bench = Bench(folder, namespace, arguments)
        try:
            measure_all(bench, rows, arguments)
        finally:
            bench.run([bench.kubectl, "delete", "namespace", namespace, "--wait=false", "--ignore-not-found"])
    sys.exit(report(rows, arguments))


def measure_all(bench: Bench, rows: dict, arguments: argparse.Namespace) -> None:
    """Measures each line, first directly, then with the latency."""
    rows["diff, all new, namespace missing"] = bench.measure(bench.chaosc())
    for format in ("json", "markdown"):
        rows[f"the same, --format {format}"] = bench.measure(bench.chaosc("--format", format))
    bench.run([bench.kubectl, "create", "namespace", bench.namespace])
    rows["diff, all new, namespace there"] = bench.measure(bench.chaosc())
    bench.run([bench.kubectl, "delete", "namespace", bench.namespace])
    bench.apply()
    rows["diff, nothing changed"] = bench.measure(bench.chaosc())
    bench.change()
    changes = json.loads(bench.run(bench.chaosc("--format", "json")))
    written = [change for change in changes["changes"] if change["action"] == "update"]
    if len(written) != CHANGED + 1:
        sys.exit(f"{len(written)} rows instead of ten schedules and the inventory")
    after = {(change["object"]["kind"], change["object"]["name"]): change["after"] for change in written}
    now = []
    for line in (bench.folder / "applied.yaml").read_text().split("---\n"):
        if line.strip():
            one = json.loads(line)
            is_parent = one["metadata"]["name"].endswith("bench-chaos")
            now.append(json.dumps(after[("ConfigMap", one["metadata"]["name"])] if is_parent else one))
    (bench.folder / "now.yaml").write_text("".join(f"---\n{line}\n" for line in now))
    rows["objects"] = len(now)
    for latency in (0, arguments.latency):
        label = f", {latency:.0f} ms away" if latency else ""
        if latency:
            bench.through(latency)
        rows[f"diff, ten changed{label}"] = bench.measure(bench.chaosc())
        thorough = bench.chaosc("--thorough")
        if arguments.no_peers:
            rows[f"diff --thorough, ten changed{label}"] = bench.measure(thorough)
            continue
        bench.record()
        found = bench.side_by_side(thorough, [bench.bare, "requests.txt"])
        rows[f"diff --thorough, ten changed{label}"], rows[f"bare loop of the same requests{label}"] = found
        kubectl = [bench.kubectl, "diff", "--server-side", "--field-manager=chaosc", "-f", "now.yaml"]
        runs, bench.runs = bench.runs, 1 if latency else min(bench.runs, 3)
        rows[f"kubectl diff --server-side{label}"] = bench.measure(kubectl, (0, 1))
        bench.runs = runs


def report(rows: dict, arguments: argparse.Namespace) -> int:
    """Prints the table and what is over its limit."""
    print(f"{rows.pop('objects')} objects in the cluster, {CHANGED} changed; median of {arguments.runs} runs")
    print(f"{'':52} {'wall s':>8} {'requests':>9} {'MB':>6}")
    for name, row in rows.items():
        print(f"{name:52} {row['wall']:8.3f} {row['requests']:9.0f} {row['memory']:6.0f}")
    own = [row["memory"] for name, row in rows.items() if not name.startswith(("bare", "kubectl"))]
    limits = [("memory of the largest diff, MB", max(own), 200)]
    if not arguments.no_peers:
        for label in ("", f", {arguments.latency:.0f} ms away"):
            diff, peer = rows[f"diff, ten changed{label}"], rows[f"kubectl diff --server-side{label}"]
            thorough, bare = rows[f"diff --thorough, ten changed{label}"], rows[f"bare loop of the same requests{label}"]
            limits.append((f"part of kubectl's time{label}", diff["wall"] / peer["wall"], 1 / 20))
            limits.append((f"thorough, times the bare loop{label}", thorough["wall"] / bare["wall"], 1.3))
        # Kinds, changed objects, and a few for the server's version, the namespace, the inventory and further pages.
        limits.append(("requests of diff", rows["diff, ten changed"]["requests"], 7 + CHANGED + 12))
    over = [limit for limit in limits if limit[1] > limit[2]]
    for name, value, limit in limits:
        print(f"{'OVER  ' if value > limit else 'within'}  {name}: {value:.3f}, limit {limit:.3f}")
    return 1 if over and arguments.limits else 0


if __name__ == "__main__":
    main()
