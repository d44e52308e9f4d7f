//! What a cluster says, in every format.

use chaosc::diff::change_set::Compared;
use chaosc::permissions::excess::{Excess, Right};
use chaosc::permissions::live::{Account, Answer, Live, Presence, Verdict};
use chaosc::permissions::{Format, origins, view_live};
use chaosc::plan::Plan;
use chaosc::plan::permissions::Reach;
use chaosc::plan::permissions::danger::Danger;
use chaosc::source::Source;

use super::compare;
use crate::folders::project;

fn planned() -> (Source, Plan) {
    let folder = project("tests/granted/dangerous");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let files = std::collections::BTreeMap::from([("kill.yaml".to_owned(), read("kill.yaml"))]);
    let source = Source::from_memory(&read("chaos.toml"), &files);
    let config = chaosc::check::check(&source).config.unwrap();
    let plan = chaosc::plan::plan(&config);
    (source, plan)
}

fn live(accounts: Vec<Account>) -> Live {
    Live {
        compared: Compared {
            context: Some("staging".into()),
            server: "https://cluster.example".into(),
            user: "ada".into(),
            version: "v1.35.4".into(),
            against: None,
        },
        accounts,
    }
}

fn account(presence: Presence, answers: Vec<Answer>) -> Account {
    Account { presence, answers, excess: Vec::new(), unknown: Vec::new() }
}

fn nothing() -> Account {
    account(Presence::There, vec![])
}

fn right(verbs: &[&str], targets: &[&str], dangers: Vec<Danger>) -> Right {
    let texts = |all: &[&str]| all.iter().map(|&one| one.into()).collect();
    Right { verbs: texts(verbs), targets: texts(targets), dangers }
}

fn excess(binding: &str, through: &str, reach: Reach, rights: Vec<Right>) -> Excess {
    Excess { binding: binding.into(), role: "ClusterRole/view".into(), through: through.into(), reach, rights }
}

/// Each case with what it comes to.
fn cases(number: usize) -> Vec<(&'static str, Live, Verdict)> {
    let all = vec![Answer::Allowed; number];
    let mut some = all.clone();
    some[0] = Answer::Missing("no RBAC policy matched".into());
    some[number - 1] = Answer::Missing(String::new());
    let unasked = Answer::Unknown("no right to impersonate the account, and no right to create `x`".into());
    let group = "Group/system:serviceaccounts";
    let dangers = vec![Danger::Escalates, Danger::Executes, Danger::ReadsSecrets, Danger::ClusterWide];
    let everything = right(&["*"], &["*.*"], dangers);
    let reading = [
        right(&["get"], &["secrets"], vec![Danger::ReadsSecrets]),
        right(&["get", "list"], &["configmaps", "pods/log"], vec![]),
    ];
    let bound = Account {
        excess: vec![
            excess("ClusterRoleBinding/\u{1b}[2Jhidden", group, Reach::Cluster, vec![everything]),
            excess("RoleBinding/shop/a|b", "ServiceAccount/x", Reach::Namespace("shop".into()), reading.into()),
        ],
        unknown: vec!["what Role/shop/x allows by RoleBinding/shop/x: no right to get `roles`".into()],
        ..account(Presence::There, some)
    };
    let hidden = Presence::Unknown("whether the account is there: no right to get `serviceaccounts`".into());
    vec![
        ("as-planned", live(vec![account(Presence::There, all), nothing()]), Verdict::AsPlanned),
        ("differs", live(vec![bound, nothing()]), Verdict::Differs),
        ("not-applied", live(vec![account(Presence::NotApplied, vec![]), nothing()]), Verdict::Differs),
        ("not-known", live(vec![account(hidden, vec![unasked; number]), nothing()]), Verdict::NotKnown),
    ]
}

fn without_colours(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

#[test]
fn what_a_cluster_says_is_as_written() {
    let (source, plan) = planned();
    let origins = origins(&plan, &source);
    let mut texts = Vec::new();
    for (name, live, verdict) in cases(plan.workloads[0].grants.len()) {
        assert_eq!(live.verdict(), verdict, "{name}");
        for (format, ending) in [(Format::Human, "human.txt"), (Format::Json, "json"), (Format::Markdown, "md")] {
            let text = without_colours(&view_live(&plan, &origins, &live, format));
            let acts = |c: char| c != '\n' && c.is_control();
            assert!(!text.contains(acts), "{name} {format:?}");
            texts.push((project(&format!("tests/granted/live/{name}.{ending}")), text));
        }
    }
    compare(&texts);
}
