//! All objects: fields, names, labels, namespaces, order.

use std::collections::BTreeSet;

use chaosc::kubernetes::Schemas;
use chaosc::kubernetes::kinds::{self, Scope};

use super::{projects, text, texts};

#[test]
fn every_built_in_object_has_the_fields_of_its_kind() {
    let mut schemas = Schemas::new();
    let mut count = 0;
    for project in projects() {
        for object in project.objects() {
            if let Some(problems) = schemas.problems(object) {
                assert!(problems.is_empty(), "{}: {object}\n{problems:?}", project.name);
                count += 1;
            }
        }
        for object in project.own() {
            assert!(schemas.problems(object).is_some(), "{}: kinds of ours are all built in: {object}", project.name);
        }
    }
    assert!(count > 200, "only {count} objects");
}

#[test]
fn every_object_is_there_once_and_says_its_namespace() {
    for project in projects() {
        let mut seen = BTreeSet::new();
        for manifest in &project.bundle.manifests {
            assert!(seen.insert(&manifest.id), "{}: {} twice", project.name, manifest.id);
            assert_eq!(text(&manifest.object, "/metadata/namespace"), manifest.id.namespace.as_deref().unwrap_or(""));
            match kinds::scope(&manifest.id.api_version, &manifest.id.kind) {
                Some(Scope::Cluster) => assert_eq!(manifest.id.namespace, None, "{}: {}", project.name, manifest.id),
                Some(Scope::Namespaced) => {
                    assert!(manifest.id.namespace.is_some(), "{}: {}", project.name, manifest.id);
                }
                None => {}
            }
        }
    }
}

/// Kubernetes documentation, "Object Names and IDs" and "Labels and Selectors".
#[test]
fn names_and_labels_are_valid() {
    for project in projects() {
        for object in project.own() {
            let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
            let limit = match kind {
                "CronJob" => 52,
                "Job" | "Namespace" => 63,
                _ => 253,
            };
            assert!(!name.is_empty() && name.len() <= limit, "{}: {kind} {name}", project.name);
            assert!(name.split('.').all(is_dns_label), "{}: {kind} {name}", project.name);
            let pod = ["/spec/template/metadata/labels", "/spec/jobTemplate/spec/template/metadata/labels"];
            let templates = ["/metadata/labels", "/spec/jobTemplate/metadata/labels"];
            for labels in templates.iter().chain(&pod).filter_map(|pointer| object.pointer(pointer)) {
                for (key, value) in texts(labels) {
                    let name = key.rsplit('/').next().unwrap();
                    assert!(is_label_text(name) && !name.is_empty(), "{}: {kind} {key}", project.name);
                    assert!(is_label_text(value), "{}: {kind} {key}: {value}", project.name);
                }
            }
            let labels = texts(&object["metadata"]["labels"]);
            assert_eq!(labels["app.kubernetes.io/managed-by"], "chaosc", "{}: {kind} {name}", project.name);
            assert_eq!(labels["app.kubernetes.io/part-of"], project.config.name, "{}: {kind} {name}", project.name);
            // What finds the app must not find the pods that attack it.
            for labels in pod.iter().filter_map(|pointer| object.pointer(pointer)) {
                let labels = texts(labels);
                assert!(!labels.contains_key("app.kubernetes.io/part-of"), "{}: {name}", project.name);
                assert_eq!(labels["sidecar.istio.io/inject"], "false", "{}: {name}", project.name);
            }
        }
    }
}

fn is_dns_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

fn is_label_text(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    text.len() <= 63 && text.chars().all(inner) && ends(text.chars().next()) && ends(text.chars().next_back())
}

#[test]
fn no_object_names_the_version_of_the_program() {
    for project in projects() {
        for object in project.own() {
            let mut object = object.clone();
            // What the author of chaos.toml wrote may say anything, and what the runner says is its own.
            object["data"].take();
            let image = project.plan.image.reference();
            let shown = object.to_string().replace(&image, "IMAGE");
            assert!(!shown.contains(env!("CARGO_PKG_VERSION")), "{}: {shown}", project.name);
        }
    }
}

#[test]
fn a_namespace_of_someone_else_is_not_touched() {
    for project in projects() {
        let own = project.kind("Namespace").count();
        assert_eq!(own, usize::from(project.config.namespace.create), "{}", project.name);
    }
}

/// Namespaces, then accounts and ConfigMaps, then the apps, then what runs; Argo CD's waves say the same.
#[test]
fn the_order_is_the_order_of_the_waves() {
    for project in projects() {
        let apps: BTreeSet<_> = project.plan.apps.iter().map(|app| &app.id).collect();
        let mut waves = Vec::new();
        for manifest in &project.bundle.manifests {
            let wave = text(&manifest.object, "/metadata/annotations/argocd.argoproj.io~1sync-wave");
            let expected = match manifest.id.kind.as_str() {
                "Namespace" => "-2",
                _ if apps.contains(&manifest.id) => "",
                "Job" | "CronJob" => "1",
                _ => "-1",
            };
            assert_eq!(wave, expected, "{}: {}", project.name, manifest.id);
            waves.push(wave.parse::<i32>().unwrap_or(0));
        }
        assert!(waves.is_sorted(), "{}: {waves:?}", project.name);
    }
}
