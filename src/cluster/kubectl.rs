//! The commands of kubectl that hints name: they look at the cluster that was meant, as the user who was meant.

use std::path::Path;

use crate::config::value_error::one_line;

/// The options with which kubectl takes the same kubeconfig and context.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kubectl {
    kubeconfig: Option<String>,
    context: Option<String>,
}

impl Kubectl {
    /// Creates the options for a kubeconfig that is not the one of the environment, if there is one.
    pub(super) fn new(kubeconfig: Option<&Path>) -> Kubectl {
        Kubectl { kubeconfig: kubeconfig.map(|path| path.display().to_string()), context: None }
    }

    /// Returns the same for a context of it.
    pub(super) fn with_context(&self, context: &str) -> Kubectl {
        Kubectl { context: Some(context.to_owned()), ..self.clone() }
    }

    /// Returns a command to type, in backticks; `words` are those of kubectl and names, which are quoted where a shell asks
    /// for it.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let option = |name: &str, value: &Option<String>| {
            value.iter().flat_map(|value| [name.to_owned(), shell_word(value)]).collect::<Vec<_>>()
        };
        let all = ["kubectl".to_owned()]
            .into_iter()
            .chain(option("--kubeconfig", &self.kubeconfig))
            .chain(option("--context", &self.context))
            .chain(words.iter().map(|word| shell_word(word)));
        format!("`{}`", one_line(all.collect::<Vec<_>>().join(" ").chars()))
    }
}

/// Returns a word as a shell takes it for one (POSIX, "Shell Command Language", 2.2).
fn shell_word(word: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "-_./:@=+,%".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_kubeconfig_and_the_context_that_were_meant() {
        let kubectl = Kubectl::new(None);
        assert_eq!(kubectl.command(&["config", "get-clusters"]), "`kubectl config get-clusters`");
        let kubectl = Kubectl::new(Some(Path::new("my config"))).with_context("it's\n1");
        assert_eq!(
            kubectl.command(&["auth", "whoami"]),
            r"`kubectl --kubeconfig 'my config' --context 'it'\''s\n1' auth whoami`"
        );
    }
}
