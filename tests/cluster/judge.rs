//! What kubectl says about the same objects: the judge of a diff.

use std::collections::BTreeSet;

use chaosc::diff::ChangeSet;

use crate::lab::Lab;

/// Returns the objects that `kubectl diff --server-side` finds changed, as `KIND/NAME`; or what it complains about.
pub(crate) fn kubectl_diff(lab: &Lab, more: &[&str]) -> Result<BTreeSet<String>, String> {
    let mut arguments = vec!["diff", "--server-side", "--field-manager=chaosc", "-f", "-"];
    arguments.extend(more);
    let (code, out, err) = lab.try_kubectl(&arguments, &lab.documents());
    let changed: BTreeSet<String> = out.lines().filter_map(|line| object(line.strip_prefix("diff ")?)).collect();
    match code {
        0 | 1 => {
            assert_eq!(code == 1, !changed.is_empty(), "{out}\n{err}");
            Ok(changed)
        }
        _ => Err(err),
    }
}

/// Asserts that kubectl and the rows name the same objects as those that an apply would change.
pub(crate) fn assert_agreed(lab: &Lab, changes: &ChangeSet, more: &[&str]) {
    // kubectl knows of no deletions, and does not look at who owns a field.
    let is_seen = |change: &&chaosc::diff::Change| {
        change.after.is_some() && change.before != change.after && change.action.writes()
    };
    let ours: BTreeSet<String> = changes.changes.iter().filter(is_seen).map(|change| change.id.to_string()).collect();
    assert_eq!(kubectl_diff(lab, more), Ok(ours));
}

/// Returns the object of `… /tmp/MERGED-1/apps.v1.Deployment.NAMESPACE.NAME`.
fn object(line: &str) -> Option<String> {
    let file = line.rsplit('/').next()?;
    let start = file.find(|character: char| character.is_ascii_uppercase())?;
    let mut parts = file[start..].splitn(3, '.');
    let (kind, _namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{kind}/{name}"))
}
