//! Standard input as one piece of content, under the name that `--stdin-path` gives it.

use bstr::BStr;

use crate::policy::Policy;
use crate::source::Collector;
use crate::source::content::Scan;

/// The name of standard input where nobody gave one.
pub const NAME: &str = "<stdin>";

/// Scans standard input to its end.
pub fn scan(policy: &Policy, collector: &Collector, name: &BStr) {
    let scan = Scan::new(policy, Some(name)).until(collector.stopper());
    scan.stream(&mut std::io::stdin().lock()).report(collector, name);
}
