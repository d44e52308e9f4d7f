//! The man pages: the definition of the command line, and what the help says below it.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::Cli;
use super::help::{EXIT_CODES, examples};

/// How a page of ours begins: what begins otherwise is somebody else's.
pub const MARK: &str = ".\\\" Written by `chaosc man`.\n";

/// What defines the apostrophe; each part of a page would bring its own.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

const FILES: &[(&str, &str)] = &[
    ("chaos.toml", "what runs, when, where and with which permissions; paths in it are relative to its folder"),
    (
        "out/",
        "the bundle that `chaosc render` writes, to be committed; `out/.chaosc` lists the files that are of chaosc",
    ),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("KUBECONFIG", "the kubeconfigs to read, as kubectl does; without it that of the home folder, or that of the pod"),
    ("HTTPS_PROXY, NO_PROXY", "the way to the API server, as kubectl understands them"),
    ("NO_COLOR", "no colour, whatever the terminal can"),
];

/// A man page.
#[derive(Debug)]
pub struct Page {
    /// The command that it is of; nothing for that of chaosc itself.
    pub command: Option<String>,
    /// The name of its file.
    pub file: String,
    /// Its source.
    pub text: String,
}

/// Returns the pages: that of chaosc, and those of the commands in the order of the help.
pub fn pages() -> io::Result<Vec<Page>> {
    let mut program = Cli::command().subcommand_help_heading("COMMANDS").subcommand_value_name("COMMAND");
    program.build();
    let mut pages = vec![Page { command: None, file: "chaosc.1".to_owned(), text: page(&program, None)? }];
    for command in program.get_subcommands() {
        let name = command.get_name();
        let text = page(command, Some(name))?;
        pages.push(Page { command: Some(name.to_owned()), file: format!("chaosc-{name}.1"), text });
    }
    Ok(pages)
}

/// Returns the page of the program, or of a command.
fn page(command: &Command, name: Option<&str>) -> io::Result<String> {
    let title = name.map_or_else(|| "CHAOSC".to_owned(), |name| format!("CHAOSC-{}", name.to_uppercase()));
    // The day of the commit stands at the end of the version, if git knows it.
    let date = env!("CHAOSC_VERSION").rsplit_once(' ').map_or("", |(_, date)| date.trim_end_matches(')'));
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.clone());
    let mut body = Vec::new();
    man.render_name_section(&mut body)?;
    man.render_synopsis_section(&mut body)?;
    man.render_description_section(&mut body)?;
    if name.is_none() {
        man.render_subcommands_section(&mut body)?;
    }
    man.render_options_section(&mut body)?;
    body.write_all(below(name).render().as_bytes())?;
    // An empty line is a paragraph, around which a break means nothing.
    let body = String::from_utf8_lossy(&body).replace(PREAMBLE, "").replace(".br\n\n.br\n", ".sp\n");
    let head = format!("{MARK}{PREAMBLE}.TH {title} 1 \"{date}\" \"chaosc {version}\" \"chaosc\"\n");
    Ok(head + &body.lines().map(|line| emphasised(line.trim_end()) + "\n").collect::<String>())
}

/// Returns what stands below the options.
fn below(name: Option<&str>) -> Roff {
    let mut roff = Roff::new();
    if let Some(name) = name {
        roff.control("SH", ["EXAMPLES"]);
        for (line, why) in examples(name) {
            roff.control("TP", []);
            roff.text([bold(*line)]);
            roff.text([roman(*why)]);
        }
    }
    table(&mut roff, "EXIT STATUS", EXIT_CODES);
    if name.is_none() {
        table(&mut roff, "FILES", FILES);
        table(&mut roff, "ENVIRONMENT", ENVIRONMENT);
    } else {
        roff.control("SH", ["SEE ALSO"]).text([bold("chaosc"), roman("(1)")]);
    }
    roff
}

fn table(roff: &mut Roff, heading: &str, rows: &[(&str, &str)]) {
    // A heading of two words is one argument.
    roff.control("SH", [heading]);
    for (name, meaning) in rows {
        roff.control("TP", []).text([bold(*name)]).text([roman(*meaning)]);
    }
}

/// Returns a line with what stands in backticks in bold, and with a tilde that can be copied: troff has its own for both.
fn emphasised(line: &str) -> String {
    let line = line.replace('~', "\\(ti");
    let parts: Vec<&str> = line.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return parts.join("\\(ga");
    }
    let each = parts.iter().enumerate();
    each.map(|(at, part)| if at % 2 == 1 { format!("\\fB{part}\\fR") } else { (*part).to_owned() }).collect()
}
