//! The explanation of each code: a page of Markdown with a wrong and a right example.

use super::Code;

/// One file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFile {
    /// The language of the fence.
    pub language: String,
    /// The path, as the fence names it.
    pub path: String,
    /// The content.
    pub text: String,
}

/// The explanation of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The whole page, as `chaosc explain` prints it.
    pub page: &'static str,
    /// The files of the wrong example.
    pub wrong: Vec<ExampleFile>,
    /// The files of the right example.
    pub right: Vec<ExampleFile>,
}

/// Returns the explanation of a code.
///
/// A page has the sections `## Wrong` and `## Right`; each fenced block in them names its file after the language:
/// ```` ```toml chaos.toml ````. What an example leaves out is taken from the starter that `chaosc init` writes.
pub fn explain(code: Code) -> Explanation {
    let page = code.page();
    Explanation { page, wrong: files(page, "## Wrong"), right: files(page, "## Right") }
}

/// Collects the fenced files of one section.
fn files(page: &str, section: &str) -> Vec<ExampleFile> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut keep = false;
    let mut open: Option<ExampleFile> = None;
    for line in page.lines() {
        if let Some(file) = &mut open {
            if line.starts_with("```") {
                found.extend(open.take().filter(|_| keep));
            } else {
                file.text.push_str(line);
                file.text.push('\n');
            }
        } else if line.starts_with("## ") {
            inside = line.starts_with(section);
        } else if let Some(fence) = line.strip_prefix("```") {
            // A block outside the two sections, or without a file name, is only there to be read.
            let (language, path) = fence.split_once(' ').unwrap_or((fence, ""));
            let file = ExampleFile { language: language.to_owned(), path: path.to_owned(), text: String::new() };
            open = Some(file);
            keep = inside && !path.is_empty();
        }
    }
    found
}

/// Returns the first line of a code's explanation: what it means, in a few words.
pub fn title(code: Code) -> &'static str {
    code.page().lines().next().unwrap_or_default().trim_start_matches("# ")
}
