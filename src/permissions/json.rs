//! For programs: every grant in one document, with what a cluster says of it where it was asked.

use serde_json::{Value, json};

use super::excess::{Excess, Right};
use super::live::{Account, Answer, Live, Presence};
use super::words;
use crate::diff::view::scalar::escaped;
use crate::observe::origins::Origins;
use crate::plan::permissions::danger::Danger;
use crate::plan::permissions::{Grant, Reach, Reason};
use crate::plan::{Plan, Workload};

/// The version of the document: a program that knows it finds every key that it knows.
const VERSION: u32 = 1;

/// Returns the document.
pub(super) fn json(plan: &Plan, origins: &Origins, live: Option<&Live>) -> String {
    let accounts: Value = plan
        .workloads
        .iter()
        .enumerate()
        .map(|(number, workload)| account(plan, workload, origins, live.map(|live| &live.accounts[number])))
        .collect();
    let mut document =
        json!({"version": VERSION, "bundle": plan.name, "namespace": plan.namespace.name, "accounts": accounts});
    if let Some(live) = live {
        let compared = &live.compared;
        document["compared"] = json!({
            "context": compared.context,
            "server": compared.server,
            "user": compared.user,
            "version": compared.version,
        });
        document["verdict"] = live.verdict().name().into();
    }
    escaped(&format!("{document:#}\n"))
}

fn account(plan: &Plan, workload: &Workload, origins: &Origins, live: Option<&Account>) -> Value {
    let none = workload.none.iter().map(|(experiment, reason)| json!({"experiment": experiment, "reason": reason}));
    let grants = words::worst_first(workload).into_iter().map(|(number, one, dangers)| {
        let mut value = grant(one, &dangers, origins);
        if let Some(answer) = live.and_then(|live| live.answers.get(number)) {
            value["live"] = self::answer(answer);
        }
        value
    });
    let mut value = json!({
        "schedule": workload.schedule,
        "account": workload.name,
        "namespace": plan.namespace.name,
        "experiments": workload.experiments.iter().map(|run| &run.experiment).collect::<Vec<_>>(),
        "none": none.collect::<Value>(),
        "grants": grants.collect::<Value>(),
    });
    if let Some(live) = live {
        value["presence"] = match &live.presence {
            Presence::There => json!({"is": "applied"}),
            Presence::NotApplied => json!({"is": "not-applied"}),
            Presence::Unknown(reason) => json!({"is": "not-known", "reason": reason}),
        };
        value["excess"] = live.excess.iter().map(excess).collect();
        value["not-known"] = live.unknown.clone().into();
    }
    value
}

fn grant(grant: &Grant, dangers: &[Danger], origins: &Origins) -> Value {
    json!({
        "verb": grant.verb,
        "group": grant.group,
        "resource": grant.resource,
        "name": grant.name,
        "namespace": namespace(&grant.reach),
        "dangers": names(dangers),
        "breadth": words::breadth(grant),
        "reasons": grant.reasons.iter().map(|one| reason(one, origins)).collect::<Value>(),
    })
}

/// Returns the namespace; null stands for the whole cluster.
fn namespace(reach: &Reach) -> Value {
    match reach {
        Reach::Namespace(name) => name.clone().into(),
        Reach::Cluster => Value::Null,
    }
}

fn names(dangers: &[Danger]) -> Value {
    dangers.iter().map(|danger| danger.name()).collect()
}

fn reason(reason: &Reason, origins: &Origins) -> Value {
    let origin = origins.get(&reason.at);
    json!({
        "experiment": reason.experiment,
        "step": reason.step,
        "file": origin.file,
        "line": origin.line,
        "pointer": origin.pointer,
        "why": reason.why,
        "breadth": reason.breadth,
    })
}

fn answer(answer: &Answer) -> Value {
    match answer {
        Answer::Allowed => json!({"is": "allowed"}),
        Answer::Missing(reason) => json!({"is": "missing", "reason": reason}),
        Answer::Unknown(reason) => json!({"is": "not-known", "reason": reason}),
    }
}

fn excess(excess: &Excess) -> Value {
    json!({
        "binding": excess.binding,
        "role": excess.role,
        "through": excess.through,
        "namespace": namespace(&excess.reach),
        "rights": excess.rights.iter().map(right).collect::<Value>(),
    })
}

fn right(right: &Right) -> Value {
    json!({"verbs": right.verbs, "targets": right.targets, "dangers": names(&right.dangers)})
}
