//! Asking a cluster what the accounts of a bundle may do: whether each grant is really there, and what bindings give
//! beyond them. What could not be asked is said to be not known.

mod bindings;
mod review;

use std::collections::BTreeSet;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{AT_A_TIME, denied};
use crate::cluster::{Cluster, ClusterError};
use crate::kubernetes::resource::escaped;
use crate::permissions::excess::{Holder, excess};
use crate::permissions::live::{Account, Answer, Live, Presence};
use crate::plan::permissions::Reach;
use crate::plan::{Plan, Workload};
use review::Reviewer;

/// Asks about every account of a plan. Reads only: a review is a question that the server does not keep.
///
/// # Errors
///
/// [`ClusterError`] if the cluster cannot be asked at all.
pub async fn rights(cluster: &Cluster, plan: &Plan) -> Result<Live, ClusterError> {
    let own = plan.namespace.name.as_str();
    let compared = super::compared(cluster).await?;
    let holders: Vec<Holder> = plan.workloads.iter().map(|workload| Holder::new(&workload.name, own)).collect();
    let presences: Vec<Presence> = stream::iter(&plan.workloads)
        .map(|workload| presence(cluster, &workload.name, own))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let answers = answers(cluster, &plan.workloads, &holders, &presences).await?;
    let bound = bindings::read(cluster, &holders, &namespaces(plan)).await?;
    let mut accounts = Vec::new();
    for (((workload, holder), presence), answers) in plan.workloads.iter().zip(&holders).zip(presences).zip(answers) {
        let (excess, mut unknown) = excess(holder, &workload.grants, &bound.bindings, &bound.roles);
        unknown.extend(bound.unread.iter().cloned());
        accounts.push(Account { presence, answers, excess, unknown });
    }
    Ok(Live { compared, accounts })
}

/// Returns the bundle's namespace and those in which its accounts act.
fn namespaces(plan: &Plan) -> BTreeSet<&str> {
    let grants = plan.workloads.iter().flat_map(|workload| &workload.grants);
    let touched = grants.filter_map(|grant| match &grant.reach {
        Reach::Namespace(name) => Some(name.as_str()),
        Reach::Cluster => None,
    });
    touched.chain([plan.namespace.name.as_str()]).collect()
}

async fn presence(cluster: &Cluster, name: &str, namespace: &str) -> Result<Presence, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/serviceaccounts/{}", escaped(namespace), escaped(name));
    let answer = cluster.read(path).await?;
    Ok(match answer.status {
        404 => Presence::NotApplied,
        _ if answer.is_success() => Presence::There,
        _ => Presence::Unknown(format!(
            "whether the account is there: {}",
            denied("get", "serviceaccounts", Some(namespace), "")
        )),
    })
}

/// Asks about each grant of each account that may be there.
async fn answers(
    cluster: &Cluster,
    workloads: &[Workload],
    holders: &[Holder],
    presences: &[Presence],
) -> Result<Vec<Vec<Answer>>, ClusterError> {
    let asked = |number: usize| {
        if presences[number] == Presence::NotApplied { &[][..] } else { workloads[number].grants.as_slice() }
    };
    let reviewers: Vec<Option<Reviewer<'_>>> = stream::iter(holders.iter().enumerate())
        .map(async |(number, holder)| match asked(number).first() {
            Some(first) => Reviewer::find(cluster, holder, first).await.map(Some),
            None => Ok(None),
        })
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let questions = reviewers.iter().enumerate().filter_map(|(number, reviewer)| Some((number, reviewer.as_ref()?)));
    let questions =
        questions.flat_map(|(number, reviewer)| asked(number).iter().map(move |one| (number, reviewer, one)));
    let all: Vec<(usize, Answer)> = stream::iter(questions)
        .map(async |(number, reviewer, grant)| Ok::<_, ClusterError>((number, reviewer.ask(grant).await?)))
        .buffered(AT_A_TIME)
        .try_collect()
        .await?;
    let mut answers = vec![Vec::new(); workloads.len()];
    for (number, answer) in all {
        answers[number].push(answer);
    }
    Ok(answers)
}
