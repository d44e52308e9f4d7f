//! The small languages inside values: names, durations, cron expressions, time zones, quantities, images.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::config::cron::Cron;
use crate::config::duration::Duration;
use crate::config::permissions::WHOLE_CLUSTER;
use crate::config::quantity::Quantity;
use crate::config::time_zone::TimeZoneName;
use crate::config::value_error::ValueError;
use crate::config::{image_reference, name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};
use crate::source::tree::join;

/// What a value must be.
#[derive(Debug, Clone, Copy)]
enum Language {
    Label,
    LabelOrAll,
    Subdomain,
    SecretKey,
    EnvironmentVariable,
    /// Becomes a file name on its way into the environment.
    Identifier,
    LabelKey,
    LabelValue,
    AnnotationKey,
    Duration,
    Cron,
    TimeZone,
    Date,
    Quantity,
    Repository,
    Tag,
    Digest,
}

/// Where each language stands: a pointer in which `*` is any index or key. A last segment `@` means the keys of the
/// table rather than a value.
const PLACES: &[(&str, Language)] = &[
    ("/name", Language::Label),
    ("/namespace/name", Language::Label),
    ("/namespace/istio-revision", Language::LabelValue),
    ("/namespace/labels/@", Language::LabelKey),
    ("/namespace/labels/*", Language::LabelValue),
    ("/namespace/annotations/@", Language::AnnotationKey),
    ("/apps/*/name", Language::Label),
    ("/apps/*/namespace", Language::Label),
    ("/apps/*/rollout-timeout", Language::Duration),
    ("/apps/*/checks/*/timeout", Language::Duration),
    ("/image/repository", Language::Repository),
    ("/image/tag", Language::Tag),
    ("/image/digest", Language::Digest),
    ("/image/pull-secrets/*", Language::Subdomain),
    ("/pod/resources/requests/*", Language::Quantity),
    ("/pod/resources/limits/*", Language::Quantity),
    ("/pod/node-selector/@", Language::LabelKey),
    ("/pod/node-selector/*", Language::LabelValue),
    ("/pod/priority-class", Language::Subdomain),
    ("/pod/labels/@", Language::LabelKey),
    ("/pod/labels/*", Language::LabelValue),
    ("/pod/annotations/@", Language::AnnotationKey),
    ("/pod/service-account-annotations/@", Language::AnnotationKey),
    ("/permissions/namespaces/*", Language::Label),
    ("/permissions/rules/*/namespace", Language::LabelOrAll),
    ("/experiments/*/name", Language::Label),
    ("/experiments/*/env/@", Language::EnvironmentVariable),
    ("/experiments/*/secrets/*/env", Language::Identifier),
    ("/experiments/*/secrets/*/secret", Language::Subdomain),
    ("/experiments/*/secrets/*/key", Language::SecretKey),
    ("/experiments/*/timeout", Language::Duration),
    ("/schedules/*/name", Language::Label),
    ("/schedules/*/cron", Language::Cron),
    ("/schedules/*/time-zone", Language::TimeZone),
    ("/schedules/*/random/min-gap", Language::Duration),
    ("/blackout/*/from", Language::Date),
    ("/blackout/*/to", Language::Date),
    ("/accept/*/until", Language::Date),
];

/// Checks every value that has a language, and returns what is wrong by the pointer to it.
pub(super) fn check(chaos: &Value) -> BTreeMap<String, Diagnostic> {
    let mut wrong = BTreeMap::new();
    for (pattern, language) in PLACES {
        let segments: Vec<&str> = pattern.split('/').skip(1).collect();
        visit(chaos, String::new(), &segments, *language, &mut wrong);
    }
    wrong
}

/// Follows a pattern through the value and judges what it leads to.
fn visit(value: &Value, at: String, pattern: &[&str], language: Language, wrong: &mut BTreeMap<String, Diagnostic>) {
    match (pattern, value) {
        ([], Value::String(text)) => {
            let place = Place::Value(Address::root(CHAOS_TOML).descend(&at));
            wrong.extend(judge(language, text, place).map(|diagnostic| (at, diagnostic)));
        }
        (["@"], Value::Object(entries)) => {
            for key in entries.keys() {
                let pointer = join(&at, key);
                let place = Place::Key(Address::root(CHAOS_TOML).descend(&pointer));
                wrong.extend(judge(language, key, place).map(|diagnostic| (pointer, diagnostic)));
            }
        }
        (["*", rest @ ..], Value::Object(entries)) => {
            for (key, entry) in entries {
                visit(entry, join(&at, key), rest, language, wrong);
            }
        }
        (["*", rest @ ..], Value::Array(entries)) => {
            for (index, entry) in entries.iter().enumerate() {
                visit(entry, join(&at, index), rest, language, wrong);
            }
        }
        ([key, rest @ ..], Value::Object(entries)) => {
            if let Some(entry) = entries.get(*key) {
                visit(entry, join(&at, key), rest, language, wrong);
            }
        }
        _ => {}
    }
}

/// Returns what is wrong with one text.
fn judge(language: Language, text: &str, place: Place) -> Option<Diagnostic> {
    let (code, fault) = match language {
        Language::LabelOrAll if text == WHOLE_CLUSTER => return None,
        Language::Label | Language::LabelOrAll => (Code::InvalidName, name::dns_label(text).err()?),
        Language::Subdomain if text.is_empty() => return None,
        Language::Subdomain => (Code::InvalidName, name::dns_subdomain(text).err()?),
        Language::SecretKey => (Code::InvalidName, name::config_key(text).err()?),
        Language::EnvironmentVariable => (Code::InvalidName, name::environment_variable(text).err()?),
        Language::Identifier => (Code::InvalidName, name::c_identifier(text).err()?),
        Language::LabelKey => (Code::InvalidLabel, name::label_key(text).err()?),
        Language::LabelValue => (Code::InvalidLabel, name::label_value(text).err()?),
        Language::AnnotationKey => (Code::InvalidLabel, name::annotation_key(text).err()?),
        Language::Duration => (Code::InvalidDuration, Duration::parse(text).err()?),
        Language::Cron => (Code::InvalidCron, Cron::parse(text).err()?),
        Language::TimeZone => (Code::InvalidTimeZone, TimeZoneName::parse(text).err()?),
        Language::Date => (Code::InvalidDate, date(text).err()?),
        Language::Quantity => (Code::InvalidQuantity, Quantity::parse(text).err()?),
        Language::Repository => (Code::InvalidImage, image_reference::check_repository(text).err()?),
        Language::Tag => (Code::InvalidImage, image_reference::check_tag(text).err()?),
        Language::Digest => (Code::InvalidImage, image_reference::check_digest(text).err()?),
    };
    let diagnostic = Diagnostic::new(code, place, fault.message);
    let help = fault.help.or_else(|| parts_of_image(language, text));
    Some(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

/// Says how a whole reference is given in parts, where only the repository belongs.
fn parts_of_image(language: Language, text: &str) -> Option<String> {
    if !matches!(language, Language::Repository) {
        return None;
    }
    let digest = text.split_once('@').map(|(repository, digest)| (repository, "digest", digest));
    let tag = || text.rsplit_once(':').map(|(repository, tag)| (repository, "tag", tag));
    let (repository, key, rest) = digest.or_else(tag)?;
    let check = if key == "digest" { image_reference::check_digest } else { image_reference::check_tag };
    // What would be wrong again is no help, and may be a password: `https://user:password@host`.
    (image_reference::check_repository(repository).is_ok() && check(rest).is_ok()).then_some(())?;
    Some(format!("give the parts apart: `repository = \"{repository}\"`, `{key} = \"{rest}\"`"))
}

/// Judges a date: only the plain form, although jiff reads dates with a time, too.
fn date(text: &str) -> Result<(), ValueError> {
    if text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok() {
        return Ok(());
    }
    let message = format!("`{text}` is no date, expected year-month-day such as `2026-12-24`");
    Err(ValueError::new(0..text.len(), message))
}
