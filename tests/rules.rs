//! Every built-in rule's examples and non-examples, through the real pipeline: what `keysweep rules check` runs.

use keysweep::rule::{builtin, check};
use keysweep::scan::Scanner;

#[test]
fn every_rule_holds_what_it_says() {
    let problems: Vec<String> = check::all(builtin(), &Scanner::builtin()).iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
