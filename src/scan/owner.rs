//! What a value is assigned or passed to: the name before it, across quotes, operators and brackets; or the function
//! that it is an argument of, its table column, or the list that it is in.

use std::ops::Range;

use super::alphabet::in_name;
use super::enclosure::{Enclosure, cell, column};
use super::identifier::{NameClass, VariableName};
use super::language;
use super::settings::head;
use super::steps;
use super::words::WordSource;

/// How far before a value its owner is searched for, in bytes.
const LEFT: usize = 300;

/// The kind of name that a value is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// The name of a credential.
    Credential,
    /// The name of a credential that is usually of another kind: `secret`, `password`.
    Secret,
    /// The table column or list of a credential.
    Label,
    /// A generic name: `value`, `default`.
    Nothing,
    /// A function or constructor.
    Callee,
    /// The name of a provider and nothing else.
    Provider,
}

/// The bytes, other than a blank, that may come directly before a value in prose.
const APART: &[u8] = b"\"'`(*_:=>|[<,;~/{";

/// What a value is assigned to.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    /// The byte range of the name.
    pub(super) name: Option<Range<usize>>,
    pub(super) identifier: VariableName,
    pub(super) holder: Holder,
}

impl Owner {
    /// The owner of a value without a name.
    pub(super) fn unknown() -> Self {
        Self { name: None, identifier: VariableName::of(b""), holder: Holder::Nothing }
    }
}

/// A name before a value, and whether an operator is between them.
#[derive(Debug)]
struct Name {
    range: Range<usize>,
    assigned: bool,
    /// How many line ends are between the name and the value.
    lines: usize,
}

/// The value cannot be a key, because of what it is assigned to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unowned {
    /// Whether that depends on text above the value's line.
    pub(super) is_above: bool,
    /// Whether that says that it is an id or a checksum.
    pub(super) is_id: bool,
}

/// Searches for the owner of a value.
#[derive(Debug)]
pub(super) struct Seeker<'a> {
    pub(super) text: &'a [u8],
    /// The offset of the value.
    pub(super) start: usize,
    pub(super) words: WordSource<'a>,
    /// Whether dots, slashes or plus signs join parts of the value, so that it may be a path.
    pub(super) joined: bool,
    /// The value, or its first part.
    pub(super) digits: &'a [u8],
    /// Whether a dot and more text follow.
    pub(super) goes_on: bool,
}

impl Seeker<'_> {
    /// Whether the value may as well be an id, because it has only hexadecimal digits.
    fn is_plain(&self) -> bool {
        !self.goes_on && self.digits.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
    }

    pub(super) fn owner(&self, enclosure: &mut Enclosure) -> Result<Owner, Unowned> {
        let text = self.text;
        // In PHP's serialized data the length is between them: `s:32:"…"`.
        let start = over_length(text, self.start);
        let lead = lead(text, start);
        let mut names = names(text, start);
        let Some(mut first) = names.next() else { return self.passed(enclosure, lead, true) };
        // `Mistral API key (live): …`, `"api_key": {"S": …}`.
        if first.assigned
            && (is_remark(text, &first.range) || is_type(text, &first.range))
            && let Some(before) = names.next().filter(|before| before.lines == first.lines)
        {
            first = Name { assigned: true, ..before };
        }
        let is_above = first.lines > 0;
        if let Some(name) = piped(text, self.start, &first) {
            let identifier = VariableName::of(&text[name.clone()]);
            return Ok(Owner { name: Some(name), identifier, holder: Holder::Credential });
        }
        // In `NAME=${X:-value}` the value is not assigned to X.
        let between = &text[first.range.end..start];
        if between.ends_with(b":-") || between.ends_with(b":=") {
            return Ok(Owner::unknown());
        }
        let identifier = VariableName::of(&text[first.range.clone()]);
        let unowned = Err(Unowned { is_above, is_id: false });
        match identifier.class() {
            // A word at the end of the line above a list, or a line of a log.
            NameClass::Credential | NameClass::Secret if is_above && !first.assigned && lead == b'[' => {
                self.passed(enclosure, lead, is_above)
            }
            NameClass::Credential if self.is_plain() && is_key_of_item(text, &first.range) => unowned,
            NameClass::Credential => Ok(Owner { name: Some(first.range), identifier, holder: Holder::Credential }),
            NameClass::Secret => Ok(Owner { name: Some(first.range), identifier, holder: Holder::Secret }),
            NameClass::Id if first.assigned || !is_above => Err(Unowned { is_above, is_id: true }),
            // A parameter of an address: `?v=…`.
            NameClass::Nothing if between == b"=" && matches!(text[..first.range.start], [.., b'?' | b'&']) => unowned,
            NameClass::Nothing => self.labelled(names, enclosure),
            _ if first.assigned && !matches!(lead, b'(' | b',' | b'[' | b'|' | b'\t' | b';') => {
                let is_provider = !self.joined
                    && !identifier.is_about()
                    && self.words.covers(&text[first.range.clone()], &identifier);
                if is_provider
                    && (!self.is_plain() || self.is_among_keys(enclosure) || is_key_of_keys(text, &first.range))
                {
                    return Ok(Owner { name: Some(first.range), identifier, holder: Holder::Provider });
                }
                unowned
            }
            _ if self.joined => unowned,
            _ => {
                // In the string table of a program, strings follow each other without a space.
                let is_apart =
                    !matches!(text[..start], [.., before] if before.is_ascii_graphic() && !APART.contains(&before));
                let in_prose = !first.assigned && !is_above && is_apart;
                if in_prose && self.is_login(&first) {
                    return Ok(Owner { holder: Holder::Label, ..Owner::unknown() });
                }
                let passed = match self.passed(enclosure, lead, is_above) {
                    Err(_) if in_prose => self.told(names),
                    passed => passed,
                };
                // `- Mistral: …`, `('mistral', '…')`, a heading and the key.
                let is_providers = || {
                    first.lines <= 1 && !self.is_plain() && self.words.covers(&text[first.range.clone()], &identifier)
                };
                if passed.is_err() && is_providers() {
                    return Ok(Owner { name: Some(first.range), identifier, holder: Holder::Provider });
                }
                passed
            }
        }
    }

    /// For a generic `value`: the name next to it that says what it is the value of.
    fn labelled(&self, names: impl Iterator<Item = Name>, enclosure: &mut Enclosure) -> Result<Owner, Unowned> {
        const MOST: usize = 12;
        let mut names = names.take(MOST).peekable();
        while let Some(name) = names.next() {
            let identifier = VariableName::of(&self.text[name.range.clone()]);
            match identifier.class() {
                NameClass::Credential => {
                    return Ok(Owner { name: Some(name.range), identifier, holder: Holder::Credential });
                }
                NameClass::Secret if is_kind(names.peek(), self.text) => {}
                NameClass::Secret => {
                    // It may be a setting next to it: `"password": true`.
                    let secret = Owner { name: Some(name.range), identifier, holder: Holder::Secret };
                    return Ok(self.grouped(enclosure).unwrap_or(secret));
                }
                NameClass::Nothing => {}
                class => {
                    // `name: x` beside it says that it is the value of x.
                    let is_apart = |label: &&Name| {
                        let between = &self.text[label.range.end..name.range.start];
                        label.assigned || label.lines == name.lines && between.iter().any(|byte| *byte != b' ')
                    };
                    let label = names.peek().filter(is_apart);
                    let label = label.map(|label| &self.text[label.range.clone()]);
                    let is_label = label.is_some_and(|label| {
                        ["name", "key", "variable", "param", "field", "header"]
                            .iter()
                            .any(|word| label.eq_ignore_ascii_case(word.as_bytes()))
                    });
                    if self.words.covers(&self.text[name.range.clone()], &identifier) {
                        return Ok(Owner { name: Some(name.range), identifier, holder: Holder::Provider });
                    }
                    if is_label || class == NameClass::Id && name.lines == 0 && !name.assigned {
                        return Err(Unowned { is_above: true, is_id: false });
                    }
                }
            }
        }
        if let Some(owner) = self.grouped(enclosure) {
            return Ok(owner);
        }
        if self.joined { Err(Unowned { is_above: true, is_id: false }) } else { Ok(Owner::unknown()) }
    }

    /// Whether the name is that of a provider's command to log in: `wandb login …`, `wandb login --relogin …`.
    fn is_login(&self, name: &Name) -> bool {
        let Some(before) = self.text[..name.range.end].strip_suffix(b"login") else { return false };
        let before = before.strip_suffix(b"login --re").unwrap_or(before);
        let before = before.strip_suffix(b" ").unwrap_or_default();
        let length = before.iter().rev().take_while(|byte| in_name(**byte)).count();
        let command = &before[before.len() - length..];
        self.text[..self.start].ends_with(b" ") && self.words.covers(command, &VariableName::of(command))
    }

    /// In prose: a word on the line that names a credential.
    fn told(&self, names: impl Iterator<Item = Name>) -> Result<Owner, Unowned> {
        const MOST: usize = 10;
        for name in names.take(MOST).take_while(|name| name.lines == 0) {
            // `name=word` has its own value, unless that continues up to this one: `name=one;two`.
            let between = &self.text[name.range.end..self.start];
            if matches!(between, [b'=', next, ..] if !next.is_ascii_whitespace())
                && between.iter().any(u8::is_ascii_whitespace)
            {
                break;
            }
            let identifier = VariableName::of(&self.text[name.range.clone()]);
            let holder = match identifier.class() {
                NameClass::Credential => Holder::Credential,
                NameClass::Secret => Holder::Secret,
                NameClass::Id => break,
                NameClass::Nothing | NameClass::Other => continue,
            };
            return Ok(Owner { name: Some(name.range), identifier, holder });
        }
        Err(Unowned { is_above: false, is_id: false })
    }

    /// For a value that is passed to a function, or is in a list or table.
    fn passed(&self, enclosure: &mut Enclosure, lead: u8, is_above: bool) -> Result<Owner, Unowned> {
        let unowned = Err(Unowned { is_above, is_id: false });
        let &Self { text, start, .. } = self;
        if self.joined || !matches!(lead, b'(' | b',' | b'[' | b'{' | b'|' | b'\t' | b';') {
            return unowned;
        }
        if language::is_surely_language(self.digits) {
            return unowned;
        }
        // For the first argument of a call nothing else is needed.
        if lead == b'('
            && let Some(open) = text[..start].iter().rposition(|&byte| byte == b'(')
            && let (name, true) = head(text, open)
            && !name.is_empty()
            && !text[name.clone()].eq_ignore_ascii_case(b"values")
        {
            return self.argument(name).ok_or(Unowned { is_above, is_id: false });
        }
        enclosure.reach(text, start);
        if let Some(open) = enclosure.opens.last() {
            let (name, call) = head(text, open.at);
            let identifier = VariableName::of(&text[name.clone()]);
            let is_values = text[name.clone()].eq_ignore_ascii_case(b"values");
            let class = identifier.class();
            if open.byte == b'(' && call && !is_values && !name.is_empty() {
                return self.argument(name).ok_or(Unowned { is_above, is_id: false });
            }
            if open.byte == b'('
                && let Some((from, to)) = enclosure.columns
            {
                let column = column(&text[open.at..start], b',');
                let name = cell(text, from + 1..to, b',', column);
                return name.and_then(|name| self.label(name)).ok_or(Unowned { is_above: true, is_id: false });
            }
            if open.byte == b'[' && class == NameClass::Credential {
                return Ok(Owner { name: Some(name), identifier, holder: Holder::Label });
            }
        }
        if lead == b'\t'
            && let Some((from, to)) = enclosure.copied(text)
        {
            let column = column(&text[enclosure.line..start], b'\t');
            let name = cell(text, from + 1..to, b',', column);
            return name.and_then(|name| self.label(name)).ok_or(Unowned { is_above: true, is_id: false });
        }
        let Some(table) = enclosure.table() else { return unowned };
        let end =
            memchr::memchr(b'\n', &text[table.header..enclosure.line]).map_or(enclosure.line, |at| table.header + at);
        let column = column(&text[enclosure.line..start], table.separator);
        cell(text, table.header..end, table.separator, column)
            .and_then(|name| self.label(name))
            .ok_or(Unowned { is_above: true, is_id: false })
    }

    /// The owner of an argument of this function.
    fn argument(&self, name: Range<usize>) -> Option<Owner> {
        let identifier = VariableName::of(&self.text[name.clone()]);
        let holder = match identifier.class() {
            NameClass::Credential | NameClass::Secret => Holder::Credential,
            _ if makes(&self.text[name.clone()]) => Holder::Callee,
            _ => return self.result(name.start),
        };
        if holder == Holder::Callee
            && let Some(owner) = self.result(name.start)
        {
            return Some(owner);
        }
        Some(Owner { name: Some(name), identifier, holder })
    }

    /// The credential that what a function returns is assigned to: `api_key = SecretStr("…")`, `[apiKey, setApiKey] =
    /// useState("…")`.
    fn result(&self, callee: usize) -> Option<Owner> {
        const FARTHEST: usize = 80;
        let from = callee.saturating_sub(FARTHEST);
        steps::count(callee - from);
        let mut before = self.text[from..callee].trim_ascii_end();
        before = ["await", "new"]
            .iter()
            .find_map(|word| before.strip_suffix(word.as_bytes()))
            .map_or(before, |before| before.trim_ascii_end());
        before = before.strip_suffix(b"=")?.trim_ascii_end();
        let mut skipped = 0;
        if let Some(list) = before.strip_suffix(b"]") {
            skipped = memchr::memrchr(b'[', list)? + 1;
            before = list[skipped..].split(|&byte| byte == b',').next()?;
        }
        let length = before.iter().rev().take_while(|&&byte| in_name(byte)).count();
        let end = from + skipped + before.len();
        let name = end - length..end;
        let identifier = VariableName::of(&self.text[name.clone()]);
        let is_key = identifier.class() == NameClass::Credential;
        is_key.then_some(Owner { name: Some(name), identifier, holder: Holder::Credential })
    }

    fn label(&self, name: Range<usize>) -> Option<Owner> {
        let identifier = VariableName::of(&self.text[name.clone()]);
        let is_key = matches!(identifier.class(), NameClass::Credential | NameClass::Secret);
        is_key.then_some(Owner { name: Some(name), identifier, holder: Holder::Label })
    }

    /// For a generic `value` in an object of a credential: `"api_key": {"type": "str", …, "value": …}`.
    fn grouped(&self, enclosure: &mut Enclosure) -> Option<Owner> {
        enclosure.reach(self.text, self.start);
        let heads = enclosure.opens.iter().rev().take(2).map(|open| head(self.text, open.at).0);
        heads.into_iter().find_map(|name| {
            let identifier = VariableName::of(&self.text[name.clone()]);
            (identifier.class() == NameClass::Credential).then_some(Owner {
                name: Some(name),
                identifier,
                holder: Holder::Credential,
            })
        })
    }

    /// Whether the structure around the value is one of credentials.
    fn is_among_keys(&self, enclosure: &mut Enclosure) -> bool {
        let text = self.text;
        enclosure.reach(text, self.start);
        let is_key = |name: &[u8]| matches!(VariableName::of(name).class(), NameClass::Credential | NameClass::Secret);
        let above = enclosure.lines.split_last().map_or(&[][..], |(_, above)| above);
        enclosure.opens.iter().rev().take(3).any(|open| is_key(&text[head(text, open.at).0]))
            || above.iter().map(|line| line.start).chain(enclosure.section).any(|start| {
                const LONGEST: usize = 64;
                let line = &text[start..text.len().min(start + LONGEST)];
                line.split(|byte| !in_name(*byte)).find(|name| name.len() > 1).is_some_and(is_key)
            })
    }
}

/// Whether a name is the attribute `key` of an element in a list: `<Row key="…">`.
fn is_key_of_item(text: &[u8], name: &Range<usize>) -> bool {
    const FARTHEST: usize = 160;
    const ELEMENTS: &[&[u8]] = &[b"a", b"div", b"li", b"option", b"p", b"section", b"span", b"td", b"th", b"tr"];
    if &text[name.clone()] != b"key" || text.get(name.end) != Some(&b'=') {
        return false;
    }
    let before = &text[name.start.saturating_sub(FARTHEST)..name.start];
    let Some(open) = memchr::memrchr2(b'<', b'>', before).filter(|&at| before[at] == b'<') else { return false };
    let length = before[open + 1..].iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let element = &before[open + 1..open + 1 + length];
    element.first().is_some_and(u8::is_ascii_uppercase) || ELEMENTS.contains(&element)
}

/// The name of a credential that a value is piped into: `echo … | docker secret create mistral_api_key -`.
fn piped(text: &[u8], start: usize, first: &Name) -> Option<Range<usize>> {
    const FARTHEST: usize = 200;
    let is_echo = first.lines == 0 && matches!(&text[first.range.clone()], b"echo" | b"printf" | b"-n");
    if !is_echo {
        return None;
    }
    let rest = &text[start..text.len().min(start + FARTHEST)];
    steps::count(rest.len());
    let rest = rest.split(|&byte| byte == b'\n').next()?;
    let mut at = memchr::memchr(b'|', rest)?;
    while at < rest.len() {
        let from = at + rest[at..].iter().take_while(|byte| !in_name(**byte)).count();
        at = from + rest[from..].iter().take_while(|byte| in_name(**byte)).count();
        let name = VariableName::of(&rest[from..at]);
        if rest[from..].first().is_some_and(u8::is_ascii_alphabetic)
            && name.has_stem()
            && name.class() == NameClass::Credential
        {
            return Some(start + from..start + at);
        }
    }
    None
}

/// Whether a name stands in parentheses behind another: `API key (live)`.
fn is_remark(text: &[u8], name: &Range<usize>) -> bool {
    text[..name.start].ends_with(b" (") && text.get(name.end) == Some(&b')')
}

/// Whether a name is that of a type in DynamoDB's JSON: `{"S": …}`.
fn is_type(text: &[u8], name: &Range<usize>) -> bool {
    &text[name.clone()] == b"S" && text[..name.start].ends_with(b"{\"") && text.get(name.end) == Some(&b'"')
}

/// Whether a name is the key of an entry of a variable that is named for credentials: `keys["mistral"]`, `--api-key
/// mistral=…`.
fn is_key_of_keys(text: &[u8], name: &Range<usize>) -> bool {
    const LONGEST: usize = 48;
    let before = &text[name.start.saturating_sub(LONGEST)..name.start];
    let ends: [&[u8]; 4] = [b"[\"", b"['", b"=", b" "];
    let Some((end, before)) = ends.iter().find_map(|end| Some((*end, before.strip_suffix(*end)?))) else {
        return false;
    };
    let length = before.iter().rev().take_while(|byte| in_name(**byte)).count();
    let keys = &before[before.len() - length..];
    let is_option = keys.starts_with(b"--");
    let class = VariableName::of(keys).class();
    (end != b" " || is_option) && matches!(class, NameClass::Credential | NameClass::Secret)
}

/// Whether a function creates or configures a client.
fn makes(callee: &[u8]) -> bool {
    let last = callee.rsplit(|byte| matches!(byte, b'.' | b':')).next().unwrap_or_default();
    let lower = last.to_ascii_lowercase();
    last.first().is_some_and(u8::is_ascii_uppercase)
        || [
            "new",
            "init",
            "client",
            "create",
            "configure",
            "connect",
            "login",
            "setup",
            "with",
            "from_api",
            "build",
            "use",
        ]
        .iter()
        .any(|word| lower.starts_with(word.as_bytes()))
        || lower.ends_with(b"client")
}

/// Whether a name says of what kind the next is that stands right of it: `"type": "password"`.
fn is_kind(name: Option<&Name>, text: &[u8]) -> bool {
    name.is_some_and(|name| name.assigned && matches!(&text[name.range.clone()], b"type" | b"kind" | b"inputType"))
}

/// The offset of `s:32:` before a quoted value; else the offset of the value.
fn over_length(text: &[u8], start: usize) -> usize {
    let before = &text[..start];
    let Some(before) = before.strip_suffix(b"\\\"").or_else(|| before.strip_suffix(b"\"")) else { return start };
    let Some(before) = before.strip_suffix(b":") else { return start };
    let digits = before.iter().rev().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    let length = &before[..before.len() - digits];
    if digits > 0 && length.ends_with(b"s:") { length.len() - 2 } else { start }
}

/// The byte before a value, skipping quotes and blanks.
fn lead(text: &[u8], start: usize) -> u8 {
    const FARTHEST: usize = 40;
    let before = text[..start].iter().rev().take(FARTHEST);
    let mut quoted = false;
    for &byte in before {
        match byte {
            b'"' | b'\'' | b'`' => quoted = true,
            b' ' | b'\n' | b'\r' | b'\\' => {}
            b'f' | b'r' | b'b' | b'u' | b'L' | b'@' | b'$' if quoted => {}
            _ => return byte,
        }
    }
    0
}

/// The names before `start`, nearest first, on this line and the two lines above.
fn names(text: &[u8], start: usize) -> impl Iterator<Item = Name> + '_ {
    let limit = start.saturating_sub(LEFT);
    // In binary data a length or two may be between a name and its value, and nothing else.
    const MOST_CONTROLS: usize = 8;
    let mut at = start;
    let mut lines = 0;
    let mut controls = 0;
    std::iter::from_fn(move || {
        let mut assigned = false;
        let from = at;
        loop {
            while at > limit && !(in_name(text[at - 1]) && text[at - 1].is_ascii_alphanumeric()) {
                at -= 1;
                match text[at] {
                    b'=' | b':' => assigned = true,
                    b'\n' => lines += 1,
                    b'>' => at = markup(&text[limit..=at]).map_or(at, |length| at + 1 - length),
                    0..=8 | 14..=31 => controls += 1,
                    _ => {}
                }
            }
            if lines > 2 || at <= limit || controls > MOST_CONTROLS {
                return None;
            }
            let end = at;
            while at > limit && in_name(text[at - 1]) {
                at -= 1;
            }
            steps::count(from - at);
            let name = at + escape_before(text, at, end)..end;
            if !name.is_empty() && !is_numbering(text, &name) {
                return Some(Name { range: name, assigned, lines });
            }
        }
    })
}

/// How many bytes at the start of the name in `at..end` belong to an escape: `\nMISTRAL_API_KEY`, `\u0022api_key`; all of
/// it in `\x1b`, in a character's name (`&quot;`) and in a command that sets type (`\texttt{`).
fn escape_before(text: &[u8], at: usize, end: usize) -> usize {
    let name = &text[at..end];
    match at.checked_sub(1).map(|before| text[before]) {
        Some(b'\\') => {
            let digits = match name[0] {
                _ if name.len() > 2 && text.get(end) == Some(&b'{') => return name.len(),
                b'u' => 4,
                b'x' => 2,
                b'n' | b'r' | b't' => return 1,
                _ => return 0,
            };
            let is_code = name.get(1..=digits).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
            if is_code { digits + 1 } else { 0 }
        }
        Some(b'&') if text.get(end) == Some(&b';') && name.len() < 6 => name.len(),
        _ => 0,
    }
}

/// Whether what stands where a name might is but a number, which names nothing: of a length, a row, or a colour.
fn is_numbering(text: &[u8], name: &Range<usize>) -> bool {
    let colour = text[..name.start].last().is_some_and(|byte| matches!(byte, b'[' | b';'));
    let word = &text[name.clone()];
    let word = if colour { word.strip_suffix(b"m").unwrap_or(word) } else { word };
    word.len() < 5 && word.iter().all(u8::is_ascii_digit)
}

/// The length of the tag that `text` ends with, if it says how text is shown, and nothing of what it is.
fn markup(text: &[u8]) -> Option<usize> {
    const LONGEST: usize = 80;
    const TAGS: &[&[u8]] = &[
        b"a", b"b", b"br", b"code", b"dd", b"div", b"dt", b"em", b"font", b"i", b"kbd", b"li", b"mark", b"p", b"pre",
        b"s", b"samp", b"si", b"small", b"span", b"strong", b"t", b"tbody", b"td", b"th", b"tr", b"tt", b"u", b"ul",
        b"var", b"wbr", b"r", b"rPr",
    ];
    let near = &text[text.len().saturating_sub(LONGEST)..];
    steps::count(near.len());
    let open = memchr::memrchr(b'<', near)?;
    let inner = near[open + 1..near.len() - 1].strip_prefix(b"/").unwrap_or(&near[open + 1..near.len() - 1]);
    let length = inner.iter().take_while(|byte| byte.is_ascii_alphabetic() || **byte == b':').count();
    let name = inner[..length].rsplit(|&byte| byte == b':').next()?;
    let rest = inner[length..].trim_ascii();
    let is_plain = matches!(rest, [] | b"/") || rest.starts_with(b"class=") || rest.starts_with(b"style=");
    (is_plain && TAGS.contains(&name)).then_some(near.len() - open)
}
