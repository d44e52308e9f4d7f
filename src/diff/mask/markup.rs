//! Secrets in XML and its like: what stands in an element or beside a name that announces one.

use std::ops::Range;

use super::extents::quoted;
use super::keys::{self, Weight};
use super::values::is_harmless;

/// Attributes and elements that name what their value stands beside.
const NAMES: [&str; 5] = ["name", "key", "id", "property", "param-name"];
/// So deep an element is looked for that a tag may close.
const DEPTH: usize = 64;

/// Returns where the secrets are in the elements and the attributes of a text.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    if !text.contains("</") && !text.contains("/>") {
        return Vec::new();
    }
    let mut markup = Markup { text, open: Vec::new(), found: Vec::new() };
    let mut at = 0;
    while let Some(next) = text[at..].find('<') {
        let tag = at + next;
        markup.text(at..tag);
        at = markup.tag(tag);
    }
    markup.found.retain(|range| !is_harmless(&text[range.clone()]));
    markup.found
}

struct Markup<'t> {
    text: &'t str,
    /// The elements that are not closed yet, the outermost first.
    open: Vec<Element<'t>>,
    found: Vec<Range<usize>>,
}

struct Element<'t> {
    name: &'t str,
    /// What is announced about the texts in it.
    weight: Option<Weight>,
    /// The texts in it, which are secret if it is closed: an example such as `--password <password>` is not.
    texts: Vec<Range<usize>>,
}

impl<'t> Markup<'t> {
    /// Takes a text between two tags.
    fn text(&mut self, range: Range<usize>) {
        let text = &self.text[range.clone()];
        let start = range.start + text.len() - text.trim_start().len();
        let range = start..start + text.trim().len();
        let Some((element, above)) = self.open.split_last_mut() else { return };
        if range.is_empty() {
            return;
        }
        let text = &self.text[range.clone()];
        // `<name>db.password</name>` says what its neighbours are.
        if NAMES.contains(&local(element.name)) && element.weight.is_none() {
            if let Some(parent) = above.last_mut()
                && keys::weight(text).is_some()
            {
                parent.weight = Some(Weight::Strong);
            }
        } else if element.weight == Some(Weight::Strong) || element.weight.is_some() && !text.contains(' ') {
            element.texts.push(range);
        }
    }

    /// Takes what begins with `<` at `at`, and returns where it ends.
    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let end_of = |end: &str| rest.find(end).map_or(self.text.len(), |length| at + length + end.len());
        if rest.starts_with("<![CDATA[") {
            let end = end_of("]]>");
            self.text(at + "<![CDATA[".len()..end.saturating_sub("]]>".len()).max(at + "<![CDATA[".len()));
            return end;
        }
        if rest.starts_with("<!--") {
            return at + "<!--".len();
        }
        let inside = rest[1..].trim_start_matches('/');
        let length = inside.find(|c: char| !keys::is_part(c) && c != ':').unwrap_or(inside.len());
        let name = &inside[..length];
        if name.is_empty() {
            return at + 1;
        }
        if rest.starts_with("</") {
            self.close(name);
            let end = at + 2 + length;
            return end + usize::from(self.text[end..].starts_with('>'));
        }
        let attributes = at + 1 + length;
        let (end, is_empty) = self.attributes(name, attributes);
        if is_empty { end } else { self.open(name, attributes, end) }
    }

    fn open(&mut self, name: &'t str, attributes: usize, end: usize) -> usize {
        let above = self.open.last().and_then(|element| element.weight).filter(|weight| *weight == Weight::Strong);
        let own = || keys::weight(local(name));
        let weight = if keys::is_attribute(local(name)) { None } else { above.or_else(own) };
        let weight = weight.or_else(|| self.named(attributes..end).then_some(Weight::Strong));
        self.open.push(Element { name, weight, texts: Vec::new() });
        end
    }

    fn close(&mut self, name: &str) {
        let Some(above) = self.open.iter().rev().take(DEPTH).position(|element| element.name == name) else { return };
        let at = self.open.len() - 1 - above;
        for element in self.open.drain(at..) {
            self.found.extend(element.texts);
        }
    }

    /// Returns whether an attribute gives a name that announces a secret.
    fn named(&self, attributes: Range<usize>) -> bool {
        self.each(attributes).any(|(name, value)| NAMES.contains(&name) && keys::weight(&self.text[value]).is_some())
    }

    /// Takes the attributes of a tag; returns where the tag ends, and whether the element has no content.
    fn attributes(&mut self, name: &str, start: usize) -> (usize, bool) {
        let mut end = start;
        let is_end = |c: char| matches!(c, '"' | '\'' | '<' | '>');
        while let Some(next) = self.text[end..].find(is_end) {
            end += next;
            match quoted(&self.text[end..]) {
                Some(inside) => end = (end + inside.end + 1).min(self.text.len()),
                None => break,
            }
        }
        // The next tag begins before this one has ended: it is none.
        if !self.text[end..].starts_with('>') {
            return (end.max(start), true);
        }
        end += 1;
        let is_secret = keys::weight(local(name)) == Some(Weight::Strong)
            || self.open.last().is_some_and(|element| element.weight == Some(Weight::Strong));
        let is_named = self.named(start..end);
        let is_value = |attribute: &str| {
            is_named && attribute == "value"
                || keys::weight(attribute).is_some()
                || is_secret && !keys::is_attribute(attribute) && attribute != "id" && attribute != "xmlns"
        };
        let values: Vec<Range<usize>> =
            self.each(start..end).filter(|(name, _)| is_value(name)).map(|(_, value)| value).collect();
        self.found.extend(values);
        (end, self.text[start..end].ends_with("/>"))
    }

    /// Returns the attributes between two places, with where their values are.
    fn each(&self, range: Range<usize>) -> impl Iterator<Item = (&'t str, Range<usize>)> {
        let text = self.text;
        let mut at = range.start;
        std::iter::from_fn(move || {
            let sign = at + text[at..range.end].find('=')?;
            let name = text[at..sign].trim_end().rsplit(|c: char| !keys::is_part(c)).next().unwrap_or_default();
            let blank = text[sign + 1..].len() - text[sign + 1..].trim_start().len();
            let start = sign + 1 + blank;
            let inside = quoted(text.get(start..range.end)?).unwrap_or(0..0);
            at = (start + inside.end).max(sign + 1).min(range.end);
            Some((name, start + inside.start..start + inside.end))
        })
    }
}

/// Returns a name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn elements_and_attributes_announce_secrets() {
        for (text, expected) in [
            ("<a><password>\n  one\n</password><b>c</b></a>", &["one"][..]),
            ("<password><![CDATA[one]]></password>", &["one"]),
            ("<password type=\"plain\">one</password>", &["one"]),
            ("<n:password >one</n:password>", &["one"]),
            ("<credentials><user>a</user><value x='one'>two</value></credentials><b>c</b>", &["one", "two"]),
            ("<property name=\"password\" value=\"one\"/><property name=\"b\" value=\"c\"/>", &["one"]),
            ("<param value='one' name='db.password'/>", &["one"]),
            ("<add key=\"ApiKey\" value=\"one\" />", &["one"]),
            ("<property name=\"db.password\">one</property><property name=\"b\">c</property>", &["one"]),
            (
                "<p>\n <name>db.password</name>\n <value>one</value>\n</p><p><name>b</name><value>c</value></p>",
                &["one"],
            ),
            ("<Resource password='one' name='b'/>", &["one"]),
            ("<auth>one</auth><auth>a b</auth><auth><b>c</b></auth>", &["one"]),
            ("<a><password>one</a>", &["one"]),
            // What is no secret.
            ("<password/><token></token><secretName>a</secretName><tokenizer>b</tokenizer>", &[]),
            ("run --password <password> --user <user> then <br/>", &[]),
            ("<password>${db.password}</password><!-- a --><a b=c d/></a>", &[]),
            ("</é><é ü='ö'><", &[]),
            ("</><a =\"", &[]),
        ] {
            let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
