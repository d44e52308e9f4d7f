//! Applying in two steps, so that something may happen between what is seen and what is written.

use std::path::Path;

use chaosc::apply::interrupt::Interrupt;
use chaosc::apply::report::{Outcome, Report};
use chaosc::apply::{self, Options};
use chaosc::diff::{ChangeSet, diff};
use chaosc::observe::observe;
use chaosc::snapshot::{Snapshot, Wishes};

use crate::lab::{Lab, connect, kubeconfig, run};

/// What was seen, and what was shown of it.
pub(crate) struct Shown {
    pub(crate) snapshot: Snapshot,
    pub(crate) changes: ChangeSet,
}

/// Looks at the cluster.
pub(crate) fn look(lab: &Lab, wishes: Wishes) -> Shown {
    let subject = chaosc::observe::Subject { wishes, ..lab.subject() };
    let snapshot = run(async { observe(&connect(&kubeconfig()).await, subject).await.unwrap() });
    let changes = diff(&snapshot);
    Shown { snapshot, changes }
}

/// Does what was shown, without waiting for anything.
pub(crate) fn carry_out(shown: &Shown) -> Report {
    carry_out_as(&kubeconfig(), shown)
}

/// Does what was shown as somebody.
pub(crate) fn carry_out_as(kubeconfig: &Path, shown: &Shown) -> Report {
    let options = Options { waits: false, limit: None };
    run(async {
        let cluster = connect(kubeconfig).await;
        apply::apply(&cluster, &shown.snapshot, &shown.changes, &[], &options, &Interrupt::default(), &|_| ()).await
    })
}

/// Looks at the cluster and does what is to be done; all of it has to succeed.
pub(crate) fn settle(lab: &Lab) {
    let report = carry_out(&look(lab, Wishes::default()));
    assert!(report.is_success(), "{:#?}", report.rows);
}

/// Returns what became of an object.
pub(crate) fn outcome<'r>(report: &'r Report, id: &str) -> &'r Outcome {
    let row = report.rows.iter().find(|row| row.id.to_string() == id);
    &row.unwrap_or_else(|| panic!("there is no row of {id}: {:#?}", report.rows)).outcome
}

/// Returns why an object was left alone.
pub(crate) fn reason(report: &Report, id: &str) -> String {
    match outcome(report, id) {
        Outcome::Failed(failure) => failure.reason.clone(),
        Outcome::Kept(reason) | Outcome::NotTried(reason) => reason.clone(),
        done => panic!("{id}: {done:?}"),
    }
}
