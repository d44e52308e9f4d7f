//! What an experiment calls: every provider in it, with its part in the run.

use serde_json::{Map, Value};

use crate::source::address::Address;

/// The part that a step plays (Chaos Toolkit reference, "Experiment").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A probe that fills the configuration before the run.
    Configuration,
    /// A control, called around other steps.
    Control,
    /// A probe of the steady-state hypothesis, asked before and after the method.
    Hypothesis,
    /// A probe that judges another probe's value.
    Tolerance,
    /// An activity of the method.
    Method,
    /// An activity that undoes the method.
    Rollback,
}

/// One call of a provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its part in the run.
    pub role: Role,
    /// Its name, or what it calls where it has none.
    pub name: String,
    /// Where the activity stands; for a reference, where the reference stands.
    pub at: Address,
    /// Where the provider stands.
    pub provider_at: Address,
    /// What it calls.
    pub provider: Provider,
    /// The pauses before and after, as given: seconds, or a text with a `${…}`.
    pub pauses: Vec<Value>,
}

/// What a step calls.
#[derive(Debug, Clone, PartialEq)]
pub enum Provider {
    /// A function of a Python module.
    Python {
        /// The module.
        module: String,
        /// The function; empty for a control, whose module is called by its own protocol.
        function: String,
        /// The arguments by name.
        arguments: Map<String, Value>,
    },
    /// A program.
    Process {
        /// Its path.
        path: String,
        /// The timeout in seconds, as given.
        timeout: Option<Value>,
    },
    /// An HTTP request.
    Http {
        /// The address.
        url: String,
        /// The timeout in seconds, or connect and read timeouts, as given.
        timeout: Option<Value>,
    },
}

/// Finds every step of an experiment, in the order in which Chaos Toolkit runs them.
///
/// References (`{"ref": …}`) are followed as Chaos Toolkit does (chaoslib.caching): the names of the method's and the
/// hypothesis' activities, the last one of a name wins. What does not lead anywhere gives no step; the schema and the
/// rules have said so.
pub(super) fn find(body: &Value, at: &Address) -> Vec<Step> {
    let mut steps = Vec::new();
    let finder = Finder { body, at };
    controls(body, at, &mut steps);
    finder.configuration(&mut steps);
    let hypothesis = at.join("steady-state-hypothesis");
    if let Some(found) = body.get("steady-state-hypothesis") {
        controls(found, &hypothesis, &mut steps);
        finder.activities(found, &hypothesis, "probes", Role::Hypothesis, &mut steps);
    }
    finder.activities(body, at, "method", Role::Method, &mut steps);
    finder.activities(body, at, "rollbacks", Role::Rollback, &mut steps);
    steps
}

struct Finder<'b> {
    body: &'b Value,
    at: &'b Address,
}

impl Finder<'_> {
    fn configuration(&self, steps: &mut Vec<Step>) {
        let Some(Value::Object(entries)) = self.body.get("configuration") else { return };
        for (name, entry) in entries {
            if entry.get("type").and_then(Value::as_str) == Some("probe") {
                let at = self.at.join("configuration").join(name);
                steps.extend(step(entry, &at, Role::Configuration, Some(name)));
            }
        }
    }

    fn activities(&self, parent: &Value, at: &Address, key: &str, role: Role, steps: &mut Vec<Step>) {
        let activities = parent.get(key).and_then(Value::as_array);
        for (index, activity) in activities.into_iter().flatten().enumerate() {
            let at = at.join(key).join(index);
            if let Some(name) = activity.get("ref").and_then(Value::as_str) {
                let referred = self.referred(name);
                let step = referred.and_then(|(target, target_at)| step(target, &target_at, role, None));
                steps.extend(step.map(|step| Step { at: at.clone(), ..step }));
            } else {
                controls(activity, &at, steps);
                steps.extend(step(activity, &at, role, None));
            }
            // Only the hypothesis asks for it, and of a reference it is the one beside the reference (chaoslib.hypothesis).
            let tolerance = activity.get("tolerance").filter(|_| role == Role::Hypothesis);
            let kind = tolerance.and_then(|tolerance| tolerance.get("type"));
            if let (Some(tolerance), Some("probe")) = (tolerance, kind.and_then(Value::as_str)) {
                steps.extend(step(tolerance, &at.join("tolerance"), Role::Tolerance, None));
            }
        }
    }

    /// Returns the activity that a reference means.
    fn referred(&self, name: &str) -> Option<(&Value, Address)> {
        let lists = [
            (self.body.get("method"), self.at.join("method")),
            (
                self.body.get("steady-state-hypothesis").and_then(|h| h.get("probes")),
                self.at.join("steady-state-hypothesis").join("probes"),
            ),
        ];
        let mut found = None;
        for (list, at) in lists {
            let list = list.and_then(Value::as_array);
            for (index, activity) in list.into_iter().flatten().enumerate() {
                if activity.get("name").and_then(Value::as_str) == Some(name) {
                    found = Some((activity, at.join(index)));
                }
            }
        }
        found
    }
}

fn controls(parent: &Value, at: &Address, steps: &mut Vec<Step>) {
    let controls = parent.get("controls").and_then(Value::as_array);
    for (index, control) in controls.into_iter().flatten().enumerate() {
        let at = at.join("controls").join(index);
        steps.extend(step(control, &at, Role::Control, None));
    }
}

/// Reads one activity or control; `None` if it has no provider that is known.
fn step(activity: &Value, at: &Address, role: Role, name: Option<&str>) -> Option<Step> {
    let provider = activity.get("provider")?;
    let text = |key: &str| provider.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let provider_kind = provider.get("type").and_then(Value::as_str)?;
    let parsed = match provider_kind {
        "python" => Provider::Python {
            module: text("module"),
            function: text("func"),
            arguments: provider.get("arguments").and_then(Value::as_object).cloned().unwrap_or_default(),
        },
        "process" => Provider::Process { path: text("path"), timeout: provider.get("timeout").cloned() },
        "http" => Provider::Http { url: text("url"), timeout: provider.get("timeout").cloned() },
        _ => return None,
    };
    let named = activity.get("name").and_then(Value::as_str).or(name);
    let name = named.map_or_else(|| parsed.to_string(), str::to_owned);
    let pauses = activity.get("pauses").and_then(Value::as_object);
    let pauses = pauses.into_iter().flatten().filter(|(key, _)| *key == "before" || *key == "after");
    Some(Step {
        role,
        name,
        at: at.clone(),
        provider_at: at.join("provider"),
        provider: parsed,
        pauses: pauses.map(|(_, pause)| pause.clone()).collect(),
    })
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Provider::Python { module, function, .. } if function.is_empty() => f.write_str(module),
            Provider::Python { module, function, .. } => write!(f, "{module}.{function}"),
            Provider::Process { path, .. } => f.write_str(path),
            Provider::Http { url, .. } => f.write_str(url),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::address::FileId;
    use serde_json::json;

    #[test]
    fn every_call_is_found_in_its_place() {
        let call = |function: &str| json!({"type": "python", "module": "m", "func": function});
        let control = |name: &str| json!([{"name": name, "provider": {"type": "python", "module": name}}]);
        let judge = |function: &str| json!({"type": "probe", "name": "judge", "provider": call(function)});
        let body = json!({
            "configuration": {"ns": "a", "found": {"type": "probe", "provider": call("dynamic")}},
            "controls": control("top"),
            "steady-state-hypothesis": {"controls": control("around"), "probes": [
                {"type": "probe", "name": "one", "provider": call("one"), "tolerance": judge("first")},
                {"ref": "two", "tolerance": judge("second")},
                {"ref": "nobody", "tolerance": true},
            ]},
            // Nobody looks at the tolerance of an activity of the method.
            "method": [{"name": "two", "provider": call("two"), "tolerance": judge("none"), "controls": control("beside")}],
            "rollbacks": [{"name": "back", "provider": {"type": "process", "path": "kubectl"}}],
        });
        let steps = find(&body, &Address::root(FileId(1)));
        let shown: Vec<String> =
            steps.iter().map(|step| format!("{:?} {} {}", step.role, step.provider, step.at.pointer)).collect();
        assert_eq!(
            shown,
            [
                "Control top /controls/0",
                "Configuration m.dynamic /configuration/found",
                "Control around /steady-state-hypothesis/controls/0",
                "Hypothesis m.one /steady-state-hypothesis/probes/0",
                "Tolerance m.first /steady-state-hypothesis/probes/0/tolerance",
                "Hypothesis m.two /steady-state-hypothesis/probes/1",
                "Tolerance m.second /steady-state-hypothesis/probes/1/tolerance",
                "Control beside /method/0/controls/0",
                "Method m.two /method/0",
                "Rollback kubectl /rollbacks/0",
            ]
        );
    }
}
