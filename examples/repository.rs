//! Scans everything that a git repository keeps, and says of each key which commit brought it in.
//!
//! ```sh
//! cargo run --example repository -- path/to/repository
//! ```

use std::io::{self, Write as _};
use std::path::PathBuf;

use keysweep::git::{Environment, Repository};
use keysweep::history::{AuditOptions, audit};
use keysweep::policy::Policy;
use keysweep::source::Collector;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let repository = Repository::discover(&path, &Environment::for_another())?;
    let collector = Collector::default();
    audit(&repository, &AuditOptions::default(), &Policy::builtin(), &collector)?;
    let report = collector.into_report();
    let mut out = io::stdout().lock();
    for finding in &report.findings {
        let commit = finding.commit.as_ref().map_or("no commit", |commit| commit.id.as_str());
        writeln!(out, "{} {} in {commit}", finding.rule.id, finding.secret.mask())?;
    }
    // What could not be read may hold keys, too.
    report.coverage.errors.iter().try_for_each(|error| writeln!(out, "{error}"))?;
    Ok(())
}
