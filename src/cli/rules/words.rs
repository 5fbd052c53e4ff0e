//! `keysweep rules explain`: describes a rule in words.

use std::fmt::Write as _;

use crate::gitleaks::Engine;
use crate::report::escape;
use crate::rule::{Left, Rule, Structure};

/// The description of a rule in keysweep's format.
pub(super) fn of(rule: &Rule) -> String {
    let mut text = format!("{}: {}\n", rule.id, rule.title);
    let mut say = |line: String| {
        let _ = writeln!(text, "- {}", escape::text(line.as_bytes()));
    };
    if rule.is_contextual() {
        say("Its shape alone proves nothing, so it looks at values that are assigned to a name.".into());
        say(format!("The name of the variable contains one of: {}.", rule.names.join(", ")));
        if !rule.context.is_empty() {
            say(format!(
                "Or the name is a general one such as api_key, and one of these words is near it: {}.",
                rule.context.join(", ")
            ));
        }
    } else {
        say(format!("It looks wherever one of these texts is, plain or encoded: {}.", rule.anchors.join(", ")));
    }
    say(format!("There, the text has to match: {}", rule.regex));
    if rule.left == Left::Boundary {
        say("No letter or digit may be directly before it, unless it ends an escape such as \\n.".into());
    }
    match &rule.structure {
        Structure::Shape => {}
        Structure::Halves { lengths, .. } => say(format!(
            "The parts left and right of the watermark are equally long; {lengths:?} characters each make it certain."
        )),
        Structure::Watermark(mark) => say(format!("Without {mark:?} in it, it is one step less sure.")),
        Structure::Crc32Base62 => say("Its last six characters have to be its checksum.".into()),
        Structure::Decoded(mark) => say(format!("Decoded from base64, it has to contain {mark:?}.")),
    }
    let floor =
        if rule.entropy > 0.0 { format!(" of at least {} bits a character", rule.entropy) } else { String::new() };
    say(format!("The value has to be random text{floor}: no placeholder, no words, no run along the alphabet."));
    say(format!("A finding is of {} severity, and {}.", rule.severity, rule.confidence));
    if !rule.revoke.is_empty() {
        say(format!("Keys are revoked at {}", rule.revoke));
    }
    text
}

/// The description of an imported rule; `None` if there is none with this id.
pub(super) fn of_imported(engine: &Engine, id: &str) -> Option<String> {
    let rule = engine.rules().find(|rule| rule.info.id == id)?;
    let mut text = format!("{id}: {}\n- It is imported, and runs as gitleaks runs it.\n", rule.info.title);
    let mut say = |line: String| {
        let _ = writeln!(text, "- {}", escape::text(line.as_bytes()));
    };
    if !rule.keywords.is_empty() {
        say(format!(
            "It looks at files that contain one of these words, in upper or lower case: {}.",
            rule.keywords.join(", ")
        ));
    }
    if let Some(path) = &rule.path {
        say(format!("The path has to match: {}", path.as_str()));
    }
    if let Some(shape) = &rule.regex {
        say(format!("The text has to match: {}", shape.pattern.as_str()));
    }
    match rule.secret_group {
        0 => say("The secret is the first group that is not empty, or the whole match.".into()),
        group => say(format!("The secret is group {group}.")),
    }
    if rule.entropy != 0.0 {
        say(format!("Its entropy has to be above {} bits a character.", rule.entropy));
    }
    for required in &rule.required {
        let near = match (required.lines, required.columns) {
            (Some(lines), Some(columns)) => format!("within {lines} lines and {columns} columns"),
            (Some(lines), None) => format!("within {lines} lines"),
            (None, Some(columns)) => format!("within {columns} columns"),
            (None, None) => "in the same file".into(),
        };
        say(format!("The rule {} has to find something {near}.", required.id));
    }
    let lists = rule.allowlists.len();
    if lists > 0 {
        say(format!("{lists} allowlists of its own can accept a finding."));
    }
    Some(text)
}
