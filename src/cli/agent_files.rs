//! Findings in the files of coding agents: the entry that contains each, the reference to use instead, and `scan
//! --agents`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice as _};

use super::machine_key;
use super::output::{self, KeyDisplay, complain, masked};
use super::{ScanTarget, finish, policy};
use crate::cli::args::ScanArgs;
use crate::core::coverage::Report;
use crate::core::date::Date;
use crate::core::error::{Exit, Result};
use crate::core::finding::Finding;
use crate::core::json;
use crate::core::order::{Gather as _, ListOrder as _};
use crate::core::path_bytes;
use crate::core::regular_file::{self, Links};
use crate::fix::{language, lookup};
use crate::report::numbers::counted;
use crate::report::{Format, escape, redact};
use crate::source::agents::{self, AgentFile, AgentFileKind, FoundAgentFile};
use crate::source::{Collector, ignored, walk};

/// The size limit, in bytes, of a file that is read again to name an entry.
const LARGEST: u64 = 64 << 20;

/// Adds a note to each finding in an agent's file: which entry contains it, and what to write instead.
pub(super) fn annotate(report: &mut Report, start: &Path) {
    let mut texts: BTreeMap<BString, Option<Vec<u8>>> = BTreeMap::new();
    let mut changed = false;
    for finding in &mut report.findings {
        let Some(path) = finding.location.path.clone().filter(|_| finding.location.member.is_none()) else { continue };
        let Some(file) = agents::of(path.as_ref()) else { continue };
        let real = start.join(Path::new(path.to_path_lossy().as_ref()));
        let text = texts.entry(path).or_insert_with(|| match file.kind {
            // The scan has already reported files that cannot be read.
            AgentFileKind::Settings => regular_file::read(&real, Links::Refuse, LARGEST).ok().flatten(),
            AgentFileKind::Login | AgentFileKind::Transcript | AgentFileKind::Store => None,
        });
        if finding.suppressed.is_none() && (finding.commit.is_some() || ignored::is_tracked(&real)) {
            finding.severity = finding.severity.raised();
        }
        let note = note(file, finding, text.as_deref());
        finding.note = Some(match finding.note.take() {
            Some(other) => format!("{other}; {note}"),
            None => note,
        });
        changed = true;
    }
    if changed {
        report.sort();
    }
}

fn note(file: &AgentFile, finding: &Finding, text: Option<&[u8]>) -> String {
    let what = format!("{} {}", file.agent, file.kind.words());
    match file.kind {
        AgentFileKind::Login => return format!("{what}: never commit or share it; logging out makes it void"),
        AgentFileKind::Transcript => {
            return format!("{what}: keysweep fix masks it here; revoke the key, which was sent");
        }
        AgentFileKind::Store => {
            return format!("{what}: delete the chat in the program; revoke the key, which was sent");
        }
        AgentFileKind::Settings => {}
    }
    let at = text.and_then(|text| place(text, finding));
    let path = at.zip(text).map(|(at, text)| path_at(text, at)).unwrap_or_default();
    let (entry, name) = entry(&path);
    let entered = expanded(finding);
    let fallback = || lookup::variable(&finding.rule.provider);
    let name = entered.clone().or(name).unwrap_or_else(fallback);
    let Some(reference) = file.reference else {
        let how = match file.agent {
            "Codex" => "name the variable instead: env_vars or bearer_token_env_var".to_owned(),
            _ => format!("{} expands no variable here: have the server read {name} from the environment", file.agent),
        };
        return format!("{what}{entry}: {how}");
    };
    let reference = language::fill(reference, &name);
    match entered {
        Some(_) => format!("{what}{entry}: an expanded {reference} was written into the file; put {reference} back"),
        None => format!("{what}{entry}: write {reference}, and set {name} where the agent starts"),
    }
}

/// The environment variable whose value is the key.
fn expanded(finding: &Finding) -> Option<String> {
    let mut names: Vec<OsString> = std::env::vars_os()
        .filter(|(_, value)| value.as_encoded_bytes() == finding.secret.expose())
        .map(|(name, _)| name)
        .collect();
    names.order();
    names.into_iter().next()?.into_string().ok()
}

/// The byte offset of a finding's key.
fn place(text: &[u8], finding: &Finding) -> Option<usize> {
    let line = usize::try_from(finding.location.position.line).ok()?.checked_sub(1)?;
    let start = match line {
        0 => 0,
        line => memchr::memchr_iter(b'\n', text).nth(line - 1)? + 1,
    };
    let column = usize::try_from(finding.location.position.column).ok()?.saturating_sub(1);
    let rest = &text[start..];
    // Of several occurrences on the line, the first one at or after the column; a character has at least one byte.
    let from = column.min(rest.len());
    rest[from..].find(finding.secret.expose()).map(|at| start + from + at)
}

/// The names around a byte offset: the path in JSON; in TOML or YAML what the line itself shows.
fn path_at(text: &[u8], at: usize) -> Vec<String> {
    let path = json::path_at(text, at);
    if !path.is_empty() {
        return path;
    }
    let table = text[..at].rfind("\n[").map(|start| start + 1).or(text.starts_with(b"[").then_some(0));
    let header = table.and_then(|start| text[start + 1..].lines().next()?.trim_ascii_end().strip_suffix(b"]"));
    let mut path: Vec<String> = header.map_or_else(Vec::new, |header| {
        header.to_str_lossy().split('.').map(|part| part.trim_matches('"').to_owned()).collect()
    });
    let line = text[..at].rfind_byte(b'\n').map_or(&text[..at], |end| &text[end + 1..at]);
    let name = line.split(|byte| matches!(byte, b'=' | b':')).next().unwrap_or_default().to_str_lossy();
    let name = name.trim().trim_start_matches("- ").trim_matches(['"', '\'']);
    path.extend((!name.is_empty()).then(|| name.to_owned()));
    path
}

/// The description of an entry, and the variable that it sets, if any.
fn entry(path: &[String]) -> (String, Option<String>) {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    let server = names.iter().position(|name| matches!(*name, "mcpServers" | "servers" | "mcp_servers"));
    let Some(rest) = server.and_then(|at| names.get(at + 1..)) else {
        let variable = match names.as_slice() {
            [.., "env", name] => Some((*name).to_owned()),
            _ => None,
        };
        return (if names.is_empty() { String::new() } else { format!(", entry {}", names.join(".")) }, variable);
    };
    match rest {
        [server, "env", name] => (format!(", server {server}, variable {name}"), Some((*name).to_owned())),
        [server, "headers" | "http_headers", name] => (format!(", server {server}, header {name}"), None),
        [server, "args", number] => {
            let number = number.parse().map_or(1, |number: usize| number + 1);
            (format!(", server {server}, argument {number}"), None)
        }
        [server, rest @ ..] => (format!(", server {server}, entry {}", rest.join(".")), None),
        [] => (String::new(), None),
    }
}

/// `keysweep scan --agents`.
pub(super) fn scan(args: &ScanArgs) -> Result<Exit> {
    let home = agents::home()?;
    let (found, errors) = agents::at_home(&home);
    let here = ScanTarget::here();
    let loaded = policy::load(&args.shared.policy, &here.start, &here.path)?;
    let shared = args.shared.with_config(&loaded.config);
    let collector = Collector::default();
    errors.into_iter().for_each(|error| collector.failed(error));
    let paths: Vec<BString> = found.iter().map(|found| path_bytes::bytes(&found.path)).collect();
    if !paths.is_empty() {
        let options = walk::WalkOptions { no_ignore: true, threads: loaded.threads(&shared) };
        walk::scan(&loaded.policy, &collector, &paths, options)?;
    }
    let mut report = collector.into_report();
    loaded.apply(&mut report, false);
    annotate(&mut report, &here.start);
    if shared.format() != Format::Human || !shared.output.is_empty() {
        return finish(&shared, report, &here.path);
    }
    report
        .findings
        .retain(|finding| finding.suppressed.is_none() && !shared.is_below(finding.severity, finding.confidence));
    machine_key::protect(&mut report);
    redact(&mut report, &|text| match masked(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(masked) => Some(masked),
    });
    for error in &report.coverage.errors {
        complain(&error.to_string());
    }
    output::write(None, KeyDisplay::Masked, |out| list(&report, &found, &home, out))?;
    Ok(match report.exit() {
        Exit::Findings if shared.exit_zero => Exit::Clean,
        exit => exit,
    })
}

/// Lists the findings by file, the most recently changed file first.
fn list(report: &Report, found: &[FoundAgentFile], home: &Path, out: &mut dyn Write) -> std::io::Result<()> {
    let mut files = 0;
    for one in found {
        let place = path_bytes::bytes(&one.path);
        let is_here = |finding: &&Finding| finding.location.path.as_ref() == Some(&place);
        let here: Vec<&Finding> = report.findings.iter().filter(is_here).collect();
        if here.is_empty() {
            continue;
        }
        files += 1;
        let seconds = one.modified.duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let shown = one.path.strip_prefix(home).map_or_else(|_| one.path.clone(), |path| PathBuf::from("~").join(path));
        let shown = escape::text(&path_bytes::bytes(&shown));
        let (agent, kind) = (one.file.agent, one.file.kind.words());
        writeln!(out, "{agent}, {kind}, {}: {shown}", Date::of_seconds(seconds))?;
        for finding in here {
            let at = finding.location.position;
            let title = escape::text(finding.rule.title.as_bytes());
            writeln!(out, "  {}:{}  {title}  {}  {}", at.line, at.column, finding.secret.mask(), finding.severity)?;
            if let Some(note) = &finding.note {
                writeln!(out, "    {}", escape::text(note.as_bytes()))?;
            }
        }
    }
    let keys = report.findings.iter().map(|finding| finding.fingerprint).in_set();
    match keys.len() {
        0 => writeln!(out, "No keys found in {} of coding agents.", counted(found.len() as u64, "file")),
        keys => writeln!(
            out,
            "\n{} in {files} of {} of coding agents. keysweep fix --agents masks transcripts; revoke what was sent.",
            counted(keys as u64, "key"),
            counted(found.len() as u64, "file")
        ),
    }
}
