//! The `csv` format: a header and a line for each finding. It is safe to open in a spreadsheet.

use std::io::{self, Write};

use crate::core::finding::{Layer, Part};
use crate::report::keys::KeyList;
use crate::report::model::{Document, FindingStatus, JsonCommit};
use crate::report::{ReportStyle, escape};

const HEADER: &str = "status,severity,confidence,rule,provider,title,path,member,part,line,column,secret,fingerprint,\
                      layers,suppressed_by,suppressed_reason,commit,author,date,repository";

const KEYS: &str = "status,state,on_remote,severity,confidence,rule,provider,title,secret,fingerprint,first_commit,\
                    first_date,brought_in_by,last_commit,last_date,removed_by,removed_in,days_exposed,places,versions,\
                    references,repositories,first_place,uses,reuse,replaced_by,overdue_days,next_steps";

/// Writes the table of findings, or of keys if the style says so.
pub(super) fn write(document: &Document<'_>, style: ReportStyle, out: &mut dyn Write) -> io::Result<()> {
    if style.view.tables_of_keys {
        return keys(document, out);
    }
    writeln!(out, "{HEADER}")?;
    for entry in &document.findings {
        let location = &entry.location;
        let commit = entry.commit.as_ref();
        let layers: Vec<&str> = entry.layers.iter().copied().map(Layer::as_str).collect();
        let status = if entry.status == FindingStatus::Active { "active" } else { "suppressed" };
        write!(out, "{status},{},{}", entry.severity, entry.confidence)?;
        let (line, column) = (location.line.to_string(), location.column.to_string());
        let layers = layers.join(" ");
        let cells: [&str; 17] = [
            &entry.rule,
            &entry.provider,
            &entry.title,
            location.path.as_deref().unwrap_or_default(),
            location.member.as_deref().unwrap_or_default(),
            location.part.map_or("", Part::as_str),
            &line,
            &column,
            &entry.secret,
            &entry.fingerprint,
            &layers,
            entry.suppressed_by.map_or("", |by| by.as_str()),
            entry.suppressed_reason.as_deref().unwrap_or_default(),
            commit.map_or("", |commit| &commit.id),
            commit.map_or("", |commit| &commit.author_name),
            commit.map_or("", |commit| &commit.date),
            location.repository.as_deref().unwrap_or_default(),
        ];
        for cell in cells {
            write!(out, ",{}", escape::csv(cell))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn keys(document: &Document<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{KEYS}")?;
    for key in KeyList::new(document).iter() {
        let status = if key.status == FindingStatus::Active { "active" } else { "suppressed" };
        write!(out, "{status},{},{},{},{}", key.state.name(), key.on_remote, key.severity, key.confidence)?;
        let commit = |commit: &Option<JsonCommit<'_>>| {
            let texts = commit.as_ref().map(|commit| (commit.id.to_string(), commit.date.to_string()));
            texts.unwrap_or_default()
        };
        let (first, first_date) = commit(&key.first_commit);
        let (last, last_date) = commit(&key.last_commit);
        let (removed, _) = commit(&key.removed_by);
        let person = |name: &str, email: &str| format!("{name} <{email}>");
        let remover = key.removed_by.as_ref().map(|commit| person(&commit.author_name, &commit.author_email));
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        let uses: Vec<&str> = key.uses.iter().filter_map(|used| used.name.as_deref()).collect();
        let steps: Vec<&str> = key.next_steps.iter().map(|step| step.text.as_str()).collect();
        let cells: [&str; 23] = [
            &key.rule,
            &key.provider,
            &key.title,
            &key.secret,
            &key.fingerprint,
            &first,
            &first_date,
            &key.brought_in_by.as_ref().map(|by| person(&by.name, &by.email)).unwrap_or_default(),
            &last,
            &last_date,
            &remover.unwrap_or_default(),
            &removed,
            &number(key.days_exposed),
            &key.places.to_string(),
            &key.versions.to_string(),
            &key.refs_total.to_string(),
            &key.repositories.join(" "),
            &key.findings.first().map(|&at| document.findings[at].place()).unwrap_or_default(),
            &uses.join(" "),
            key.reuse.as_deref().unwrap_or_default(),
            key.replaced_by.as_ref().map_or("", |new| &new.secret),
            &number(key.overdue_days),
            &steps.join(" "),
        ];
        for cell in cells {
            write!(out, ",{}", escape::csv(cell))?;
        }
        writeln!(out)?;
    }
    Ok(())
}
