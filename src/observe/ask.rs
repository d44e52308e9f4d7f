//! Asking the server what an apply would do: a dry-run, and what stands in for it where the server cannot be asked.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::desired::Desired;
use super::warnings::Warnings;
use super::{Namespace, Resources};
use crate::cluster::{Answer, Cluster, ClusterError, Request, Status};
use crate::diff::mask;
use crate::inventory::MANAGER;
use crate::kubernetes::resource::Resource;
use crate::kubernetes::{ObjectId, Schemas};
use crate::snapshot::ApplyAnswer;

/// The reason of the causes that make a conflict a conflict of field managers (Kubernetes API, `meta/v1 StatusCause`).
const CONFLICT: &str = "FieldManagerConflict";

/// What is needed to ask.
pub(super) struct Asker<'a> {
    cluster: &'a Cluster,
    resources: &'a Resources,
    namespaces: &'a BTreeMap<String, Namespace>,
    /// Kinds whose definition is in the bundle: group and kind.
    brought: BTreeSet<(String, String)>,
    /// Stands in for the server.
    schemas: RefCell<Schemas>,
    warnings: RefCell<Warnings>,
}

impl<'a> Asker<'a> {
    pub(super) fn new(
        cluster: &'a Cluster,
        resources: &'a Resources,
        namespaces: &'a BTreeMap<String, Namespace>,
        brought: BTreeSet<(String, String)>,
    ) -> Asker<'a> {
        Asker { cluster, resources, namespaces, brought, schemas: RefCell::default(), warnings: RefCell::default() }
    }

    /// Returns where the objects of a kind are, if the server has it.
    pub(super) fn resource(&self, id: &ObjectId) -> Option<&'a Resource> {
        self.resources.get(&(id.api_version.clone(), id.kind.clone())).and_then(Option::as_ref)
    }

    /// Returns what the server has warned of.
    pub(super) fn into_warnings(self) -> Warnings {
        self.warnings.into_inner()
    }

    /// Finds out what applying `object` would do.
    pub(super) async fn ask(&self, desired: &Desired, object: &Value, exists: bool) -> ApplyAnswer {
        let id = &desired.id;
        let Some(resource) = self.resource(id) else {
            let yet = if self.brought.contains(&(id.group().to_owned(), id.kind.clone())) { " yet" } else { "" };
            let reason = format!("the server does not know the kind `{}` of `{}`{yet}", id.kind, id.api_version);
            return self.unverified(object, reason);
        };
        let namespace = id.namespace.as_deref().filter(|_| resource.is_namespaced);
        if let Some(name) = namespace.filter(|name| self.namespaces.get(*name) == Some(&Namespace::Missing)) {
            return self.unverified(object, format!("the namespace `{name}` does not exist yet"));
        }
        let question = Question { asker: self, resource, namespace, object, exists, id };
        match question.ask().await {
            Ok(answer) => answer,
            // One request that fails hides no other.
            Err(error) => refused(Status { message: error.to_string(), ..Status::default() }),
        }
    }

    /// Judges an object by the embedded schemas, because the server cannot be asked.
    fn unverified(&self, object: &Value, reason: String) -> ApplyAnswer {
        let problems = self.schemas.borrow_mut().problems(object).unwrap_or_default();
        let problems = problems.into_iter().map(|problem| (problem.pointer, problem.message)).collect();
        ApplyAnswer::Unverified { reason, problems }
    }
}

/// One object, and where to ask about it.
struct Question<'a> {
    asker: &'a Asker<'a>,
    resource: &'a Resource,
    namespace: Option<&'a str>,
    id: &'a ObjectId,
    object: &'a Value,
    exists: bool,
}

impl Question<'_> {
    async fn ask(&self) -> Result<ApplyAnswer, ClusterError> {
        let answer = self.dry_run(false).await?;
        if answer.is_success() {
            return Ok(ApplyAnswer::Merged { object: self.object(&answer)?, conflicts: Vec::new() });
        }
        let status = answer.failure();
        let conflicts = conflicts(&status);
        if answer.status == 409 && !conflicts.is_empty() {
            let forced = self.dry_run(true).await?;
            return Ok(if forced.is_success() {
                ApplyAnswer::Merged { object: self.object(&forced)?, conflicts }
            } else {
                ApplyAnswer::Refused { status: forced.failure(), conflicts }
            });
        }
        let missing = if answer.status == 403 { self.missing_verbs().await? } else { Vec::new() };
        if !missing.is_empty() {
            let place = self.namespace.map_or_else(String::new, |name| format!(" in namespace `{name}`"));
            let (verbs, resource) = (missing.join(" and "), self.resource.qualified());
            let reason = format!("no right to {verbs} `{resource}`{place}, so that the server was not asked");
            return Ok(self.asker.unverified(self.object, reason));
        }
        // The list of what exists came from before; a namespace or a kind may have gone since.
        let is_gone = answer.status == 404;
        if is_gone || is_about_dry_run(&status.message) {
            let said = mask::files::said_about(self.object, &status.message);
            return Ok(self.asker.unverified(self.object, said));
        }
        // Of these, what the server says beside its status tells nothing about the object.
        if matches!(answer.status, 429 | 501..) || status.message.is_empty() {
            return Err(answer.unable().into());
        }
        Ok(refused(status))
    }

    /// Returns what would come of the object.
    fn object(&self, answer: &Answer) -> Result<Value, ClusterError> {
        answer.object(&self.resource.kind, &self.id.name)
    }

    async fn dry_run(&self, force: bool) -> Result<Answer, ClusterError> {
        let force = if force { "&force=true" } else { "" };
        let path = format!(
            "{}?dryRun=All&fieldManager={MANAGER}&fieldValidation=Strict{force}",
            self.resource.object(self.namespace, &self.id.name)
        );
        let request = Request {
            method: http::Method::PATCH,
            path,
            body: Some(("application/apply-patch+yaml", self.object.to_string().into_bytes())),
        };
        let mut answer = self.asker.cluster.send(request).await?;
        for warning in &mut answer.warnings {
            *warning = mask::files::said_about(self.object, warning);
        }
        self.asker.warnings.borrow_mut().add(&answer, Some(self.id));
        Ok(answer)
    }

    /// Asks which rights the account lacks to write the object at all; lacking none, a refusal is about the object.
    async fn missing_verbs(&self) -> Result<Vec<&'static str>, ClusterError> {
        let verbs: &[&str] = if self.exists { &["patch"] } else { &["patch", "create"] };
        let mut missing = Vec::new();
        for verb in verbs {
            if !may(self.asker.cluster, self.resource, self.namespace, verb, &self.id.name).await? {
                missing.push(*verb);
            }
        }
        Ok(missing)
    }
}

/// Asks the server whether the user may do something (Kubernetes API, `SelfSubjectAccessReview`); an empty name is any.
///
/// Who may not even ask finds out by doing.
pub(crate) async fn may(
    cluster: &Cluster,
    resource: &Resource,
    namespace: Option<&str>,
    verb: &str,
    name: &str,
) -> Result<bool, ClusterError> {
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {
            "namespace": namespace.unwrap_or_default(),
            "verb": verb,
            "group": resource.group(),
            "resource": resource.plural,
            "name": name,
        }},
    });
    let request = Request {
        method: http::Method::POST,
        path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews".to_owned(),
        body: Some(("application/json", review.to_string().into_bytes())),
    };
    let answer = cluster.send(request).await?;
    Ok(!answer.is_success() || answer.json()["status"]["allowed"] == true)
}

fn refused(status: Status) -> ApplyAnswer {
    ApplyAnswer::Refused { status, conflicts: Vec::new() }
}

/// Returns whether a refusal is about the question and not about the object: by the API server, where a webhook says that
/// it has side effects (apiserver, `webhookerrors.NewDryRunUnsupportedErr`), or by a webhook in words of its own. There is
/// no type for it.
fn is_about_dry_run(message: &str) -> bool {
    let letters: String = message.chars().filter(char::is_ascii_alphabetic).collect();
    message.contains("admission webhook") && letters.to_ascii_lowercase().contains("dryrun")
}

/// Returns the fields that other managers own with other values, each with its manager.
pub(crate) fn conflicts(status: &Status) -> Vec<(String, String)> {
    let causes = status.details.iter().flat_map(|details| &details.causes);
    let conflicts = causes.filter(|cause| cause.reason == CONFLICT);
    let mut conflicts: Vec<(String, String)> =
        conflicts.map(|cause| (cause.field.clone(), manager(&cause.message).to_owned())).collect();
    // The server goes through its managers in no order.
    conflicts.sort();
    conflicts
}

/// Returns the manager in `conflict with "NAME" with subresource "scale" using apps/v1` (structured-merge-diff,
/// `merge.Conflict`), where it stands in quotes.
fn manager(message: &str) -> &str {
    message.split('"').nth(1).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Details, Fault};

    #[test]
    fn a_webhook_that_takes_no_dry_run_says_so_in_many_ways() {
        for (message, expected) in [
            ("admission webhook \"a.example.com\" does not support dry run", true),
            ("admission webhook \"a.example.com\" denied the request: dryRun is not possible here", true),
            ("admission webhook \"a.example.com\" denied the request: no dry-run", true),
            ("admission webhook \"a.example.com\" denied the request: no chaos on a Friday", false),
            ("ConfigMap \"dry-run\" is invalid", false),
        ] {
            assert_eq!(is_about_dry_run(message), expected, "{message}");
        }
    }

    #[test]
    fn only_conflicts_of_field_managers_are_conflicts() {
        let fault = |reason: &str, message: &str| Fault {
            reason: reason.to_owned(),
            message: message.to_owned(),
            field: ".spec.replicas".to_owned(),
        };
        let details = Details {
            causes: vec![
                fault(CONFLICT, "conflict with \"kubectl-edit\" using apps/v1"),
                fault("FieldValueInvalid", "no"),
            ],
            ..Details::default()
        };
        let status = Status { details: Some(details), ..Status::default() };
        assert_eq!(conflicts(&status), [(".spec.replicas".to_owned(), "kubectl-edit".to_owned())]);
        assert_eq!(conflicts(&Status::default()), []);
    }
}
