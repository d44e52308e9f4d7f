//! Workflow commands of GitHub Actions, which mark the lines of a pull request (GitHub documentation, "Workflow
//! commands for GitHub Actions", "Setting an error message").

use super::super::veil::{Shown, Veil};

/// One command. The whole message stands in it: GitHub shows nothing of the log beside the line.
pub(super) fn github(veil: &Veil<'_>, shown: &Shown<'_>) -> String {
    let (line, column) = veil.line_column(shown.file, shown.span.start);
    let end_line = line + veil.text(shown.file)[shown.span.clone()].matches('\n').count();
    let mut message = shown.message.clone();
    for help in &shown.help {
        message.push_str("\nhelp: ");
        message.push_str(help);
    }
    format!(
        "::{} file={},line={line},endLine={end_line},col={column},title={}::{}\n",
        shown.code.severity(),
        property(veil.path(shown.file)),
        property(shown.code.name()),
        data(&message),
    )
}

/// Escapes a message (`escapeData` of actions/toolkit).
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property (`escapeProperty` of actions/toolkit).
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::source::Source;
    use std::collections::BTreeMap;

    #[test]
    fn a_problem_is_one_line_that_cannot_be_left() {
        let chaos =
            "name = \"a\"\nnamee = 1\n[namespace]\nname = \"a\"\n[[experiments]]\nfile = \"100%,\\n::x.yaml\"\n";
        let source = Source::from_memory(chaos.as_bytes(), &BTreeMap::new());
        let found = check::check(&source).diagnostics;
        let veil = Veil::of(&source, &found);
        let lines: Vec<String> = found.iter().map(|one| github(&veil, &veil.shown(one))).collect();
        assert_eq!(
            lines[0],
            "::error file=chaos.toml,line=2,endLine=2,col=1,title=unknown-key::unknown key `namee` at the top level%0Ahelp: did you mean `name`?\n"
        );
        assert!(lines.iter().all(|line| line.matches('\n').count() == 1 && line.starts_with("::")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("100%25,")), "{lines:?}");
        assert_eq!(property("a:b,c%d\r"), "a%3Ab%2Cc%25d%0D");
    }
}
