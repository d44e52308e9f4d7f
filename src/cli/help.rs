//! What the help says below the options: examples, each of which a test runs, and exit codes.

/// A line for a shell, and what it is for.
pub type Example = (&'static str, &'static str);

/// The examples of each command.
const EXAMPLES: &[(&str, &[Example])] = &[
    ("init", &[("chaosc init", "in this folder"), ("chaosc init shop", "in a new one")]),
    (
        "check",
        &[
            ("chaosc check", "silent where all is well"),
            ("chaosc check --deny-warnings --format github", "in CI: marks the lines of the pull request"),
        ],
    ),
    ("render", &[("chaosc render", "writes out/"), ("chaosc render --check", "in CI: fails where out/ is stale")]),
    (
        "permissions",
        &[
            ("chaosc permissions", "what chaos.toml gives"),
            ("chaosc permissions --live --context staging", "what the accounts really may do there"),
        ],
    ),
    (
        "diff",
        &[
            ("chaosc diff --context staging", "what apply would do there"),
            ("chaosc diff --against origin/main", "what this branch changes; asks no cluster"),
            ("chaosc diff --save shop.changes", "for `chaosc apply shop.changes`"),
        ],
    ),
    (
        "apply",
        &[
            ("chaosc apply --context staging", "shows what it would do, and asks"),
            ("chaosc apply --yes --timeout 10m", "in CI: asks nobody"),
            ("chaosc diff --save shop.changes && chaosc apply shop.changes", "does exactly that, or nothing"),
        ],
    ),
    (
        "delete",
        &[
            ("chaosc delete --context staging", "shows what it would do, and asks"),
            ("chaosc delete --yes --include-namespace", "leaves nothing but volumes"),
            ("chaosc delete --release", "hands the bundle over to Argo CD, Flux or Helm"),
        ],
    ),
    ("explain", &[("chaosc explain unknown-key", ""), ("chaosc explain | grep cron", "the ones about times")]),
    ("schema", &[("chaosc schema > chaos.schema.json", ""), ("chaosc schema experiment > experiment.schema.json", "")]),
    (
        "completions",
        &[
            ("chaosc completions bash > ~/.local/share/bash-completion/completions/chaosc", ""),
            ("chaosc completions zsh > ~/.zfunc/_chaosc", "where `fpath` names ~/.zfunc"),
            ("chaosc completions fish > ~/.config/fish/completions/chaosc.fish", ""),
        ],
    ),
    (
        "man",
        &[
            ("chaosc man diff | man -l -", "reads it"),
            ("chaosc man --out ~/.local/share/man/man1", "where `man chaosc` and `man chaosc-diff` find it"),
        ],
    ),
];

/// What each exit code means.
pub const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "done"),
    ("1", "failed"),
    ("2", "`render --check` or `diff --exit-code` found changes"),
    ("64", "wrong usage"),
    ("70", "a fault of chaosc"),
    ("130", "interrupted"),
];

/// Returns the examples of a command.
pub fn examples(command: &str) -> &'static [Example] {
    EXAMPLES.iter().find(|(name, _)| *name == command).map_or(&[], |(_, examples)| examples)
}

/// Returns the section of the help with the examples of a command.
pub(super) fn examples_section(command: &str) -> String {
    let width = examples(command).iter().filter(|(_, why)| !why.is_empty()).map(|(line, _)| line.len()).max();
    let width = width.unwrap_or(0);
    let lines = examples(command).iter().map(|(line, why)| match *why {
        "" => format!("\n  {line}"),
        why => format!("\n  {line:width$}  # {why}"),
    });
    heading("Examples:") + &lines.collect::<String>()
}

/// Returns the section of the help with the exit codes.
pub(super) fn exit_codes_section() -> String {
    let lines = EXIT_CODES.iter().map(|(code, meaning)| format!("\n  {code:>3}  {meaning}"));
    heading("Exit codes:") + &lines.collect::<String>()
}

/// Returns a heading as clap draws its own; clap takes the colour away where nobody sees it.
fn heading(text: &str) -> String {
    format!("\u{1b}[1m\u{1b}[4m{text}\u{1b}[0m")
}
