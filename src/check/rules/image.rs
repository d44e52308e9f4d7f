//! The image of the chaos pods: that it is fixed, and that it brings what the experiments call.

use super::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::image;
use crate::source::CHAOS_TOML;
use crate::source::address::{Address, Place};

pub(super) fn check(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    if context.raw.get("image").is_none() {
        packages(context, found);
    }
    let Some(image) = &context.config.image else { return };
    let is_fixed = image.digest.is_some() || image.tag.as_ref().is_some_and(|tag| tag != "latest");
    if !is_fixed && context.is_whole("/image") {
        let at = Address::root(CHAOS_TOML).join("image").join(if image.tag.is_some() { "tag" } else { "repository" });
        let message = format!("the image `{}` may be another one tomorrow", image.reference());
        found.push(
            Diagnostic::new(Code::FloatingTag, Place::Value(at), message)
                .help("name a `digest`, or a `tag` that is never moved"),
        );
    }
}

/// Without `[image]` the official image is taken, where its packages suffice.
fn packages(context: &Context<'_>, found: &mut Vec<Diagnostic>) {
    for missing in image::missing_from_official(context.config.experiments.iter()) {
        let what = match missing.package {
            Some(package) => format!("the package `{package}`"),
            None => format!("a package with the module `{}`", missing.module),
        };
        let message = format!("step `{}` needs {what}, which the official image does not bring", missing.step.name);
        found.push(
            Diagnostic::new(Code::MissingPackage, Place::Value(missing.step.provider_at.join("module")), message)
                .help("name an image that brings it, under `[image]` in chaos.toml"),
        );
    }
}
