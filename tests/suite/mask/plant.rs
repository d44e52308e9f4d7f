//! Random objects that hold a canary in every place where secrets are kept, and plain values beside them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::kubernetes::generate::Random;

/// What each canary that is a text begins with, ends with, and begins with in base64; nothing else holds any of it.
pub(super) const TRACES: [&str; 3] = ["Cf", "Cl", "Q2Y"];

/// A secret whose beginning and end nothing else holds, so that half of it is found, too.
#[derive(Debug, Clone)]
pub(super) struct Canary {
    pub(super) text: String,
    pub(super) first: String,
    last: String,
}

impl Canary {
    /// Returns what must not stand in any output.
    pub(super) fn traces(&self) -> Vec<String> {
        vec![self.first.clone(), self.last.clone(), STANDARD.encode(&self.text)]
    }

    /// Returns messages that a server could quote it in.
    pub(super) fn messages(&self) -> Vec<String> {
        let text = &self.text;
        let body = json!({"data": {"a": text}}).to_string();
        vec![
            format!("invalid value {text}"),
            format!("Invalid value: {}: must not be", json!(text)),
            format!("Invalid value: {}", json!(body)),
            format!("illegal base64 data: {}", STANDARD.encode(text)),
        ]
    }
}

/// What may stand in the middle of a secret.
#[derive(Clone, Copy)]
enum Middle {
    /// Anything.
    Any,
    /// No quotes and no line breaks.
    Line,
    /// No blanks either, and nothing that an address is taken apart at.
    Word,
}

const WORDS: [&str; 6] = ["", "-", "_", ".", "%41", "+"];
const LINES: [&str; 7] = [" ", ", ", "#", "&x=y", ";z", "=", "é"];
const ANY: [&str; 8] = ["\"", "\\", "\n", "'", "<&>", "\u{85}", "\": \"", "\\n"];
const KEYS: [&str; 12] = [
    "password",
    "DB_PASSWORD",
    "dbPassword",
    "spring.datasource.password",
    "API_TOKEN",
    "apiKey",
    "client_secret",
    "AWS_SECRET_ACCESS_KEY",
    "private-key",
    "credentials",
    "connectionString",
    "db-passphrase",
];

pub(super) struct Planter<'r> {
    random: &'r mut Random,
    pub(super) canaries: Vec<Canary>,
    pub(super) plain: Vec<String>,
}

impl<'r> Planter<'r> {
    pub(super) fn new(random: &'r mut Random) -> Self {
        Planter { random, canaries: Vec::new(), plain: Vec::new() }
    }

    /// Returns an object of a random kind.
    pub(super) fn object(&mut self) -> Value {
        let mut object = match self.random.below(6) {
            0 => self.secret(),
            1 | 2 => self.config_map(),
            3 => json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": self.template()}}),
            4 => json!({"apiVersion": "batch/v1", "kind": "CronJob",
                "spec": {"jobTemplate": {"spec": {"template": self.template()}}}}),
            _ => json!({"apiVersion": "shop.example/v1", "kind": "Shelf", "spec": self.configuration(3, false)}),
        };
        object["metadata"] = self.metadata(true);
        object
    }

    fn canary(&mut self, middle: Middle) -> String {
        // An old one now and then: equal secrets in several places.
        if !self.canaries.is_empty() && self.random.below(4) == 0 && matches!(middle, Middle::Any) {
            let known = self.random.below(self.canaries.len());
            return self.canaries[known].text.clone();
        }
        let number = self.random.below(90_000_000) + 10_000_000;
        let mut between = vec![""];
        between.extend(WORDS);
        if matches!(middle, Middle::Any | Middle::Line) {
            between.extend(LINES);
        }
        if matches!(middle, Middle::Any) {
            between.extend(ANY);
        }
        let (first, last) = (format!("Cf{number}"), format!("Cl{number}"));
        let text = format!("{first}{}{last}", between[self.random.below(between.len())]);
        self.canaries.push(Canary { text: text.clone(), first, last });
        text
    }

    fn plain(&mut self) -> String {
        let text = format!("plain{}", self.random.below(90_000_000) + 10_000_000);
        self.plain.push(text.clone());
        text
    }

    fn key(&mut self) -> &'static str {
        KEYS[self.random.below(KEYS.len())]
    }

    fn secret(&mut self) -> Value {
        let mut data = Map::new();
        let mut string_data = Map::new();
        for index in 0..self.random.below(4) {
            data.insert(format!("a{index}"), STANDARD.encode(self.canary(Middle::Any)).into());
            string_data.insert(format!("b{index}"), self.canary(Middle::Any).into());
        }
        json!({"apiVersion": "v1", "kind": "Secret", "data": data, "stringData": string_data, "type": self.plain()})
    }

    fn config_map(&mut self) -> Value {
        let mut data = Map::new();
        for index in 0..=self.random.below(4) {
            let (key, text) = match self.random.below(8) {
                0 => (self.key().to_owned(), self.canary(Middle::Any)),
                1 => (format!("a{index}.json"), self.configuration(3, true).to_string()),
                2 => (format!("a{index}.json"), serde_json::to_string_pretty(&self.configuration(2, true)).unwrap()),
                3 => (format!("a{index}.yaml"), self.yaml()),
                4 => (format!("a{index}.txt"), self.lines()),
                5 => (format!("a{index}.ini"), self.sections()),
                6 => (format!("a{index}.xml"), self.markup()),
                _ => (format!("a{index}"), self.plain()),
            };
            data.insert(key, text.into());
        }
        let experiment = json!({"title": self.plain(), "method": [], "secrets": {"group": {"any": self.canary(Middle::Any)}},
            "configuration": self.configuration(1, true)});
        data.insert("experiment.json".to_owned(), experiment.to_string().into());
        json!({"apiVersion": "v1", "kind": "ConfigMap", "data": data,
            "binaryData": {"a": STANDARD.encode(format!("{}={}", self.key(), self.canary(Middle::Line)))}})
    }

    fn metadata(&mut self, has_copy: bool) -> Value {
        let mut annotations = Map::new();
        annotations.insert("shop.example/plain".to_owned(), self.plain().into());
        annotations.insert(format!("shop.example/{}", self.key()), self.canary(Middle::Any).into());
        if self.random.below(2) == 0 {
            annotations.insert("shop.example/settings".to_owned(), self.configuration(2, true).to_string().into());
        }
        if has_copy && self.random.below(2) == 0 {
            let plain = self.plain.len();
            let copy = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": STANDARD.encode(self.canary(Middle::Any))},
                "metadata": self.metadata(false)});
            // Of a copy, nothing at all is shown.
            self.plain.truncate(plain);
            let copy = copy.to_string();
            annotations.insert("kubectl.kubernetes.io/last-applied-configuration".to_owned(), copy.into());
        }
        json!({"name": self.plain(), "annotations": annotations, "labels": {"token": self.canary(Middle::Word)}})
    }

    fn template(&mut self) -> Value {
        let mut env = Vec::new();
        for _ in 0..self.random.below(4) {
            env.push(json!({"name": self.key(), "value": self.canary(Middle::Any)}));
            env.push(json!({"name": "LEVEL", "value": self.plain()}));
            env.push(json!({"name": "DB_URL", "value": self.address()}));
            env.push(
                json!({"name": self.key(), "valueFrom": {"secretKeyRef": {"name": self.plain(), "key": self.plain()}}}),
            );
        }
        let mut args = vec![json!(format!("--{}={}", self.key(), self.canary(Middle::Any)))];
        args.extend([json!("--token"), json!(self.canary(Middle::Any)), json!(self.plain()), json!(self.words())]);
        args.extend([json!("-u"), json!(format!("{}:{}", self.plain(), self.canary(Middle::Line)))]);
        json!({"metadata": self.metadata(false), "spec": {"containers": [{"name": self.plain(), "env": env, "args": args,
            "command": ["sh", "-c", self.words()], "livenessProbe": {"httpGet": {"path": format!("/?token={}&a={}",
                self.canary(Middle::Word), self.plain()), "httpHeaders": [{"name": "Authorization", "value":
                format!("Bearer {}", self.canary(Middle::Word))}]}}}]}})
    }

    /// A configuration with secrets at keys that announce them.
    fn configuration(&mut self, depth: usize, may_have_numbers: bool) -> Value {
        let mut map = Map::new();
        for index in 0..=self.random.below(4) {
            let (key, value) = match self.random.below(if depth == 0 { 5 } else { 9 }) {
                0 => (self.key().to_owned(), json!(self.canary(Middle::Any))),
                1 => (format!("a{index}"), json!(self.plain())),
                2 => (format!("a{index}"), json!(self.address())),
                3 if may_have_numbers => {
                    let number = (self.random.below(90_000_000) + 10_000_000).to_string();
                    let canary = Canary { text: number.clone(), first: number.clone(), last: number.clone() };
                    self.canaries.push(canary);
                    ("password".to_owned(), number.parse::<u64>().unwrap().into())
                }
                4 => (format!("a{index}"), json!({"name": self.key(), "value": self.canary(Middle::Any)})),
                5 => (format!("a{index}"), self.configuration(depth - 1, may_have_numbers)),
                6 => (format!("a{index}"), json!([self.plain(), self.configuration(depth - 1, may_have_numbers)])),
                7 => ("credentials".to_owned(), json!({"any": self.canary(Middle::Any), "username": self.plain()})),
                8 => (format!("a{index}"), json!(self.configuration(depth - 1, true).to_string())),
                _ => (format!("a{index}"), json!(["--password", self.canary(Middle::Any), "--level", self.plain()])),
            };
            map.insert(key, value);
        }
        Value::Object(map)
    }

    fn yaml(&mut self) -> String {
        let (key, other) = (self.key(), self.key());
        let mut text = format!("a: {}\nb:\n  {key}: {}\n", self.plain(), json!(self.canary(Middle::Any)));
        text += &format!("c:\n- {other}: {} # why\n", self.canary(Middle::Word));
        text += &format!("d:\n  {key}: |\n    {}\n    {}\n", self.canary(Middle::Line), self.canary(Middle::Line));
        text += &format!("tokens:\n- {}\n- '{}'\n", self.canary(Middle::Word), self.canary(Middle::Line));
        text += &format!("credentials:\n  user: {}\n  any: {}\n", self.plain(), self.canary(Middle::Word));
        text += &format!(
            "e:\n- name: {key}\n  value: {}\n- name: f\n  value: {}\n",
            self.canary(Middle::Word),
            self.plain()
        );
        text += &format!("{other}:\n  {}\n", self.canary(Middle::Word));
        match self.random.below(3) {
            // A template is no YAML; then the lines are all that is known.
            0 => format!("{{{{- if .x }}}}\n{text}"),
            // A file in a file.
            1 => format!("f: |\n{}", text.lines().map(|line| format!("  {line}\n")).collect::<String>()),
            _ => text,
        }
    }

    /// Headings and keys above the values.
    fn sections(&mut self) -> String {
        let key = self.key();
        let mut text = format!("[credentials]\nuser={}\nany={}\n", self.plain(), self.canary(Middle::Line));
        text += &format!("[a]\nb={}\n[secrets]\nc = \"{}\"\n", self.plain(), self.canary(Middle::Line));
        text +=
            &format!("[d]\ntokens = [\n  \"{}\",\n  '{}',\n]\n", self.canary(Middle::Line), self.canary(Middle::Word));
        text += &format!("{key} =\n    {}\ne={}\n", self.canary(Middle::Word), self.plain());
        text + &format!("{key} = <<EOF\n{}\n{}\nEOF\n", self.canary(Middle::Line), self.canary(Middle::Line))
    }

    /// Elements and attributes.
    fn markup(&mut self) -> String {
        let (key, other) = (self.key(), self.key());
        let mut text = format!("<a>\n<b>{}</b>\n<password x=\"y\">\n  {}\n", self.plain(), self.canary(Middle::Word));
        text += &format!("</password>\n<property name=\"{key}\" value='{}'/>\n", self.canary(Middle::Word));
        text += &format!("<p><name>{other}</name><value>{}</value></p>\n", self.canary(Middle::Word));
        text += &format!("<p name=\"{other}\">{}</p><p name=\"c\">{}</p>\n", self.canary(Middle::Word), self.plain());
        text + &format!(
            "<credentials><user>{}</user><x>{}</x></credentials>\n</a>\n",
            self.plain(),
            self.canary(Middle::Word)
        )
    }

    fn lines(&mut self) -> String {
        let (key, other) = (self.key(), self.key());
        let mut text = format!("[a]\nuser={}\n{key}={}\n", self.plain(), self.canary(Middle::Line));
        text += &format!("{other} = \"{}\"\nexport {key}='{}'\n", self.canary(Middle::Line), self.canary(Middle::Line));
        text += &format!("url={}\n<password>{}</password>\n", self.address(), self.canary(Middle::Line));
        text + &format!("run {} --level {}\n", self.words(), self.plain())
    }

    fn words(&mut self) -> String {
        let plain = self.plain();
        match self.random.below(10) {
            5 => format!("mysqldump -p'{}' {plain}", self.canary(Middle::Word)),
            6 => format!("mongosh -u {plain} -p {}", self.canary(Middle::Word)),
            7 => format!("echo {} | docker login -u {plain} --password-stdin", self.canary(Middle::Word)),
            8 => format!("set('API_TOKEN', '{}', '{plain}')", self.canary(Middle::Word)),
            9 => format!("process.env.TOKEN || '{}' || '{plain}'", self.canary(Middle::Word)),
            0 => format!("run --password={} --level {plain}", self.canary(Middle::Word)),
            1 => format!("run --token \"{}\" --level={plain}", self.canary(Middle::Line)),
            2 => format!(
                "curl -u {plain}:{} -H 'Authorization: Bearer {}'",
                self.canary(Middle::Word),
                self.canary(Middle::Word)
            ),
            3 => format!("psql 'host={plain} password={}'", self.canary(Middle::Word)),
            _ => format!("curl '{}'", self.address()),
        }
    }

    fn address(&mut self) -> String {
        let (plain, canary) = (self.plain(), self.canary(Middle::Word));
        match self.random.below(4) {
            0 => format!("postgres://{plain}:{canary}@db:5432/shop"),
            1 => format!("https://shop.example/?access_token={canary}&x={plain}"),
            2 => format!("jdbc:sqlserver://{plain};user=a;password={canary};encrypt=true"),
            _ => format!("Endpoint=sb://{plain}/;SharedAccessKey={canary}"),
        }
    }
}
