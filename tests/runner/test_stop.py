"""A stop or a timeout ends what runs, and the rollbacks are played whatever that was."""

import signal
import sys
import time
import unittest

from pod import Pod, py, sh, side_by_side


def load_tests(loader, tests, pattern):
    return side_by_side(tests)


BACK = sh("back", "true")
PLAYED = [("back", "succeeded")]


class Stopped(unittest.TestCase):
    """SIGTERM to the runner, as the kubelet sends it."""

    def stopped(self, method, file="began", code=143, rollbacks=PLAYED, **more):
        pod = Pod(self)
        pod.experiment("a", method(pod), rollbacks=[BACK], **more)
        process = pod.start("a")
        pod.stop(process, file)
        sent = time.monotonic()
        result = pod.end(process)
        self.assertEqual(result.code, code, result.err)
        self.assertEqual(result.line("a"), "chaosc: a: interrupted, stopped by SIGTERM, exit 143")
        self.assertEqual(pod.journal("a")["status"], "interrupted")
        self.assertEqual(pod.rollbacks("a"), rollbacks)
        # None of these may use up the grace of 20 s.
        self.assertLess(time.monotonic() - sent, 15)
        return pod

    def test_in_a_process_action(self):
        self.stopped(lambda pod: [sh("act", "touch ../began; exec sleep 300")])

    def test_in_a_python_action(self):
        # chaoslib/provider/python.py makes "activity failed" of chaoslib's own InterruptExecution
        # and goes on with the method: the second action must not begin.
        pod = self.stopped(lambda pod: [
            py("act", "touch_and_sleep", path="../began", seconds=300),
            py("next", "touch", path="../went-on"),
        ])
        self.assertFalse((pod.work / "went-on").exists())

    def test_in_a_python_action_that_swallows_exceptions(self):
        self.stopped(lambda pod: [py("act", "touch_and_ignore_exceptions", path="../began", seconds=300)])

    def test_in_a_pause_before(self):
        self.stopped(lambda pod: [
            sh("first", "touch ../began"),
            sh("act", "true", pauses={"before": 300}),
        ])

    def test_in_a_pause_after(self):
        self.stopped(lambda pod: [sh("act", "touch ../began", pauses={"after": 300})])

    def test_in_an_action_with_a_pause_after(self):
        # chaoslib/activity.py sleeps `pauses.after` in a `finally`, also on the way out.
        self.stopped(lambda pod: [
            sh("act", "touch ../began; exec sleep 300", pauses={"after": 300}),
        ])

    def test_in_a_probe_of_the_hypothesis(self):
        probe = sh("probe", "touch ../began; exec sleep 300", tolerance=0)
        probe["type"] = "probe"
        pod = self.stopped(
            lambda pod: [py("act", "touch", path="../went-on")],
            **{"steady-state-hypothesis": {"title": "h", "probes": [probe]}},
        )
        self.assertFalse((pod.work / "went-on").exists())

    def test_while_a_background_process_runs(self):
        # chaoslib/run.py, apply_activities, waits for it before the rollbacks.
        self.stopped(lambda pod: [
            sh("load", "trap '' TERM; touch ../load; sleep 300", background=True),
            sh("act", "while ! test -e ../load; do sleep 0.05; done; touch ../began; exec sleep 300"),
        ])

    def test_while_a_background_function_runs(self):
        # Nothing ends a sleeping thread. Rollbacks do not wait for it; whether the process does
        # depends on the version of Python, then the grace ends it.
        pod = Pod(self)
        load = py("load", "touch_and_sleep", path="../began", seconds=300)
        pod.experiment("a", [dict(load, background=True), sh("act", "exec sleep 300")],
                       rollbacks=[BACK], grace=8)
        process = pod.start("a")
        pod.stop(process, "began")
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(pod.rollbacks("a"), PLAYED)
        self.assertIn("a: interrupted, stopped by SIGTERM", result.line("a"))

    def test_with_controls_of_the_experiment(self):
        # chaoslib/control/__init__.py, get_context_controls: they replace global ones.
        control = {"name": "own", "provider": {"type": "python", "module": "activities"}}
        self.stopped(
            lambda pod: [py("act", "touch_and_sleep", path="../began", seconds=300)],
            controls=[control],
        )

    def test_in_a_background_pause_the_action_does_not_begin_any_more(self):
        pod = Pod(self)
        late = dict(py("late", "touch", path="../late"), background=True, pauses={"before": 6})
        pod.experiment("a", [late, sh("act", "touch ../began; exec sleep 300")],
                       rollbacks=[sh("slow", "sleep 6")], grace=12)
        process = pod.start("a")
        pod.stop(process, "began")
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(pod.rollbacks("a"), [("slow", "succeeded")])
        self.assertFalse((pod.work / "late").exists())

    def test_in_the_rollbacks_they_are_finished(self):
        # chaoslib/run.py, run_rollback, would give up the rest.
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")], rollbacks=[
            sh("slow", "touch ../began; sleep 2"), BACK,
        ])
        process = pod.start("a")
        pod.stop(process, "began")
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(pod.rollbacks("a"), [("slow", "succeeded"), ("back", "succeeded")])
        self.assertEqual(pod.journal("a")["rollbacks"][0]["output"]["status"], 0)

    def test_twice_is_as_once(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "touch ../began; exec sleep 300")], rollbacks=[
            sh("slow", "touch ../back; sleep 2"), BACK,
        ])
        process = pod.start("a")
        pod.stop(process, "began")
        process.send_signal(signal.SIGTERM)
        pod.stop(process, "back")
        process.send_signal(signal.SIGINT)
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(pod.rollbacks("a"), [("slow", "succeeded"), ("back", "succeeded")])
        self.assertEqual(result.out.count("SIGTERM received"), 1)

    def test_sigint_is_a_stop_too(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "touch ../began; exec sleep 300")], rollbacks=[BACK])
        process = pod.start("a")
        pod.stop(process, "began", signal.SIGINT)
        self.assertEqual(pod.end(process).code, 130)
        self.assertEqual(pod.rollbacks("a"), PLAYED)

    def test_the_next_experiments_are_not_run(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "touch ../began; exec sleep 300")])
        pod.experiment("b", [sh("act", "true")])
        process = pod.start("a", "b")
        pod.stop(process, "began")
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(result.line("b"), "chaosc: b: not run (a: exit 143)")
        self.assertFalse((pod.work / "journals/b.json").exists())

    def test_a_stop_that_hits_the_end_of_an_experiment_keeps_the_next_from_running(self):
        # As the last thing the experiment stops its own runner: the signal comes while chaos
        # writes the journal, or between the two experiments.
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")], rollbacks=[sh("back", "kill -TERM $RUNNER_PID")])
        pod.experiment("b", [sh("act", "true")])
        pod.env["RUNNER_PID"] = ""
        process = pod.start("a", "b", prefix=("sh", "-c", 'RUNNER_PID=$$ exec "$@"', "sh"))
        result = pod.end(process)
        self.assertEqual(result.code, 143)
        self.assertEqual(pod.journal("a")["status"], "completed")
        self.assertIn("chaosc: b: not run", result.line("b"))


class StoppedEarly(unittest.TestCase):
    """Wherever the start-up is hit: nothing ran, or the rollbacks did."""

    def test_before_the_first_process(self):
        # exec keeps the mask and pending signals: this one waits before Python is there.
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")])
        send = (
            "import os, signal, sys;"
            "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM});"
            "os.kill(os.getpid(), signal.SIGTERM); os.execv(sys.argv[1], sys.argv[1:])"
        )
        result = pod.run("a", prefix=(sys.executable, "-c", send))
        self.assertEqual(result.code, 143)
        self.assertEqual(result.line("a"), "chaosc: a: not run (SIGTERM received)")

    def test_at_any_moment_of_the_start_of_chaos(self):
        # 0 to 2 s: from Python's imports to the action, on slow and fast machines.
        for step in range(0, 20):
            with self.subTest(after=step / 10):
                pod = Pod(self)
                pod.experiment("a", [sh("act", "touch ../acted; exec sleep 300")],
                               rollbacks=[sh("back", "touch ../back")])
                process = pod.start("a")
                process.stdout.readline()  # "a: starts"
                time.sleep(step / 10)
                process.send_signal(signal.SIGTERM)
                result = pod.end(process)
                self.assertEqual(result.code, 143)
                if (pod.work / "acted").exists():
                    self.assertTrue((pod.work / "back").exists(), result.err)
                    self.assertEqual(pod.journal("a")["status"], "interrupted")


class TimedOut(unittest.TestCase):
    def test_rollbacks_are_played(self):
        for kind, action in (
            ("process", sh("act", "exec sleep 300")),
            ("python", py("act", "touch_and_sleep", path="../began", seconds=300)),
            ("pause", sh("act", "true", pauses={"after": 300})),
        ):
            with self.subTest(kind):
                pod = Pod(self)
                pod.experiment("a", [action], rollbacks=[BACK], timeout=4)
                pod.experiment("b", [sh("act", "true")])
                result = pod.run("a", "b")
                self.assertEqual(result.code, 124, result.err)
                self.assertEqual(
                    result.line("a"), "chaosc: a: interrupted, timed out after 4 s, exit 124")
                self.assertEqual(result.line("b"), "chaosc: b: not run (a: exit 124)")
                self.assertEqual(pod.journal("a")["status"], "interrupted")
                self.assertEqual(pod.rollbacks("a"), PLAYED)

    def test_a_rollback_that_hangs_is_killed_after_the_grace(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")], timeout=4, grace=2, rollbacks=[
            sh("hang", "echo $$ > ../hanging; trap '' TERM; while :; do sleep 0.1; done"),
        ])
        result = pod.run("a")
        self.assertEqual(result.code, 124)
        self.assertEqual(
            result.line("a"),
            "chaosc: a: no journal, timed out after 4 s, killed after 2 s for rollbacks, exit 124")
        self.assertFalse(running(int(pod.read("hanging"))))


def running(pid):
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class LeftBehind(unittest.TestCase):
    def test_what_an_experiment_leaves_running_is_ended(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "sleep 300 >/dev/null 2>&1 & echo $! > ../left")])
        result = pod.run("a")
        self.assertEqual(result.code, 0)
        self.assertEqual(
            result.line("a"), "chaosc: a: completed, ended processes that it left behind, exit 0")
        self.assertFalse(running(int(pod.read("left"))))
