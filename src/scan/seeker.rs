//! The search for what a value is assigned or passed to: the name before it, across quotes, operators and brackets; or the
//! function that it is an argument of, its table column, or the list that it is in.

use std::ops::Range;

use super::alphabet::in_name;
use super::enclosure::{Enclosure, cell, column};
use super::identifier::{NameClass, VariableName};
use super::language;
use super::name_roles::{is_anothers, is_key_of_item, is_key_of_keys, is_kind, is_remark, is_type, makes, piped};
use super::names_before::{Name, lead, names, over_length};
use super::owner::{Holder, Owner, Unowned};
use super::settings::head;
use super::steps;
use super::words::WordSource;

/// The bytes, other than a blank, that may come directly before a value in prose.
const APART: &[u8] = b"\"'`(*_:=>|[<,;~/{";

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
            // `public key: …`, the address of a link: `<a href="/mistral/keys"><b>…`.
            NameClass::Credential if is_anothers(text, &first) => unowned,
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
                self.phrased(&first, names).ok_or(Unowned { is_above, is_id: false })
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
                    // `API key:` is no label of what follows.
                    let is_alone = |label: &&Name| !matches!(self.text[..label.range.start], [.., before, b' '] if before.is_ascii_alphanumeric());
                    let label = names.peek().filter(is_apart).filter(is_alone);
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

    /// The credential of a label of several words: `Mistral API key for staging: …`.
    fn phrased(&self, last: &Name, names: impl Iterator<Item = Name>) -> Option<Owner> {
        const MOST: usize = 6;
        const BETWEEN: [&[u8]; 9] = [b"for", b"in", b"on", b"of", b"from", b"with", b"at", b"to", b"we"];
        let text = self.text;
        let is_label = last.lines == 0 && matches!(text[last.range.end..], [b':', ..] | [b'*', b'*', b':', ..]);
        if !is_label || self.joined {
            return None;
        }
        let mut after = last.range.clone();
        for name in names.take(MOST) {
            if &text[name.range.end..after.start] != b" " {
                return None;
            }
            let identifier = VariableName::of(&text[name.range.clone()]);
            let is_one = !text[name.range.clone()].ends_with(b"s") && !is_anothers(text, &name);
            if identifier.class() == NameClass::Credential && is_one && BETWEEN.contains(&&text[after]) {
                return Some(Owner { name: Some(name.range), identifier, holder: Holder::Nothing });
            }
            after = name.range;
        }
        None
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
            // `INSERT INTO providers VALUES (1, …), (2, …)`.
            let is_row = || name.is_empty() && text[..open.at].trim_ascii_end().ends_with(b"),");
            if open.byte == b'(' && lead == b',' && (is_values && call || is_row()) {
                return Ok(Owner { holder: Holder::Row, ..Owner::unknown() });
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
