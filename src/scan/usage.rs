//! How a key is used: the variable, field or header whose value it is, a URL that contains it, and whether the code
//! around it runs in browsers. It reads a limited part of the text around a match, and has no influence on whether
//! the match is a finding.

use std::ops::Range;

use memchr::memmem;

use crate::core::finding::{Carrier, Exposure, KeyForm, Usage};

/// How much of a line before a key is read, in bytes.
const BEFORE: usize = 320;
/// How far from a key the code may be that shows that its client runs in browsers.
const NEAR: usize = 2_000;
/// How far from the start of a notebook's cell its type may be.
const CELL: usize = 1 << 16;
/// The maximum length of a name.
const LONGEST: usize = 80;

/// The prefixes of variables that build tools include in client code.
const PUBLIC: [&str; 9] = [
    "NEXT_PUBLIC_",
    "VITE_",
    "EXPO_PUBLIC_",
    "REACT_APP_",
    "PUBLIC_",
    "GATSBY_",
    "NUXT_PUBLIC_",
    "VUE_APP_",
    "STORYBOOK_",
];

/// What one piece of content shows about all keys in it, read once.
pub(super) struct Usages<'a> {
    content: &'a [u8],
    is_wide: bool,
    /// The offsets of code that asks for a client in browsers.
    browser: Vec<usize>,
    /// The offsets of the parts of a notebook's cells, and whether each is an output.
    cells: Vec<(usize, bool)>,
}

impl<'a> Usages<'a> {
    /// Reads the content; `is_wide` means UTF-16.
    pub(super) fn of(content: &'a [u8], is_wide: bool) -> Self {
        const ASKED: &[u8] = b"anthropic-dangerous-direct-browser-access";
        const ALLOWED: &[u8] = b"dangerouslyAllowBrowser";
        let is_allowed = |at: &usize| {
            let rest = content[at + ALLOWED.len()..].iter().take(16).copied();
            let value = rest.skip_while(|byte| matches!(byte, b'"' | b'\'' | b':' | b'=' | b' ')).take(5);
            !value.eq(*b"false")
        };
        let mut browser: Vec<usize> = memmem::find_iter(content, ALLOWED).filter(is_allowed).collect();
        browser.extend(memmem::find_iter(content, ASKED));
        browser.sort_unstable();
        let mut cells = Vec::new();
        if memmem::find(&content[..content.len().min(CELL)], b"\"cell_type\"").is_some() {
            cells.extend(memmem::find_iter(content, b"\"source\"").map(|at| (at, false)));
            cells.extend(memmem::find_iter(content, b"\"outputs\"").map(|at| (at, true)));
            cells.sort_unstable();
        }
        Self { content, is_wide, browser, cells }
    }

    /// The usage of a match; `line` is the offset of its line.
    pub(super) fn at(&self, line: usize, span: &Range<usize>) -> Usage {
        let content = self.content;
        let from = line.max(span.start.saturating_sub(if self.is_wide { BEFORE * 2 } else { BEFORE }));
        let narrow: Vec<u8>;
        let mut before = &content[from..span.start];
        if self.is_wide {
            narrow = before.iter().copied().filter(|&byte| byte != 0).collect();
            before = &narrow;
        }
        let (name, carrier) = in_url(before).unwrap_or_else(|| {
            let name = name(before).or_else(|| property(content, span.start));
            let carrier = name.as_deref().filter(|name| is_header(name)).map(|_| Carrier::Header);
            (name, carrier)
        });
        let is_public = |name: &String| PUBLIC.iter().any(|prefix| name.starts_with(prefix));
        let exposure = match &name {
            Some(name) if is_public(name) => Some(Exposure::PublicName),
            _ => self.runs_in_browser(span).then_some(Exposure::BrowserClient),
        };
        Usage { name, carrier, form: self.form(span), exposure }
    }

    fn form(&self, span: &Range<usize>) -> Option<KeyForm> {
        let near = &self.content[span.start.saturating_sub(256)..self.content.len().min(span.end + 256)];
        if !self.is_wide && near.contains(&0) {
            return Some(KeyForm::Binary);
        }
        let after = self.cells.partition_point(|(at, _)| *at < span.start);
        let (_, is_output) = self.cells.get(after.checked_sub(1)?)?;
        is_output.then_some(KeyForm::NotebookOutput)
    }

    fn runs_in_browser(&self, span: &Range<usize>) -> bool {
        let first = self.browser.partition_point(|&at| at + NEAR < span.start);
        self.browser.get(first).is_some_and(|&at| at < span.end + NEAR)
    }
}

/// The usage of a key in a URL: the name of the query parameter, or the user or password.
fn in_url(before: &[u8]) -> Option<(Option<String>, Option<Carrier>)> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b'(');
    let start = before.iter().rposition(ends).map_or(0, |at| at + 1);
    let url = &before[start..];
    let rest = &url[memmem::find(url, b"://")? + 3..];
    let Some(query) = rest.iter().position(|&byte| byte == b'?') else {
        let is_userinfo = !rest.contains(&b'/') && !rest.contains(&b'#');
        return is_userinfo.then_some((None, Some(Carrier::UrlUserinfo)));
    };
    let last = rest[query..].iter().rposition(|byte| matches!(byte, b'?' | b'&' | b';')).unwrap_or(0);
    let (name, value) = split(&rest[query + last + 1..], b'=')?;
    (value.is_empty()).then(|| (text(name), Some(Carrier::UrlQuery)))
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(at, bytes)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

/// The name in an assignment, a call or a header before the value.
fn name(before: &[u8]) -> Option<String> {
    let mut left = trimmed(before);
    // Literal prefixes: `f"…"`, `b'…'`.
    if left.len() < before.len()
        && let [rest @ .., b'f' | b'b' | b'r' | b'u' | b'L'] = left
        && rest.last().is_some_and(|byte| !is_name(*byte))
    {
        left = trimmed(rest);
    }
    for word in [&b"bearer"[..], b"basic", b"token", b"key"] {
        let start = left.len().saturating_sub(word.len());
        // Only as a whole word: `Authorization: Bearer`, not `api_key`.
        if left[start..].eq_ignore_ascii_case(word)
            && left[..start].last().is_some_and(|byte| !is_name(*byte))
            && before.len() > left.len()
        {
            left = trimmed(&left[..start]);
            break;
        }
    }
    match left {
        [rest @ .., b'=' | b':' | b','] => named(rest),
        [.., b'>'] if left.ends_with(b"=>") => named(&left[..left.len() - 2]),
        [rest @ .., b'>'] => element(rest),
        // `export NAME KEY`, `ENV NAME KEY`, `set NAME KEY`.
        _ if before.last() == Some(&b' ') => after_word(left),
        _ => None,
    }
}

/// The name at the end of the text: `api_key`, `"api_key"`, `os.environ["API_KEY"]`, `api_key: str`.
fn named(left: &[u8]) -> Option<String> {
    let mut left = left;
    loop {
        let end = left.iter().rposition(|byte| is_name(*byte))? + 1;
        let gap = &left[end..];
        if !gap
            .iter()
            .all(|byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b']' | b')' | b':' | b'?' | b'!'))
        {
            return None;
        }
        let start = left[..end].iter().rposition(|byte| !is_name(*byte)).map_or(0, |at| at + 1);
        let word = &left[start..end];
        let before = left[..start].trim_ascii_end();
        // A type is between the name and its value.
        let is_type = matches!(word, b"str" | b"string" | b"String" | b"&str" | b"char" | b"const" | b"any");
        if is_type && before.ends_with(b":") {
            left = &before[..before.len() - 1];
            continue;
        }
        return text(word.rsplit(|&byte| byte == b'.').next()?);
    }
}

/// The name of an XML element: `<string name="api_key">`, `<apiKey>`.
fn element(tag: &[u8]) -> Option<String> {
    let tag = &tag[tag.iter().rposition(|&byte| byte == b'<')? + 1..];
    if let Some(at) = memmem::find(tag, b"name=") {
        let value = &tag[at + 5..];
        let quote = *value.first()?;
        return text(split(&value[1..], quote)?.0);
    }
    let word = tag.split(|byte| !is_name(*byte)).next()?;
    if matches!(word, b"string" | b"") { None } else { text(word) }
}

/// The name in a property list, on the line above: `<key>API_KEY</key>`.
fn property(content: &[u8], at: usize) -> Option<String> {
    let above = &content[at.saturating_sub(BEFORE)..at];
    let string = above.strip_suffix(b"<string>")?.trim_ascii_end();
    let key = string.strip_suffix(b"</key>")?;
    text(&key[memmem::rfind(key, b"<key>")? + 5..])
}

fn after_word(left: &[u8]) -> Option<String> {
    let start = left.iter().rposition(|byte| !is_name(*byte))?;
    let word = left[..start].trim_ascii_end();
    let is_setter = [&b"ENV"[..], b"ARG", b"set", b"setx", b"setenv"].iter().any(|setter| word.ends_with(setter));
    if is_setter { text(&left[start + 1..]) } else { None }
}

/// Removes quotes, blanks and other characters that may be between a separator and its value.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'@' | b'('));
    &bytes[..end.map_or(0, |end| end + 1)]
}

fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "authorization" || name == "proxy-authorization" || name.starts_with("x-") || name == "api-key"
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn text(name: &[u8]) -> Option<String> {
    let name = name.strip_prefix(b"--").unwrap_or(name);
    let is_fine =
        name.len() <= LONGEST && name.first().is_some_and(|first| first.is_ascii_alphabetic() || *first == b'_');
    let is_fine = is_fine && name.iter().all(|byte| is_name(*byte));
    std::str::from_utf8(name).ok().filter(|_| is_fine).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(text: &str) -> Usage {
        let at = text.find('~').expect("~ is the key");
        let line = text.as_bytes()[..at].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Usages::of(text.as_bytes(), false).at(line, &(at..at + 1))
    }

    #[test]
    fn the_name_on_the_left_is_told() {
        for (text, name) in [
            ("openai=~", Some("openai")),
            ("export AI_TOKEN=\"~\"", Some("AI_TOKEN")),
            ("  \"aud\": \"~\",", Some("aud")),
            ("os.environ[\"OPEN_AI\"] = '~'", Some("OPEN_AI")),
            ("os.environ.setdefault(\"OPEN_AI\", \"~\")", Some("OPEN_AI")),
            ("client = Client(api=\"~\")", Some("api")),
            ("const self.conf.api: string = `~`", Some("api")),
            ("api := \"~\"", Some("api")),
            ("'api' => '~'", Some("api")),
            ("ENV OPEN_AI ~", Some("OPEN_AI")),
            ("run --api-x ~", None),
            ("run --api-x=~", Some("api-x")),
            ("<string name=\"google_api\">~</string>", Some("google_api")),
            ("<apiX>~</apiX>", Some("apiX")),
            ("<key>API</key>\n\t<string>~</string>", Some("API")),
            ("buildConfigField \"String\", \"API\", \"\\\"~\\\"\"", Some("API")),
            ("headers = {\"x-api\": f\"~\"}", Some("x-api")),
            ("Client(\"~\")", None),
            ("see ~", None),
            ("~", None),
        ] {
            assert_eq!(usage(text).name.as_deref(), name, "{text}");
        }
    }

    #[test]
    fn what_carries_a_key_is_told() {
        for (text, name, carrier) in [
            ("-H \"Authorization: Bearer ~\"", Some("Authorization"), Some(Carrier::Header)),
            ("\"x-api-id\": \"~\"", Some("x-api-id"), Some(Carrier::Header)),
            ("curl \"https://a.example/v1?x=1&api=~\"", Some("api"), Some(Carrier::UrlQuery)),
            ("https://user:~@host/", None, Some(Carrier::UrlUserinfo)),
            ("u = 'https://~@host/'", None, Some(Carrier::UrlUserinfo)),
            ("https://host/path/~", None, None),
            ("api = ~", Some("api"), None),
        ] {
            let found = usage(text);
            assert_eq!((found.name.as_deref(), found.carrier), (name, carrier), "{text}");
        }
    }

    #[test]
    fn what_browsers_get_is_told() {
        for (text, exposure) in [
            ("NEXT_PUBLIC_AI=~", Some(Exposure::PublicName)),
            ("MY_PUBLIC_AI=~", None),
            ("new AI({ api: '~',\n dangerouslyAllowBrowser: true })", Some(Exposure::BrowserClient)),
            ("new AI({ api: '~', dangerouslyAllowBrowser: false })", None),
        ] {
            assert_eq!(usage(text).exposure, exposure, "{text}");
        }
    }

    #[test]
    fn a_notebooks_output_is_none_of_its_source() {
        let cell =
            |field: &str| format!("{{\"cells\":[{{\"cell_type\":\"code\",\"source\":[\"a\"],\"{field}\":[\"~\"]}}]}}");
        assert_eq!(usage(&cell("outputs")).form, Some(KeyForm::NotebookOutput));
        assert_eq!(usage(&cell("x")).form, None);
        assert_eq!(usage("a\0b=~").form, Some(KeyForm::Binary));
    }
}
