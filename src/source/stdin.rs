//! Scanning standard input as one piece of content, with the name that `--stdin-path` gives.

use bstr::BStr;

use crate::core::error::Error;
use crate::policy::Policy;
use crate::source::content::ContentScan;
use crate::source::pipe::Pipe;
use crate::source::{Collector, open};

/// The default name of standard input.
pub const NAME: &str = "<stdin>";

/// Scans standard input to its end.
pub fn scan(policy: &Policy, collector: &Collector, name: &BStr) {
    let scan = ContentScan::new(policy, Some(name)).until(collector.stop_flag());
    match Pipe::stdin(collector.stop_flag()) {
        Ok(mut pipe) => scan.stream(&mut pipe).report(collector, name),
        Err(error) => {
            let error = Error::new("read", name, open::why(&error));
            collector.failed(error.hint("pipe something into keysweep, or name a path"));
        }
    }
}
