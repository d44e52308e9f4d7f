//! `[pod]`: Kubernetes' own objects in it, held against the schema of pods.

use serde_json::json;

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::kubernetes::Schemas;
use crate::kubernetes::schema::FieldProblemKind;
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

/// Where tolerations stand in a pod; what is found below has the same pointer in chaos.toml.
const IN_POD: &str = "/spec/tolerations";

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    let tolerations = &context.config.pod.tolerations;
    if tolerations.is_empty() {
        return;
    }
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "chaos"},
        "spec": {"containers": [{"name": "chaos"}], "tolerations": tolerations},
    });
    for problem in Schemas::new().problems(&pod).unwrap_or_default() {
        let Some(below) = problem.pointer.strip_prefix(IN_POD) else { continue };
        let at = Address::root(CHAOS_TOML).join("pod").join("tolerations").descend(below);
        let (code, place) = match problem.kind {
            FieldProblemKind::UnknownField { .. } => (Code::UnknownField, Place::Key(at)),
            FieldProblemKind::WrongType { .. } => (Code::WrongFieldType, Place::Value(at)),
            FieldProblemKind::MissingField { .. } => (Code::MissingField, Place::Value(at)),
        };
        // In the words of chaos.toml.
        let message = problem.message.replacen("`spec.", "`pod.", 1);
        found.push(Diagnostic::new(code, place, message).help(problem.help));
    }
}
