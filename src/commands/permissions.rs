//! `chaosc permissions`: what the accounts may do, by the plan and by a cluster.

use super::{Outcome, checked, planned, with_cluster};
use crate::cli::Permissions;
use crate::error::Error;
use crate::observe::rights;
use crate::permissions::live::Verdict;
use crate::permissions::{origins, view, view_live};
use crate::terminal::Terminal;

pub(super) fn permissions(terminal: Terminal, args: &Permissions) -> Result<Outcome, Error> {
    let Some((config, source)) = checked(terminal, &args.file.file)? else { return Ok(Outcome::Failed) };
    let plan = planned(terminal, config);
    let origins = origins(&plan, &source);
    if !args.live {
        terminal.result(&view(&plan, &origins, args.format))?;
        return Ok(Outcome::Done);
    }
    let kubernetes = &plan.kubernetes;
    let live = with_cluster(terminal, &args.cluster, &kubernetes.contexts, async |cluster, _| {
        if let Some(uid) = &kubernetes.cluster_uid {
            cluster.require_uid(uid).await?;
        }
        Ok(rights::rights(cluster, &plan).await?)
    })?;
    terminal.result(&view_live(&plan, &origins, &live, args.format))?;
    Ok(if live.verdict() == Verdict::AsPlanned { Outcome::Done } else { Outcome::Failed })
}
