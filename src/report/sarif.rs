//! The `sarif` format: SARIF 2.1.0 for GitHub's code scanning, within its limits. The most severe findings come
//! first; a notification of the run counts those that do not fit.

use std::collections::HashMap;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::core::finding::{Confidence, Severity};
use crate::report::identity::{Identities, Identity};
use crate::report::model::{Document, FindingStatus, JsonCommit, JsonFinding};
use crate::report::numbers::grouped;
use crate::report::{ReportStyle, escape};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The maximum number of results that GitHub accepts in a run.
const MOST_RESULTS: usize = 25_000;
/// The maximum number of rules that GitHub accepts in a run.
const MOST_RULES: usize = 25_000;
/// The maximum compressed size in bytes. GitHub's limit is 10 MB; this leaves room for the header, and for
/// differences between compressors.
const MOST_COMPRESSED: u64 = 9_000_000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: SarifText,
    locations: [Value; 1],
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[Value; 1]>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct SarifText {
    text: String,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    /// The fingerprint that GitHub compares: of key and path, without the line.
    #[serde(rename = "primaryLocationLineHash")]
    place: String,
    /// The fingerprint of the key's value.
    #[serde(rename = "keysweepFingerprint/v1")]
    key: &'a str,
}

#[derive(Serialize)]
struct Properties<'a> {
    severity: Severity,
    confidence: Confidence,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    layers: &'a [crate::core::finding::Layer],
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<crate::core::finding::Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a JsonCommit<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

/// The data of a rule, from its findings.
struct SarifRule<'a> {
    entry: &'a JsonFinding<'a>,
    severity: Severity,
    confidence: Confidence,
}

/// Writes one run.
pub(super) fn write(document: &Document<'_>, _: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    let (rules, places) = rules(document);
    // Identities are numbered in the order of the report, not in the order of severity.
    let mut identities = Identities::default();
    let numbers: HashMap<*const JsonFinding<'_>, Identity> =
        document.findings.iter().map(|entry| (std::ptr::from_ref(entry), identities.of(entry))).collect();
    write!(out, "{{\"$schema\": \"{SCHEMA}\", \"version\": \"2.1.0\", \"runs\": [{{\n\"tool\": ")?;
    serde_json::to_writer(&mut *out, &tool(&rules))?;
    out.write_all(b",\n\"columnKind\": \"unicodeCodePoints\",\n\"results\": [")?;
    let mut size = SarifSize::new();
    let mut written = 0;
    for entry in document.worst_first() {
        let Some(&index) = places.get(entry.rule.as_ref()) else { continue };
        let result = serde_json::to_vec(&result(entry, index, &numbers[&std::ptr::from_ref(entry)]))?;
        if written == MOST_RESULTS || size.with(&result)? > MOST_COMPRESSED {
            break;
        }
        out.write_all(if written == 0 { b"\n" } else { b",\n" })?;
        out.write_all(&result)?;
        written += 1;
    }
    out.write_all(b"\n],\n\"invocations\": ")?;
    serde_json::to_writer(&mut *out, &[invocation(document, written)])?;
    if let Some(provenance) = provenance(document) {
        out.write_all(b",\n\"versionControlProvenance\": ")?;
        serde_json::to_writer(&mut *out, &[provenance])?;
    }
    out.write_all(b",\n\"automationDetails\": {\"id\": \"keysweep/\"}\n}]}\n")
}

/// The rules of all findings sorted by id, and the index of each.
fn rules<'a>(document: &'a Document<'a>) -> (Vec<SarifRule<'a>>, HashMap<&'a str, usize>) {
    let mut rules: std::collections::BTreeMap<&str, SarifRule<'_>> = std::collections::BTreeMap::new();
    for entry in &document.findings {
        let rule = rules.entry(&entry.rule).or_insert(SarifRule {
            entry,
            severity: entry.severity,
            confidence: entry.confidence,
        });
        rule.severity = rule.severity.max(entry.severity);
        rule.confidence = rule.confidence.max(entry.confidence);
    }
    let places = rules.keys().take(MOST_RULES).enumerate().map(|(place, id)| (*id, place)).collect();
    (rules.into_values().take(MOST_RULES).collect(), places)
}

fn tool(rules: &[SarifRule<'_>]) -> Value {
    let rules: Vec<Value> = rules.iter().map(descriptor).collect();
    json!({"driver": {
        "name": "keysweep",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules,
    }})
}

fn descriptor(rule: &SarifRule<'_>) -> Value {
    let entry = rule.entry;
    let title = escape::text(entry.title.as_bytes());
    let step = match entry.revoke.as_ref() {
        "" => "If it is live, revoke it at its provider.".to_owned(),
        revoke => format!("Revoke it at {}.", escape::text(revoke.as_bytes())),
    };
    let help = format!(
        "{step} A key that was pushed is public: taking it out with another commit is not enough. {}",
        escape::text(entry.advice.as_bytes())
    );
    let help = help.trim();
    let mut tags = vec!["security".to_owned(), "secret".to_owned(), "external/cwe/cwe-798".to_owned()];
    if !entry.provider.is_empty() {
        tags.push(format!("provider/{}", escape::text(entry.provider.as_bytes())));
    }
    json!({
        "id": entry.rule,
        "name": entry.rule,
        "shortDescription": {"text": title},
        "fullDescription": {"text": format!("{title}: anyone who can read it can use it.")},
        "help": {"text": help, "markdown": escape::markdown(help)},
        "defaultConfiguration": {"level": level(rule.severity)},
        "properties": {
            "tags": tags,
            "precision": match rule.confidence {
                Confidence::Certain => "very-high",
                Confidence::Likely => "high",
                Confidence::Possible => "medium",
            },
            "security-severity": match rule.severity {
                Severity::Critical => "9.5",
                Severity::High => "8.0",
                Severity::Medium => "5.5",
                Severity::Low => "3.0",
                Severity::Info => "1.0",
            },
        },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn result<'a>(entry: &'a JsonFinding<'a>, rule_index: usize, identity: &Identity) -> SarifResult<'a> {
    let suppression = || {
        let inside = matches!(entry.suppressed_by, Some(crate::core::finding::SuppressedBy::Inline));
        let reason = entry.suppressed_reason.as_deref().map(|reason| escape::text(reason.as_bytes()));
        let by = entry.suppressed_by.map_or("", |by| by.as_str());
        let reason = reason.unwrap_or_else(|| format!("by {by}"));
        [json!({"kind": if inside { "inSource" } else { "external" }, "justification": reason})]
    };
    SarifResult {
        rule_id: &entry.rule,
        rule_index,
        level: level(entry.severity),
        message: SarifText { text: message(entry) },
        locations: [location(entry)],
        partial_fingerprints: Fingerprints {
            place: format!("{}:{}", identity.hash, identity.number),
            key: &entry.fingerprint,
        },
        suppressions: (entry.status == FindingStatus::Suppressed).then(suppression),
        properties: Properties {
            severity: entry.severity,
            confidence: entry.confidence,
            layers: &entry.layers,
            member: entry.location.member.as_deref(),
            part: entry.location.part,
            commit: entry.commit.as_ref(),
            note: entry.note.as_deref(),
        },
    }
}

/// The message. In SARIF, brackets would make links, and braces are placeholders.
fn message(entry: &JsonFinding<'_>) -> String {
    let mut text = format!("{} {} in {}", escape::text(entry.title.as_bytes()), entry.masked(), entry.place());
    if let Some(commit) = &entry.commit {
        text += &format!(", introduced by {}", escape::text(commit.short().as_bytes()));
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '[' | ']' | '\\' => safe.extend(['\\', c]),
            '{' | '}' => safe.extend([c, c]),
            c => safe.push(c),
        }
    }
    safe
}

fn location(entry: &JsonFinding<'_>) -> Value {
    let place = &entry.location;
    // GitHub does not show results without a file, so a finding in a commit message gets a made-up path.
    let id = entry.commit.as_ref().map_or("", |commit| &commit.id);
    let uri = match (place.file(), &place.repository) {
        (Some(path), _) => escape::uri(&path),
        (None, repository) => {
            let top = repository.as_ref().map_or(String::new(), |name| format!("{}/", name.trim_end_matches('/')));
            escape::uri(&format!("{top}.git/{}/{id}", place.part.map_or("object", |part| part.as_str())))
        }
    };
    let mut physical = Map::new();
    physical.insert("artifactLocation".into(), json!({"uri": uri}));
    // The line inside an archive member is not a line of the archive.
    let (line, end) = if place.member.is_some() || place.line == 0 { (1, 1) } else { (place.line, place.end_line) };
    let mut region = json!({"startLine": line, "endLine": end.max(line), "snippet": {"text": entry.masked()}});
    if place.member.is_none() && place.line > 0 {
        region["startColumn"] = place.column.max(1).into();
        // SARIF's end column is the one after the last character.
        region["endColumn"] = (place.end_column.max(1) + 1).into();
    }
    physical.insert("region".into(), region);
    let mut location = Map::new();
    location.insert("physicalLocation".into(), physical.into());
    if place.member.is_some() || place.path.is_none() {
        location.insert("logicalLocations".into(), json!([{"fullyQualifiedName": entry.place()}]));
    }
    location.into()
}

fn invocation(document: &Document<'_>, written: usize) -> Value {
    let summary = &document.summary;
    let note = |level: &'static str| move |text: &str| json!({"level": level, "message": {"text": escape::text(text.as_bytes())}});
    let mut notifications: Vec<Value> =
        summary.coverage.errors.iter().map(|fault| fault.message.as_ref()).map(note("error")).collect();
    notifications.extend(summary.coverage.notes.iter().map(AsRef::as_ref).map(note("note")));
    let left = document.findings.len() - written;
    if left > 0 {
        let left = grouped(left as u64);
        let text = format!("{left} findings, less severe than these, are not in this file: GitHub takes no more");
        notifications.insert(0, note("warning")(&text));
    }
    json!({
        "executionSuccessful": summary.exit_code != 2,
        "exitCode": summary.exit_code,
        "toolExecutionNotifications": notifications,
    })
}

fn provenance(document: &Document<'_>) -> Option<Value> {
    let change = document.summary.change.as_ref();
    let origin = document.origin.as_ref();
    let repository = change.and_then(|change| change.repository.as_deref());
    let mut provenance = json!({"repositoryUri": repository.or(origin.map(|origin| origin.repository.as_str()))?});
    let revision = match change {
        Some(change) => change.head.as_deref(),
        None => origin.and_then(|origin| origin.revision.as_deref()),
    };
    let branch = match change {
        Some(change) => change.branch.as_deref(),
        None => origin.and_then(|origin| origin.branch.as_deref()),
    };
    for (key, value) in [("revisionId", revision), ("branch", branch)] {
        if let Some(value) = value {
            provenance[key] = value.into();
        }
    }
    Some(provenance)
}

/// Measures the compressed size of the results so far.
struct SarifSize(GzEncoder<Counter>);

#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SarifSize {
    fn new() -> Self {
        Self(GzEncoder::new(Counter::default(), Compression::fast()))
    }

    fn with(&mut self, result: &[u8]) -> io::Result<u64> {
        self.0.write_all(result)?;
        Ok(self.0.get_ref().0)
    }
}
