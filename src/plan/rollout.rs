//! What apply waits for: the workloads of each app, and the checks that are asked once they are ready.

use std::collections::BTreeMap;

use crate::config::app::{App, Check as Given};
use crate::config::duration::Duration;
use crate::config::{Config, app};
use crate::kubernetes::ObjectId;
use crate::source::CHAOS_TOML;
use crate::source::address::Address;

/// The kinds that have a rollout (`kubectl rollout status`), all of the group `apps`.
pub const KINDS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// What apply waits for on behalf of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    /// The app's name.
    pub app: String,
    /// The namespace in which its checks look for Services.
    pub namespace: String,
    /// The workloads that have to be ready; each carries its own namespace.
    pub workloads: Vec<ObjectId>,
    /// How long they have for it, all together.
    pub timeout: Duration,
    /// What is asked once they are ready.
    pub checks: Vec<Check>,
}

/// One question whether the app can be reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// What is asked.
    pub target: Target,
    /// The headers of the request.
    pub headers: BTreeMap<String, String>,
    /// The HTTP status that means yes.
    pub status: u16,
    /// How long it is asked again until the answer is yes.
    pub timeout: Duration,
    /// Where it stands in chaos.toml.
    pub at: Address,
}

/// Whom a check asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// An address, whose `${NAME}` are variables of the caller's environment.
    Url(String),
    /// A port of a Service in the namespace of the rollout, through the API server.
    Service {
        /// The name of the Service.
        name: String,
        /// The number or the name of its port.
        port: String,
        /// The path to ask, which begins with a slash.
        path: String,
    },
}

/// Returns what apply waits for, in the order of chaos.toml; an app without workloads and checks has no part in it.
pub fn rollouts(config: &Config) -> Vec<Rollout> {
    let rollout = |app: &App| Rollout {
        app: app.name.clone(),
        namespace: app.namespace.clone().unwrap_or_else(|| config.namespace.name.clone()),
        workloads: workloads(app),
        timeout: app.rollout_timeout,
        checks: app.checks.iter().enumerate().filter_map(|(number, check)| planned(app, number, check)).collect(),
    };
    config
        .apps
        .iter()
        .map(rollout)
        .filter(|rollout| !rollout.workloads.is_empty() || !rollout.checks.is_empty())
        .collect()
}

/// Returns the workloads that `rollout` names; without it all of the app, if it is deployed here.
fn workloads(app: &App) -> Vec<ObjectId> {
    let is_meant = |id: &ObjectId| match &app.rollout {
        None => app.deploy,
        Some(names) => names.iter().any(|name| {
            let (kind, name) = name.split_once('/').unwrap_or(("", name));
            id.kind.eq_ignore_ascii_case(kind) && id.name == name.to_lowercase()
        }),
    };
    let ids = app.objects.iter().map(|object: &app::AppObject| &object.id);
    ids.filter(|id| id.group() == "apps" && KINDS.contains(&id.kind.as_str()) && is_meant(id)).cloned().collect()
}

/// Plans a check; `check` has seen that it asks an address or a Service.
fn planned(app: &App, number: usize, check: &Given) -> Option<Check> {
    let target = match (&check.url, &check.service) {
        (Some(url), _) => Target::Url(url.clone()),
        (None, Some(service)) => {
            let (name, port) = service.split_once(':')?;
            let path = check.path.clone().unwrap_or_else(|| "/".to_owned());
            Target::Service { name: name.to_owned(), port: port.to_owned(), path }
        }
        (None, None) => return None,
    };
    Some(Check {
        name: check.name.clone(),
        target,
        headers: check.headers.clone(),
        status: check.status,
        timeout: check.timeout,
        at: Address::root(CHAOS_TOML).join("apps").join(app.index).join("checks").join(number),
    })
}

#[cfg(test)]
mod tests {
    use super::{Target, planned, workloads};
    use crate::config::app::{App, AppObject};
    use crate::kubernetes::ObjectId;
    use crate::source::address::{Address, FileId};
    use serde_json::{Value, json};

    fn app(more: &Value) -> App {
        let mut value = json!({"name": "shop"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut app: App = serde_json::from_value(value).unwrap();
        let object = |api_version: &str, kind: &str, name: &str| AppObject {
            id: ObjectId {
                api_version: api_version.to_owned(),
                kind: kind.to_owned(),
                namespace: Some("a".to_owned()),
                name: name.to_owned(),
            },
            object: Value::Null,
            at: Address::root(FileId(1)),
        };
        app.objects = vec![
            object("v1", "Service", "shop"),
            object("apps/v1", "Deployment", "shop"),
            object("apps/v1", "StatefulSet", "db"),
            object("apps/v1", "DaemonSet", "agent"),
            object("apps/v1", "ReplicaSet", "bare"),
            object("example.com/v1", "Deployment", "other"),
        ];
        app
    }

    #[test]
    fn every_workload_of_a_deployed_app_or_what_is_named() {
        for (more, expected) in [
            (json!({}), &["Deployment/shop", "StatefulSet/db", "DaemonSet/agent"][..]),
            (json!({"deploy": false}), &[]),
            (json!({"deploy": false, "rollout": ["statefulset/db"]}), &["StatefulSet/db"]),
            (json!({"rollout": ["DaemonSet/agent", "deployment/shop"]}), &["Deployment/shop", "DaemonSet/agent"]),
            (json!({"rollout": []}), &[]),
        ] {
            let found: Vec<String> = workloads(&app(&more)).iter().map(ToString::to_string).collect();
            assert_eq!(found, expected, "{more}");
        }
    }

    #[test]
    fn a_check_asks_an_address_or_a_service() {
        let service =
            |path: &str| Target::Service { name: "shop".to_owned(), port: "http".to_owned(), path: path.to_owned() };
        for (check, expected) in [
            (json!({"url": "http://${HOST}/"}), Target::Url("http://${HOST}/".to_owned())),
            (json!({"service": "shop:http"}), service("/")),
            (json!({"service": "shop:http", "path": "/ready"}), service("/ready")),
        ] {
            let mut check = check;
            check["name"] = json!("answers");
            let app = app(&json!({"checks": [check]}));
            let found = planned(&app, 0, &app.checks[0]).unwrap();
            assert_eq!((found.target, found.status, found.at.pointer.as_str()), (expected, 200, "/apps/0/checks/0"));
        }
    }
}
