//! Scans files and directories, archives and all, under the default policy.
//!
//! ```sh
//! cargo run --example files -- src .env
//! ```

use std::io::{self, Write as _};

use bstr::BString;
use keysweep::policy::Policy;
use keysweep::report::{Document, Format, ReportStyle};
use keysweep::source::{Collector, walk};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let paths: Vec<BString> = std::env::args().skip(1).map(BString::from).collect();
    let collector = Collector::default();
    walk::scan(&Policy::builtin(), &collector, &paths, walk::WalkOptions::default())?;
    let report = collector.into_report();
    let document = Document::new(&report, false, report.exit());
    let mut out = io::stdout().lock();
    Format::Human.write(&document, ReportStyle::default(), &mut out)?;
    Ok(out.flush()?)
}
