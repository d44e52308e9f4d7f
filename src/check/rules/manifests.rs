//! App manifests of the built-in kinds: served by the oldest server, and without a field that nobody reads.

use super::Context;
use crate::config::Config;
use crate::config::app::AppObject;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::misnamed::misnamed;
use crate::kubernetes::removed::{introduced_after, removed};
use crate::kubernetes::schema::{FieldProblem, FieldProblemKind};
use crate::kubernetes::{Schemas, kinds};
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let mut schemas = Schemas::new();
    let version = context.config.kubernetes.version;
    for object in objects(context.config) {
        let at = &object.at;
        let id = &object.id;
        if let Some(removed) = removed(&id.api_version, &id.kind, version) {
            let message = format!(
                "Kubernetes {version} has no `{}` in `{}` any more: it was removed in {}",
                id.kind, id.api_version, removed.version
            );
            let mut problem = Diagnostic::new(Code::RemovedApi, Place::Value(at.join("apiVersion")), message);
            problem = match removed.replacement {
                Some(replacement) => problem.help(format!("use `apiVersion: {replacement}`")),
                None if removed.note.is_none() => problem.help("the kind itself has ended: remove the object"),
                None => problem,
            };
            if let Some(note) = removed.note {
                problem = problem.help(note);
            }
            found.push(problem);
            continue;
        }
        if let Some(introduced) = introduced_after(&id.api_version, &id.kind, version) {
            let since = introduced.version;
            let message = format!(
                "`{}` came to `{}` with Kubernetes {since}, but the oldest server is {version}",
                id.kind, id.api_version
            );
            let raise = format!("raise `version` under `[kubernetes]` to \"{since}\"");
            found.push(Diagnostic::new(Code::NewerApi, Place::Value(at.join("apiVersion")), message).help(
                match introduced.alternative {
                    Some(alternative) => format!("use `apiVersion: {alternative}`, or {raise}"),
                    None => raise,
                },
            ));
            continue;
        }
        if let Some(misnamed) = misnamed(&id.api_version, &id.kind) {
            let message = format!("Kubernetes has no kind `{}` in `{}`", id.kind, id.api_version);
            let problem = Diagnostic::new(Code::UnknownKind, Place::Value(at.join("kind")), message);
            found.push(match misnamed.suggestion {
                Some(near) => problem.help(format!("did you mean `{}` in `{}`?", near.kind, near.api_version)),
                None => problem.help("`kubectl api-resources` lists the kinds of a cluster"),
            });
            continue;
        }
        let problems = schemas.problems(&object.object).unwrap_or_default();
        for problem in problems.iter().filter(|problem| !is_misspelt(problem, &problems)) {
            let at = at.descend(&problem.pointer);
            let (code, place) = match problem.kind {
                FieldProblemKind::UnknownField { .. } => (Code::UnknownField, Place::Key(at)),
                FieldProblemKind::WrongType { .. } => (Code::WrongFieldType, Place::Value(at)),
                FieldProblemKind::MissingField { .. } => (Code::MissingField, Place::Key(at)),
            };
            found.push(Diagnostic::new(code, place, &problem.message).help(&problem.help));
        }
    }
}

/// Returns whether a missing field is there under a name that the kind does not have.
fn is_misspelt(problem: &FieldProblem, all: &[FieldProblem]) -> bool {
    let FieldProblemKind::MissingField { name } = &problem.kind else { return false };
    all.iter().any(|other| {
        let parent = other.pointer.rsplit_once('/').map(|(parent, _)| parent);
        let meant = match &other.kind {
            FieldProblemKind::UnknownField { suggestion, .. } => suggestion.as_ref(),
            _ => None,
        };
        parent == Some(problem.pointer.as_str()) && meant == Some(name)
    })
}

/// Returns the objects of kinds that are not built in: nobody checks their fields before the cluster does.
pub(in crate::check) fn unchecked(config: &Config) -> Vec<Address> {
    objects(config)
        .filter(|object| kinds::find(&object.id.api_version, &object.id.kind).is_none())
        .map(|object| object.at.clone())
        .collect()
}

fn objects(config: &Config) -> impl Iterator<Item = &AppObject> {
    config.apps.iter().flat_map(|app| &app.objects)
}
