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
