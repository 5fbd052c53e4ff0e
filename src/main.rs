//! Run, and exit with the code that comes of it.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(keysweep::cli::main().code())
}
