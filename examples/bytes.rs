//! Scans standard input as a library user would: bytes in, findings out. Runs with `--no-default-features`, too.
//!
//! ```sh
//! cargo run --no-default-features --example bytes < .env
//! ```

use std::io::{self, Read as _, Write as _};

use keysweep::scan::Scanner;

fn main() -> io::Result<()> {
    let mut content = Vec::new();
    io::stdin().read_to_end(&mut content)?;
    let scanner = Scanner::builtin();
    let mut out = io::stdout().lock();
    for found in scanner.scan(&content) {
        let (line, rule, mask) = (found.position.line, &found.rule.title, found.secret.mask());
        writeln!(out, "line {line}: {rule} {mask} ({} severity, {})", found.severity, found.confidence)?;
    }
    Ok(())
}
