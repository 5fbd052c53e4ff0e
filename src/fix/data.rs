//! Replacing a key in data files: YAML, workflows, Terraform, and the settings of agents.

use super::{FoundKey, Rewrite};
use crate::fix::language::{self, Import, Join, Literal, Quote};
use crate::fix::{lexis, literal};

/// Replaces keys by a reference that the program expands when it reads the file.
pub(super) fn in_place(text: &[u8], keys: &[FoundKey], reference: &str) -> Rewrite {
    let mut rewrite = Rewrite::default();
    for key in keys {
        let line = text[..key.span.start].rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
        let with = match is_comment(line) {
            true => key.variable.clone(),
            false => language::fill(reference, &key.variable),
        };
        rewrite.replace(key.span.clone(), with);
    }
    rewrite
}

/// Whether the rest of this line of YAML is a comment. In JSON no line has a `#` outside of quotes.
fn is_comment(line: &[u8]) -> bool {
    let mut quote = None;
    let mut before = b' ';
    for &byte in line {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            // An apostrophe inside a word does not start a quote.
            (None, b'"' | b'\'') if !before.is_ascii_alphanumeric() => quote = Some(byte),
            (None, b'#') if before.is_ascii_whitespace() => return true,
            (None, _) => {}
        }
        before = byte;
    }
    false
}

const TERRAFORM: Literal = Literal {
    expression: "",
    strings: &[Quote { open: "\"", close: "\"", escapes: true, multiline: false, interpolation: Some(("${", "")) }],
    prefixes: &[],
    line_comments: &["#", "//"],
    block_comment: Some(("/*", "*/")),
    join: Join::Operator(" + "),
    import: Import::None,
    refuse: &[],
};

/// The name of the Terraform variable that is set by this environment variable.
pub(super) fn terraform_name(variable: &str) -> String {
    variable.strip_prefix("TF_VAR_").unwrap_or(variable).to_ascii_lowercase()
}

/// Replaces keys by Terraform variables: `TF_VAR_x` sets `var.x`, which must be declared.
pub(super) fn terraform(text: &[u8], keys: &[FoundKey]) -> Rewrite {
    let mut rewrite = Rewrite::default();
    let regions = lexis::regions(text, &TERRAFORM);
    let newline = if memchr::memmem::find(text, b"\r\n").is_some() { "\r\n" } else { "\n" };
    let mut declared = Vec::new();
    for key in keys {
        let name = terraform_name(&key.variable);
        let found = regions.iter().find_map(|region| match region {
            lexis::Region::Comment(at) if at.contains(&key.span.start) => Some(None),
            lexis::Region::Text(found) if found.inner.contains(&key.span.start) => Some(Some(found)),
            _ => None,
        });
        match found {
            Some(None) => rewrite.replace(key.span.clone(), key.variable.clone()),
            Some(Some(found)) => {
                let before = &text[..found.outer.start];
                let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
                if line.starts_with(b"default") {
                    // The declaration exists, so only its default has to be removed.
                    rewrite.leave(key, "take the default out: TF_VAR_ of that variable sets it");
                    continue;
                }
                match found.is_whole && found.inner == key.span {
                    true => rewrite.replace(found.outer.clone(), format!("var.{name}")),
                    false => rewrite.replace(key.span.clone(), format!("${{var.{name}}}")),
                }
                let header = format!("variable \"{name}\"");
                if memchr::memmem::find(text, header.as_bytes()).is_none() && !declared.contains(&name) {
                    declared.push(name);
                }
            }
            None => rewrite.leave(key, "it is not in a string"),
        }
    }
    if !declared.is_empty() {
        let mut blocks = String::new();
        if !text.ends_with(b"\n") {
            blocks.push_str(newline);
        }
        for name in declared {
            let lines = ["", &format!("variable \"{name}\" {{"), "  type      = string", "  sensitive = true", "}", ""];
            blocks.push_str(&lines.join(newline));
        }
        rewrite.replace(text.len()..text.len(), blocks);
    }
    rewrite
}

/// Rewrites a program in one of the known languages; `None` for other files.
pub(super) fn program(text: &[u8], extension: &[u8], keys: &[FoundKey]) -> Option<Rewrite> {
    let literal = language::of(extension)?.literal.as_ref()?;
    Some(literal::rewrite(text, literal, extension, keys))
}
