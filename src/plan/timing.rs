//! How long an experiment may take, and how long its rollbacks have.

use serde_json::Value;

use crate::config::experiment::{Experiment, Known, Provider, Role, Step, Variables};

/// What a step without a timeout of its own is given, in seconds.
const STEP_SECONDS: f64 = 30.0;

/// The least time for an experiment that names none, in seconds.
const LEAST_TIMEOUT: u64 = 120;

/// The least time for rollbacks, in seconds: the default grace period of pods.
const LEAST_GRACE: u64 = 30;

/// What the pod gets beyond the rollbacks, in seconds, for the runner to write its journal and end.
const RUNNER_SECONDS: u64 = 10;

/// What the Job gets beyond its experiments, in seconds, for pulling the image and starting.
const START_SECONDS: u64 = 60;

/// Returns how long one run of an experiment may take, in seconds.
pub fn timeout_seconds(experiment: &Experiment) -> u64 {
    if let Some(timeout) = &experiment.settings.timeout {
        return timeout.seconds();
    }
    let variables = experiment.variables();
    let seconds: f64 = experiment.steps.iter().map(|step| step_seconds(step, &variables) * runs(step.role)).sum();
    whole(seconds).max(LEAST_TIMEOUT)
}

/// Returns how often a step runs: the hypothesis is asked before and after the method, with what judges its answers.
fn runs(role: Role) -> f64 {
    match role {
        Role::Hypothesis | Role::Tolerance => 2.0,
        Role::Configuration | Role::Control | Role::Method | Role::Rollback => 1.0,
    }
}

/// Returns how long the rollbacks of an experiment have after it was told to end, in seconds.
pub fn grace_seconds(experiment: &Experiment) -> u64 {
    let variables = experiment.variables();
    let rollbacks = experiment.steps.iter().filter(|step| step.role == Role::Rollback);
    let seconds: f64 = rollbacks.map(|step| step_seconds(step, &variables)).sum();
    whole(seconds).max(LEAST_GRACE)
}

/// Returns the deadline of a Job that runs these experiments one after the other, in seconds.
///
/// The runner keeps each experiment's own timeout; this is the net for when the runner itself hangs.
pub fn active_deadline_seconds(experiments: &[&Experiment]) -> u64 {
    experiments
        .iter()
        .map(|experiment| timeout_seconds(experiment).saturating_add(grace_seconds(experiment)))
        .fold(START_SECONDS, u64::saturating_add)
}

/// Returns the grace period of a pod that runs these experiments, in seconds.
pub fn pod_grace_seconds(experiments: &[&Experiment]) -> u64 {
    let longest = experiments.iter().map(|experiment| grace_seconds(experiment)).max();
    longest.unwrap_or(LEAST_GRACE) + RUNNER_SECONDS
}

/// Returns the seconds of one step: its pauses, and its timeout or the usual time.
fn step_seconds(step: &Step, variables: &Variables<'_>) -> f64 {
    let pauses: f64 = step.pauses.iter().filter_map(|pause| seconds(pause, variables)).sum();
    let timeout = match &step.provider {
        // A Python activity has no timeout; many take one as an argument.
        Provider::Python { arguments, .. } => arguments.get("timeout"),
        Provider::Process { timeout, .. } | Provider::Http { timeout, .. } => timeout.as_ref(),
    };
    pauses + timeout.and_then(|timeout| seconds(timeout, variables)).unwrap_or(STEP_SECONDS)
}

/// Returns the seconds that a value stands for: a number, a text with one, or the sum of a list of them.
fn seconds(value: &Value, variables: &Variables<'_>) -> Option<f64> {
    match variables.substitute(value) {
        Known::Value(value) => plain_seconds(&value),
        Known::Unknown { .. } => None,
    }
}

fn plain_seconds(value: &Value) -> Option<f64> {
    let seconds: f64 = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        // The times to connect and to read (requests, "Timeouts"); where one has no end, neither has the whole.
        Value::Array(items) => items.iter().map(plain_seconds).sum::<Option<f64>>()?,
        _ => return None,
    };
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// Rounds up to whole seconds, within a week; more is no timeout.
fn whole(seconds: f64) -> u64 {
    const WEEK: f64 = 604_800.0;
    // In range by the clamp, so the cast is exact.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = seconds.ceil().clamp(0.0, WEEK) as u64;
    whole
}

#[cfg(test)]
#[allow(clippy::needless_pass_by_value)] // The tables are easier to read without references.
mod tests {
    use super::*;
    use crate::config::duration::Duration;
    use crate::config::experiment::Settings;
    use crate::source::address::{Address, FileId};
    use serde_json::json;

    fn experiment(body: Value, settings: Settings) -> Experiment {
        let at = Address::root(FileId(0));
        Experiment::new("x".to_owned(), settings, body, at.clone(), "x.json".to_owned(), at)
    }

    /// An activity with a provider and pauses.
    fn step(provider: Value, pauses: Value) -> Value {
        json!({"type": "action", "name": "step", "provider": provider, "pauses": pauses})
    }

    fn http(timeout: Value) -> Value {
        step(json!({"type": "http", "url": "http://x", "timeout": timeout}), json!({}))
    }

    fn python(arguments: Value) -> Value {
        step(json!({"type": "python", "module": "m", "func": "f", "arguments": arguments}), json!({}))
    }

    fn pause(pauses: Value) -> Value {
        step(json!({"type": "http", "url": "http://x", "timeout": 0}), pauses)
    }

    /// The time of one step, in seconds, before the least time is applied.
    #[test]
    fn a_step_takes_its_pauses_and_its_timeout_or_half_a_minute() {
        let cases = [
            (python(json!({})), 30.0),
            (python(json!({"timeout": 120})), 120.0),
            (python(json!({"timeout": null})), 30.0),
            (python(json!({"timeout": "${minute}"})), 60.0),
            (step(json!({"type": "process", "path": "p"}), json!({})), 30.0),
            (step(json!({"type": "process", "path": "p", "timeout": 2.5}), json!({})), 2.5),
            (http(json!(5)), 5.0),
            (http(json!("7.5")), 7.5),
            (http(json!([3, 10])), 13.0),
            (http(json!(["${minute}", "2"])), 62.0),
            // Without an end to connecting or reading, the step is one without a timeout.
            (http(json!([3, null])), 30.0),
            (http(json!(-1)), 30.0),
            (http(json!("inf")), 30.0),
            (http(json!("${picked}")), 30.0),
            (http(json!("${undefined}")), 30.0),
            (pause(json!({"before": 1, "after": 2.5})), 3.5),
            (pause(json!({"after": "${minute}"})), 60.0),
            (pause(json!({"after": "4"})), 4.0),
            (pause(json!({"after": "${picked}"})), 0.0),
            (pause(json!({"elsewhere": 9})), 0.0),
        ];
        for (activity, expected) in cases {
            let configuration = json!({
                "minute": 60,
                "picked": {"type": "probe", "name": "p", "provider": {"type": "noop"}},
            });
            let body = json!({"configuration": configuration, "method": [activity]});
            let experiment = experiment(body, Settings::default());
            let found = step_seconds(&experiment.steps[0], &experiment.variables());
            assert!((found - expected).abs() < 1e-9, "{found} s instead of {expected} s for {activity}");
        }
    }

    #[test]
    fn an_experiment_takes_the_sum_of_its_steps() {
        let hypothesis = |probes: Value| json!({"title": "t", "probes": probes});
        let judged = json!({
            "type": "probe", "name": "judged", "provider": {"type": "http", "url": "http://x", "timeout": 60},
            "tolerance": {"type": "probe", "name": "judge", "provider": {"type": "process", "path": "p", "timeout": 10}},
        });
        let mut background = http(json!(200));
        background["background"] = json!(true);
        let cases = [
            ("nothing", json!({"method": []}), 120),
            ("the least time", json!({"method": [http(json!(119))]}), 120),
            ("more than the least", json!({"method": [http(json!(100)), http(json!(20.5))]}), 121),
            (
                "a hypothesis, asked twice",
                json!({"method": [], "steady-state-hypothesis": hypothesis(json!([http(json!(70))]))}),
                140,
            ),
            ("with its judge", json!({"method": [], "steady-state-hypothesis": hypothesis(json!([judged]))}), 140),
            ("rollbacks", json!({"method": [http(json!(100))], "rollbacks": [http(json!(40))]}), 140),
            ("in the background", json!({"method": [background]}), 200),
            ("a reference", json!({"method": [http(json!(100)), {"ref": "step"}]}), 200),
            ("a week at most", json!({"method": [http(json!(1e12))]}), 604_800),
        ];
        for (what, body, expected) in cases {
            assert_eq!(timeout_seconds(&experiment(body, Settings::default())), expected, "{what}");
        }
    }

    #[test]
    fn a_timeout_that_is_given_wins() {
        let settings = Settings { timeout: Duration::from_seconds(7), ..Settings::default() };
        assert_eq!(timeout_seconds(&experiment(json!({"method": [http(json!(500))]}), settings)), 7);
    }

    #[test]
    fn rollbacks_have_their_time_and_the_pod_a_little_more() {
        let with = |rollbacks: Value| experiment(json!({"method": [], "rollbacks": rollbacks}), Settings::default());
        let (none, short, long) =
            (with(json!([])), with(json!([http(json!(5))])), with(json!([http(json!(50)), python(json!({}))])));
        assert_eq!([&none, &short, &long].map(grace_seconds), [30, 30, 80]);
        assert_eq!(pod_grace_seconds(&[&none, &long, &short]), 90);
        assert_eq!(pod_grace_seconds(&[]), 40);
        // Two minutes each, and the rollbacks of each, and a minute to start.
        assert_eq!(active_deadline_seconds(&[&none, &long]), (120 + 30) + (120 + 80) + 60);
    }
}
