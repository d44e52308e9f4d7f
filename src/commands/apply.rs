//! `chaosc apply` and `chaosc delete`: doing what was shown.

use std::path::Path;

use super::diff::{look, subject};
use super::progress::Rollouts;
use super::{Outcome, changes_file, count, with_cluster};
use crate::apply::agree::{Agreement, agree, gone};
use crate::apply::changes_file::ChangesFile;
use crate::apply::changes_file::error::ChangesError;
use crate::apply::interrupt::Interrupt;
use crate::apply::preflight::{Preflight, preflight};
use crate::apply::release::{members, release};
use crate::apply::report::Report;
use crate::apply::report::view::{Format, view};
use crate::apply::{self, Options};
use crate::cli::{self, Apply, Delete};
use crate::cluster::Cluster;
use crate::config::duration::Duration;
use crate::config::value_error::quoted;
use crate::diff::view as diff_view;
use crate::diff::{Action, Change, ChangeSet};
use crate::error::Error;
use crate::observe::Subject;
use crate::plan::rollout::Rollout;
use crate::snapshot::{Snapshot, Wishes};
use crate::terminal::Terminal;

/// What the user wants of an apply or of a delete.
struct Wanted<'a> {
    terminal: Terminal,
    yes: bool,
    format: Format,
    rollouts: &'a [Rollout],
    options: Options,
}

pub(super) fn apply(terminal: Terminal, args: &Apply) -> Result<Outcome, Error> {
    let saved = args.changes.as_deref().map(|path| Ok::<_, Error>((path, changes_file::read(path)?))).transpose()?;
    let wishes = saved.as_ref().map(|(_, file)| saved_wishes(file));
    let wishes = wishes.as_ref().unwrap_or(&args.wishes);
    let Some((subject, bundle)) = subject(terminal, &args.file.file, wishes)? else { return Ok(Outcome::Failed) };
    if let Some((path, file)) = &saved {
        file.require_bundle(&bundle.name, &bundle.namespace, path)?;
    }
    if subject.desired.is_empty() && !args.prune_all {
        return Err(Error::NothingDesired);
    }
    let wanted = Wanted {
        terminal,
        yes: args.yes,
        format: args.format,
        rollouts: &bundle.rollouts,
        options: Options { waits: !args.no_wait, limit: args.timeout.map(Duration::to_std) },
    };
    with_cluster(terminal, &args.cluster, &bundle.contexts, async |cluster, interrupt| {
        if let Some((path, file)) = &saved {
            file.require_cluster(cluster.identity_as(&file.cluster, &file.namespace).await?, path)?;
        }
        let (snapshot, changes) = look(cluster, subject, &bundle).await?;
        if let Some((path, file)) = &saved {
            let agreement = agreed(cluster, &snapshot, &changes, path, file).await?;
            if wanted.is_all_done(&changes, agreement, path) {
                return wanted.nothing(&changes);
            }
        }
        wanted.go(cluster, &snapshot, &changes, interrupt).await
    })
}

/// Returns the options of the diff that was saved.
fn saved_wishes(file: &ChangesFile) -> cli::Wishes {
    let Wishes { force_conflicts, adopt, replace, end_runs, .. } = file.wishes.clone();
    cli::Wishes { force_conflicts, adopt, replace, end_runs, thorough: file.is_thorough }
}

/// Makes sure that what would be done is what was saved, or what is left of it.
async fn agreed(
    cluster: &Cluster,
    snapshot: &Snapshot,
    changes: &ChangeSet,
    path: &Path,
    file: &ChangesFile,
) -> Result<Agreement, Error> {
    let leftovers = gone::look(cluster, snapshot, gone::unaccounted(file, snapshot, changes)).await?;
    agree(file, snapshot, changes, &leftovers)
        .map_err(|refusals| ChangesError::Differs { path: path.to_owned(), refusals }.into())
}

pub(super) fn delete(terminal: Terminal, args: &Delete) -> Result<Outcome, Error> {
    let wishes =
        cli::Wishes { force_conflicts: false, adopt: false, replace: Vec::new(), end_runs: true, thorough: false };
    let Some((subject, bundle)) = subject(terminal, &args.file.file, &wishes)? else { return Ok(Outcome::Failed) };
    let wishes =
        Wishes { include_namespace: args.include_namespace, include_volumes: args.include_volumes, ..subject.wishes };
    let subject = Subject { desired: Vec::new(), wishes, ..subject };
    let wanted = Wanted {
        terminal,
        yes: args.yes,
        format: args.format,
        rollouts: &[],
        options: Options { waits: false, limit: args.timeout.map(Duration::to_std) },
    };
    with_cluster(terminal, &args.cluster, &bundle.contexts, async |cluster, interrupt| {
        let (snapshot, changes) = look(cluster, subject, &bundle).await?;
        let is_refused = changes.changes.iter().any(|change| change.action == Action::Refused);
        if args.release && !is_refused {
            return wanted.release(cluster, &snapshot, interrupt).await;
        }
        wanted.go(cluster, &snapshot, &changes, interrupt).await
    })
}

impl Wanted<'_> {
    /// Shows, asks, and does.
    async fn go(
        &self,
        cluster: &Cluster,
        snapshot: &Snapshot,
        changes: &ChangeSet,
        interrupt: &Interrupt,
    ) -> Result<Outcome, Error> {
        self.terminal.end_progress();
        self.show(changes)?;
        if !changes.changes.iter().any(|change| change.action.writes()) {
            return self.nothing(changes);
        }
        if !self.yes && !self.is_agreed(cluster)? {
            self.terminal.status("nothing was done");
            return Ok(Outcome::Failed);
        }
        let Preflight { missing, notes } = preflight(cluster, snapshot, changes).await?;
        self.terminal.end_progress();
        for note in notes {
            self.terminal.note(&note);
        }
        if !missing.is_empty() {
            return Err(Error::Unprepared { missing });
        }
        interrupt.guard();
        let lines = Rollouts::new(self.terminal);
        let report =
            apply::apply(cluster, snapshot, changes, self.rollouts, &self.options, interrupt, &|line| lines.tell(line))
                .await;
        lines.end();
        self.terminal.end_progress();
        self.terminal.result(&view(&report, self.format))?;
        Ok(match report {
            Report { is_interrupted: true, .. } => Outcome::Interrupted,
            report if report.is_success() => Outcome::Done,
            _ => Outcome::Failed,
        })
    }

    /// Names what is given up, asks, and gives it up.
    async fn release(&self, cluster: &Cluster, snapshot: &Snapshot, interrupt: &Interrupt) -> Result<Outcome, Error> {
        self.terminal.end_progress();
        let members = members(snapshot);
        if members.is_empty() && snapshot.inventory.is_none() {
            self.terminal.status("nothing belongs to the bundle");
            return Ok(Outcome::Done);
        }
        for id in &members {
            self.terminal.status(&format!("release {id}"));
        }
        if !self.yes && !self.is_agreed(cluster)? {
            self.terminal.status("nothing was done");
            return Ok(Outcome::Failed);
        }
        interrupt.guard();
        let report = release(cluster, snapshot).await;
        self.terminal.end_progress();
        self.terminal.result(&view(&report, self.format))?;
        Ok(if report.is_success() { Outcome::Done } else { Outcome::Failed })
    }

    /// Says how much of a changes file is applied already; returns whether all of it is.
    fn is_all_done(&self, changes: &ChangeSet, agreement: Agreement, path: &Path) -> bool {
        self.terminal.end_progress();
        let Agreement { done, left } = agreement;
        let is_kept = |change: &Change| change.action == Action::Keep;
        let is_all = left == 0 && done > 0 && changes.changes.iter().all(is_kept);
        if is_all {
            self.terminal.status(&format!("everything in `{}` is applied already", path.display()));
        } else if done > 0 {
            let done = count(done, "object");
            self.terminal.status(&format!("{done} of `{}` done already; this is left", path.display()));
        }
        is_all
    }

    /// Shows the changes; for programs, the result is the report alone.
    fn show(&self, changes: &ChangeSet) -> Result<(), Error> {
        let text = diff_view::view(changes, diff_view::Format::Human);
        match self.format {
            Format::Human => self.terminal.results(text),
            Format::Json => {
                text.for_each(|part| self.terminal.finding(&part));
                Ok(())
            }
        }
    }

    /// What comes of changes that nothing is to be done about.
    fn nothing(&self, changes: &ChangeSet) -> Result<Outcome, Error> {
        let report = apply::nothing(changes);
        if self.format == Format::Json {
            self.terminal.result(&view(&report, self.format))?;
        } else if !report.rows.is_empty() {
            self.terminal.status("nothing was done");
        }
        Ok(if report.is_success() { Outcome::Done } else { Outcome::Failed })
    }

    /// Asks whether it shall be done.
    fn is_agreed(&self, cluster: &Cluster) -> Result<bool, Error> {
        let context = cluster.context().map(|name| format!(" (context {})", quoted(name))).unwrap_or_default();
        let question = format!("do this to {}{context} as {}? [y/N] ", cluster.server(), quoted(&cluster.user()));
        let answer = self.terminal.ask(&question)?.ok_or(Error::NobodyToAsk)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}
