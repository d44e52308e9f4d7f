//! The catalogue against the packages: the same functions with the same arguments, in both directions.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use chaosc::plan::catalogue;

use crate::folders::project;
use crate::tools::{succeed, tool};

#[test]
fn the_catalogue_has_every_function_of_the_packages_with_its_arguments_and_no_other() {
    let mut python = Command::new(tool("CHAOSC_TEST_PYTHON"));
    python.arg(project("tests/proof/packages.py")).env("PYTHONDONTWRITEBYTECODE", "1");
    let packages: BTreeMap<String, [BTreeSet<String>; 2]> = serde_json::from_str(&succeed(&mut python)).unwrap();
    let set = |arguments: &[String]| -> BTreeSet<String> { arguments.iter().cloned().collect() };
    let catalogue: BTreeMap<String, [BTreeSet<String>; 2]> = catalogue::all()
        .map(|(function, activity)| (function.to_owned(), [set(&activity.required), set(&activity.optional)]))
        .collect();
    let names = |of: &BTreeMap<String, [BTreeSet<String>; 2]>| of.keys().cloned().collect::<BTreeSet<_>>();
    let (in_packages, in_catalogue) = (names(&packages), names(&catalogue));
    assert_eq!(
        in_packages.difference(&in_catalogue).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "not in the catalogue"
    );
    assert_eq!(in_catalogue.difference(&in_packages).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the packages");
    for (function, arguments) in &packages {
        assert_eq!(&catalogue[function], arguments, "{function}: its required and its optional arguments");
    }
}
