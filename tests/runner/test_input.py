"""What the pod mounts reaches the experiment unchanged, and only the one that it is for."""

import json
import os
import shutil
import stat
import subprocess
import unittest

from pod import Pod, py, sh, side_by_side


def load_tests(loader, tests, pattern):
    return side_by_side(tests)


def write_env(file):
    return sh("act", "env -0 > ../%s" % file)


def parse_env(text):
    return dict(pair.split("=", 1) for pair in text.split("\0") if pair)


class Environment(unittest.TestCase):
    def test_each_experiment_has_its_own(self):
        pod = Pod(self)
        pod.env["POD"] = "pod"
        pod.experiment("a", [write_env("a.env")], env={"ONE": "1", "POD": "a"})
        pod.experiment("b", [write_env("b.env")], env={"TWO": "yes: é\n$HOME ${x}"})
        pod.secret("a", {"TOKEN": b"s3cret\n"})
        result = pod.run("a", "b")
        self.assertEqual(result.code, 0, result.err)
        a, b = parse_env(pod.read("a.env")), parse_env(pod.read("b.env"))
        self.assertEqual((a["ONE"], a["POD"], a["TOKEN"]), ("1", "a", "s3cret\n"))
        self.assertEqual((b["TWO"], b["POD"]), ("yes: é\n$HOME ${x}", "pod"))
        self.assertFalse({"ONE", "TOKEN"} & set(b))
        self.assertNotIn("TWO", a)
        # What the runner needs for itself does not reach activities.
        self.assertEqual(a["PYTHONPATH"], pod.env["PYTHONPATH"])
        self.assertNotIn("s3cret", result.out + result.err)

    def test_each_has_its_own_folder(self):
        pod = Pod(self)
        for name in ("a", "b"):
            pod.experiment(name, [sh("act", "pwd > where")])
        pod.run("a", "b")
        self.assertEqual(pod.read("a/where").strip(), os.path.realpath(pod.work / "a"))
        self.assertEqual(pod.read("b/where").strip(), os.path.realpath(pod.work / "b"))

    def test_secrets_are_bytes_and_win_over_env(self):
        pod = Pod(self)
        pod.experiment("a", [sh("act", "printf %s \"$RAW\" > ../raw; printf %s \"$BOTH\" > ../both")],
                       env={"BOTH": "env"})
        pod.secret("a", {"RAW": b"\xff\xfe=\n x", "BOTH": b"secret", ".hidden": b"h"})
        self.assertEqual(pod.run("a").code, 0)
        self.assertEqual((pod.work / "raw").read_bytes(), b"\xff\xfe=\n x")
        self.assertEqual(pod.read("both"), "secret")

    def test_an_experiment_reads_its_secrets_from_the_environment(self):
        pod = Pod(self)
        pod.secret("a", {"TOKEN": b"t0ken"})
        pod.experiment("a", [py("act", "dump", path="../seen", value="${token}")],
                       configuration={"token": {"type": "env", "key": "TOKEN"}})
        self.assertEqual(pod.run("a").code, 0)
        self.assertEqual(pod.read("seen"), "'t0ken'")


VALUES = {
    "yes": "yes", "octal": "012", "float_text": "1e3", "int_text": "7", "int": 7, "big": 2**70,
    "float": 1.5, "whole_float": 3.0, "true": True, "true_text": "true", "null": None, "empty": "",
    "unicode": "é \u2028 \U0001f600", "template": "${int} $int $$", "date": "2026-01-01",
    "nested": {"a": [1, "1", {"b": None}], "c": {}}, "list": ["x", 1.0], "line": "a\nb\t\"'\\",
}


class Variables(unittest.TestCase):
    def test_any_json_value_replaces_the_declared_one_unchanged(self):
        pod = Pod(self)
        # chaoslib/loader.py opens files in the locale's encoding: one that is not UTF-8.
        pod.env["LC_ALL"] = "C"
        pod.experiment(
            "a",
            [py(key, "dump", path="../%s.seen" % key, value="${%s}" % key) for key in VALUES],
            configuration={key: "declared" for key in VALUES},
            variables=VALUES,
        )
        result = pod.run("a")
        self.assertEqual(result.code, 0, result.err)
        for key, value in VALUES.items():
            with self.subTest(key):
                self.assertEqual(pod.read(key + ".seen"), ascii(value))

    def test_a_variable_replaces_a_reference_to_an_environment_that_is_not_there(self):
        # chaoslib/experiment.py validates the configuration before variables are applied.
        for kind in ("str", "int", "float", "bytes", "bool", "json"):
            with self.subTest(kind):
                pod = Pod(self)
                reference = {"type": "env", "key": "NOT_THERE", "env_var_type": kind}
                pod.experiment("a", [py("act", "dump", path="../seen", value="${v}")],
                               configuration={"v": reference}, variables={"v": "x"})
                result = pod.run("a")
                self.assertEqual(result.code, 0, result.err)
                self.assertEqual(pod.read("seen"), "'x'")
                self.assertEqual(pod.journal("a")["experiment"]["configuration"], {"v": reference})

    def test_a_reference_that_no_variable_replaces_still_fails(self):
        pod = Pod(self)
        missing = {"type": "env", "key": "NOT_THERE"}
        pod.experiment("a", [sh("act", "true")], configuration={"v": 1, "w": missing}, variables={"v": 2})
        self.assertEqual(pod.run("a").line("a"), "chaosc: a: no journal, exit 1")

    def test_what_is_not_declared_is_refused(self):
        # chaoslib/configuration.py would drop it without a word.
        for configuration in ({"other": 1}, {}):
            pod = Pod(self)
            pod.experiment("a", [sh("act", "true")], configuration=configuration, variables={"v": 1})
            result = pod.run("a")
            self.assertEqual(result.code, 70)
            self.assertIn("variable `v` is not declared in the configuration", result.out)


class RollbackStrategy(unittest.TestCase):
    """Seen in an experiment that fails before its method: `default` plays no rollbacks then."""

    def strategy(self, runtime):
        pod = Pod(self)
        probe = dict(py("probe", "dump", path="/nonexistent/x", value=1), type="probe", tolerance=True)
        more = {"runtime": runtime} if runtime is not None else {}
        pod.experiment("a", [sh("act", "true")], rollbacks=[sh("back", "true")],
                       **{"steady-state-hypothesis": {"title": "h", "probes": [probe]}}, **more)
        self.assertEqual(pod.run("a").code, 1)
        return "played" if pod.rollbacks("a") else "not played"

    def test_always_where_none_is_named(self):
        self.assertEqual(self.strategy(None), "played")
        self.assertEqual(self.strategy({}), "played")
        # chaostoolkit/commands/run.py resets the half that is absent to `default`.
        self.assertEqual(self.strategy({"hypothesis": {"strategy": "default"}}), "played")
        self.assertEqual(self.strategy({"rollbacks": {}}), "played")

    def test_the_experiments_own(self):
        self.assertEqual(self.strategy({"rollbacks": {"strategy": "default"}}), "not played")
        self.assertEqual(self.strategy({"rollbacks": {"strategy": "always"}}), "played")


GOOD = {"env": {}, "variables": {}, "timeout": 60, "grace": 5}


class Broken(unittest.TestCase):
    """Nothing starts, one line says what is wrong, 64 for the command and 70 for the files."""

    def refused(self, code, text, *names, prepare=lambda pod: None):
        pod = Pod(self)
        pod.experiment("good", [sh("act", "touch ../good-ran")])
        prepare(pod)
        result = pod.run(*names)
        self.assertEqual(result.code, code, result.err)
        self.assertIn("chaosc: error: ", result.out)
        self.assertIn(text, result.out)
        self.assertEqual(result.err, "")
        self.assertFalse((pod.work / "good-ran").exists())

    def test_names(self):
        self.refused(64, "no experiment is named")
        for name in ("../etc", "a/b", "", ".", "..", "-x", ".chaosc", "a b", "a\n"):
            with self.subTest(name):
                self.refused(64, "is not the name of an experiment", "good", name)
        self.refused(64, "`good` is named twice", "good", "good")

    def test_missing_files(self):
        self.refused(70, "experiments/bad/experiment.json: No such file", "good", "bad")
        self.refused(70, "experiments/bad/run.json: No such file", "good", "bad",
                     prepare=lambda pod: pod.write("bad", "experiment.json", "{}"))

    def test_broken_experiment(self):
        for text in ("", "{", "title: x", "[" * 100000):
            def prepare(pod):
                pod.write("bad", "experiment.json", text)
                pod.write("bad", "run.json", json.dumps(GOOD))
            with self.subTest(text[:9]):
                self.refused(70, "bad/experiment.json is not valid JSON", "good", "bad", prepare=prepare)

    def test_broken_run_json(self):
        for change, text in (
            ("[]", "must hold a JSON object"),
            ('{"env": ', "is not valid JSON"),
            ({"timeout": "5m"}, "`timeout` must be a whole number of seconds"),
            ({"timeout": True}, "`timeout` must be a whole number of seconds"),
            ({"timeout": 0}, "`timeout` must be at least 1"),
            ({"grace": -1}, "`grace` must be at least 0"),
            ({"grace": None}, "`grace` must be a whole number of seconds"),
            ({"env": []}, "`env` must be an object"),
            ({"env": {"A": 1}}, "the value of `A` in `env` must be a string"),
            ({"env": {"A=B": "x"}}, "`A=B` cannot be the name of an environment variable"),
            ({"env": {"A": "x\0y"}}, "the value of `A` holds a NUL byte"),
            ({"variables": 1}, "`variables` must be an object"),
            ({"time-out": 1}, "unknown key `time-out`"),
        ):
            def prepare(pod):
                pod.write("bad", "experiment.json", "{}")
                pod.write("bad", "run.json", change if isinstance(change, str) else json.dumps({**GOOD, **change}))
            with self.subTest(change):
                self.refused(70, text, "good", "bad", prepare=prepare)

    def test_a_secret_that_no_environment_can_hold(self):
        self.refused(70, "the value of `T` holds a NUL byte", "good",
                     prepare=lambda pod: pod.secret("good", {"T": b"hush\0"}))

    def test_a_work_folder_that_cannot_be_made(self):
        def prepare(pod):
            shutil.rmtree(pod.work)
            pod.work.write_text("a file")
        pod = Pod(self)
        pod.experiment("a", [sh("act", "true")])
        prepare(pod)
        result = pod.run("a")
        self.assertEqual(result.code, 70)
        self.assertIn("chaosc: error: cannot write", result.out)


class ReadOnly(unittest.TestCase):
    """Nothing is written but below CHAOSC_WORK, with a HOME that does not exist either."""

    def test_files_are_made_in_the_work_folder_only(self):
        pod = Pod(self)
        pod.env["HOME"] = "/proc/nonexistent"
        pod.env["TMPDIR"] = "/proc/nonexistent"
        pod.experiment("a", [sh("act", "true")], variables={"v": 1}, configuration={"v": 0})
        before = sorted(map(str, pod.home.parent.rglob("*")))
        result = pod.run("a")
        self.assertEqual(result.code, 0, result.err)
        made = set(map(str, pod.home.parent.rglob("*"))) - set(before)
        self.assertEqual(
            sorted(os.path.relpath(path, pod.work) for path in made),
            [".chaosc", ".chaosc/a.control.json", ".chaosc/a.variables.json", "a", "journals", "journals/a.json"])

    def test_on_a_read_only_root(self):
        # Where the machine allows mount namespaces: / read-only, as in the pod.
        prefix = ("unshare", "--user", "--map-root-user", "--mount")
        pod = Pod(self)
        pod.experiment("a", [sh("act", "touch ../ok; ! touch /usr/x /root/x /x 2>/dev/null")])
        script = 'mount --bind "$CHAOSC_WORK" "$CHAOSC_WORK" && mount -o remount,ro,bind / && exec "$@"'
        probe = subprocess.run([*prefix, "sh", "-c", script, "sh", "true"], env=pod.env, capture_output=True)
        if probe.returncode != 0:
            self.skipTest("this machine allows no mount namespace")
        pod.env["HOME"] = "/"
        result = pod.run("a", prefix=(*prefix, "sh", "-c", script, "sh"))
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(pod.journal("a")["run"][0]["output"]["status"], 0)
