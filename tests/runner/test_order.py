"""Experiments run in the given order; the first one that fails ends the line."""

import shutil
import subprocess
import sys
import unittest

from pod import Pod, py, sh, side_by_side


def load_tests(loader, tests, pattern):
    return side_by_side(tests)


def failing_hypothesis():
    """After the method it is not met: exit 1, deviated (chaostoolkit/commands/run.py)."""
    probe = sh("probe", "test ! -e ../harm", tolerance=0)
    probe["type"] = "probe"
    return {"steady-state-hypothesis": {"title": "h", "probes": [probe]}}


class Order(unittest.TestCase):
    def test_as_named_one_after_the_other(self):
        pod = Pod(self)
        for name in ("b", "a", "c"):
            pod.experiment(name, [sh("act", "echo %s-in >> ../log; sleep 0.2; echo %s-out >> ../log" % (name, name))])
        result = pod.run("b", "a", "c")
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(pod.read("log").split(), "b-in b-out a-in a-out c-in c-out".split())
        for name in "bac":
            self.assertEqual(result.line(name), "chaosc: %s: completed, exit 0" % name)
            self.assertEqual(pod.journal(name)["status"], "completed")

    def test_the_first_that_does_not_exit_with_0_ends_the_line(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")])
        pod.experiment("b", [sh("act", "touch ../harm")], **failing_hypothesis())
        pod.experiment("c", [sh("act", "touch ../c-ran")])
        pod.experiment("d", [sh("act", "touch ../d-ran")])
        result = pod.run("a", "b", "c", "d")
        self.assertEqual(result.code, 1)
        self.assertEqual(result.line("b"), "chaosc: b: completed, deviated, exit 1")
        self.assertEqual(result.line("c"), "chaosc: c: not run (b: exit 1)")
        self.assertEqual(result.line("d"), "chaosc: d: not run (b: exit 1)")
        self.assertFalse((pod.work / "c-ran").exists() or (pod.work / "d-ran").exists())

    def test_the_summary_counts_rollbacks_that_failed(self):
        # A process that exits with 1 is "succeeded" to chaoslib; an exception is not.
        pod = Pod(self)
        missing = py("back", "touch", path="/nonexistent/folder/file")
        pod.experiment("a", [sh("act", "true")], rollbacks=[missing, sh("more", "true")])
        result = pod.run("a")
        self.assertEqual(result.line("a"), "chaosc: a: completed, 1 of 2 rollbacks not succeeded, exit 0")

    def test_an_experiment_that_chaos_refuses(self):
        pod = Pod(self)
        pod.write("a", "experiment.json", '{"title": "no method"}')
        pod.write("a", "run.json", '{"env": {}, "variables": {}, "timeout": 60, "grace": 5}')
        result = pod.run("a")
        self.assertEqual(result.code, 1)
        self.assertEqual(result.line("a"), "chaosc: a: no journal, exit 1")

    def test_chaos_that_is_killed(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "kill -KILL $PPID")])
        result = pod.run("a")
        self.assertEqual(result.code, 137)
        # The shell that kills its parent may outlive it by a moment.
        line = result.line("a").replace(", ended processes that it left behind", "")
        self.assertEqual(line, "chaosc: a: no journal, chaos was ended by signal 9, exit 137")

    def test_a_journal_of_an_earlier_run_does_not_count(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "kill -KILL $PPID")])
        (pod.work / "journals").mkdir()
        (pod.work / "journals/a.json").write_text('{"status": "completed"}')
        self.assertIn("no journal", pod.run("a").line("a"))

    def test_exit_0_without_a_usable_journal_is_no_success(self):
        # A control runs after the journal's content is fixed, not after it is written; so a
        # child that outlives chaos for a moment cuts the file.
        for name, damage, words in (
            ("cut", "truncate -s 20", "journal is not complete"),
            ("gone", "rm", "no journal"),
        ):
            with self.subTest(name):
                pod = Pod(self)
                wait = "trap '' TERM; until grep -q duration ../journals/a.json; do sleep 0.01; done"
                script = "(%s; sleep 0.5; %s ../journals/a.json) >/dev/null 2>&1 &" % (wait, damage)
                pod.experiment("a", [sh("act", script)])
                result = pod.run("a")
                self.assertEqual(result.code, 70)
                self.assertIn("chaosc: a: %s" % words, result.line("a"))


class Pid1(unittest.TestCase):
    """In a PID namespace of its own, as in a container."""

    def setUp(self):
        self.prefix = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
        probe = shutil.which("unshare") and subprocess.run([*self.prefix, "true"], capture_output=True)
        if not probe or probe.returncode != 0:
            self.skipTest("this machine allows no PID namespace")

    def test_orphans_are_reaped(self):
        # A grandchild loses its parent and ends: with nobody to reap it, it stays as a zombie.
        pod = Pod(self)
        pod.experiment("a", [
            sh("orphan", "(sh -c 'echo $$ > ../orphan; sleep 0.2' >/dev/null 2>&1 &)"),
            sh("look", "sleep 1; test -d /proc/$(cat ../orphan) && touch ../zombie; echo $PPID"),
        ])
        result = pod.run("a", prefix=self.prefix)
        self.assertEqual(result.code, 0, result.err)
        self.assertLess(int(pod.journal("a")["run"][1]["output"]["stdout"]), 20)
        self.assertTrue((pod.work / "orphan").exists())
        self.assertFalse((pod.work / "zombie").exists())

    def test_a_stop_is_heard(self):
        # The kernel drops signals for PID 1 that it has no handler for.
        pod = Pod(self)
        stop = sh("act", "touch ../began; kill -TERM 1; exec sleep 300")
        pod.experiment("a", [stop], rollbacks=[sh("back", "true")])
        result = pod.run("a", prefix=self.prefix)
        self.assertEqual(result.code, 143, result.err)
        self.assertEqual(pod.rollbacks("a"), [("back", "succeeded")])


class Chaos(unittest.TestCase):
    """How Chaos Toolkit is found."""

    def test_as_a_module_of_the_same_python(self):
        pod = Pod(self)
        pod.env["PATH"] = "/usr/bin:/bin"
        pod.experiment("a", [sh("act", "true")])
        self.assertEqual(pod.run("a").code, 0)

    def test_not_at_all(self):
        pod = Pod(self)
        pod.env["PATH"] = "/usr/bin:/bin"
        pod.experiment("a", [sh("act", "true")])
        # -S: without site-packages.
        start = (
            "import os, runpy, sys; sys.argv = sys.argv[2:];"
            "sys.path.insert(0, os.path.dirname(sys.argv[0]));"
            "runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        result = pod.run("a", prefix=(sys.executable, "-S", "-c", start))
        self.assertEqual(result.code, 70, result.err)
        self.assertIn("chaosc: error: found neither `chaos` on the PATH", result.out)
